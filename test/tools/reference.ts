/** Writes docs/reference from the datamodel: npm run reference. Pages that are written by hand are left alone. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deriveDatamodel } from '../../src/datamodel/index.ts';
import { referencePages } from './reference/pages.ts';

const root = join(import.meta.dirname, '../..');
const target = join(root, 'docs/reference');
const pages = referencePages(deriveDatamodel(), readFileSync(join(root, 'src/lib/limits.ts'), 'utf8'));

mkdirSync(join(target, 'classes'), { recursive: true });
for (const name of readdirSync(join(target, 'classes'))) {
  if (!pages.has(`classes/${name}`)) rmSync(join(target, 'classes', name));
}
for (const [path, text] of pages) writeFileSync(join(target, path), text);
console.log(`${String(pages.size)} pages written to docs/reference`);
