/**
 * Makes quorate_VERSION_ARCHITECTURE.deb: npm run package:deb -- [--output DIR] [--version VERSION] [--arch x64|arm64]
 * [--compression xz|zstd|gzip|none]. The files are those of `quorate install`.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { version } from '../../src/lib/version.ts';
import { buildPackage, type Compression, compressions } from './package/deb.ts';

const text = { type: 'string' } as const;
const { values } = parseArgs({
  options: { output: text, version: text, arch: text, compression: text },
});
const root = join(import.meta.dirname, '../..');
const output = values.output ?? join(root, 'dist');
const compression = values.compression ?? 'xz';
if (!compressions.includes(compression as Compression)) {
  throw new Error(`--compression takes one of ${compressions.join(', ')}, not ${compression}.`);
}
mkdirSync(output, { recursive: true });
const path = await buildPackage({
  root,
  output,
  version: values.version ?? version,
  architecture: values.arch ?? process.arch,
  compression: compression as Compression,
});
console.log(path);
