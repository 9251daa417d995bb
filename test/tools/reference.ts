/**
 * Writes docs/reference and etc/completions from the datamodel: npm run reference. Pages that are written by hand are left alone.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Catalogue } from '../../src/cli/catalogue.ts';
import { completionFiles } from '../../src/cli/completion/scripts.ts';
import { deriveDatamodel } from '../../src/datamodel/index.ts';
import { settingsFileText } from '../../src/settings/document.ts';
import { manPages } from './man/pages.ts';
import { referencePages } from './reference/pages.ts';

const root = join(import.meta.dirname, '../..');
const target = join(root, 'docs/reference');
const pages = referencePages(deriveDatamodel(), readFileSync(join(root, 'src/lib/limits.ts'), 'utf8'));

mkdirSync(join(target, 'classes'), { recursive: true });
for (const name of readdirSync(join(target, 'classes'))) {
  if (!pages.has(`classes/${name}`)) rmSync(join(target, 'classes', name));
}
for (const [path, text] of pages) writeFileSync(join(target, path), text);

writeFileSync(join(root, 'etc/xapi.conf'), settingsFileText());

mkdirSync(join(root, 'docs/man'), { recursive: true });
for (const [name, text] of manPages()) writeFileSync(join(root, 'docs/man', name), text);

const completions = join(root, 'etc/completions');
mkdirSync(completions, { recursive: true });
for (const [name, text] of completionFiles(new Catalogue())) writeFileSync(join(completions, name), text);
console.log(`${String(pages.size)} pages written to docs/reference, completions to etc/completions`);
