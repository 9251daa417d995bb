/** Whose work is in the package, and on which terms. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Metafile {
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** The folders of the packages that the build took something from, by what esbuild says of it. */
function bundledPackages(root: string, metafile: string): readonly string[] {
  const { inputs } = JSON.parse(readFileSync(metafile, 'utf8')) as Metafile;
  const folders = Object.keys(inputs).flatMap((path) => {
    // The last one: packages have packages of their own.
    const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
    return found === undefined ? [] : [join(root, found)];
  });
  return [...new Set(folders)].toSorted();
}

function describe(folder: string): string {
  const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
  const author: unknown = about['author'];
  const by = typeof author === 'object' && author !== null && 'name' in author ? author.name : author;
  const [license] = globSync('{LICENSE,LICENCE,license,License,COPYING}*', { cwd: folder });
  const terms =
    license === undefined ? `Licence: ${String(about['license'])}` : readFileSync(join(folder, license), 'utf8');
  const who = license === undefined && typeof by === 'string' ? `Copyright: ${by}\n` : '';
  return `${String(about['name'])} ${String(about['version'])}\n\n${who}${terms.trim()}\n`;
}

/** The whole text of a licence that every Debian has. */
const apache = / *Apache License\s+Version 2\.0, January 2004[\s\S]*?END OF TERMS AND CONDITIONS/g;

export function copyrightText(root: string, metafile: string, nodeFolder: string): string {
  const line = `\n${'-'.repeat(78)}\n\n`;
  const node = join(nodeFolder, 'LICENSE');
  return [
    'quorate is made from its sources, which come with the file CHANGELOG.md.\n\nCopyright: the authors of quorate\n\n' +
      'Licensed under the Apache License, Version 2.0. On Debian systems its full text is\nin /usr/share/common-licenses/Apache-2.0.\n\n' +
      'The programs in /usr/lib/quorate contain the packages below, each with its own terms.\n',
    ...bundledPackages(root, metafile).map(describe),
    `/usr/lib/quorate/bin/node is Node.js.\n\n${existsSync(node) ? readFileSync(node, 'utf8') : ''}`,
  ]
    .join(line)
    .replaceAll(apache, 'Apache License, Version 2.0: see /usr/share/common-licenses/Apache-2.0.');
}
