/** A Debian package, staged from the same list of files as `quorate install`. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { type InstalledFile, installedFiles, nodeToInstall } from '../../../src/cli/install/layout.ts';
import { stageFiles } from '../../../src/cli/install/write.ts';
import { changelogText } from './changelog.ts';
import { controlText, maintainerScripts, overridesText } from './control.ts';
import { copyrightText } from './copyright.ts';

export const compressions = ['xz', 'zstd', 'gzip', 'none'] as const;
export type Compression = (typeof compressions)[number];

export interface PackageOptions {
  /** The checkout. */
  readonly root: string;
  /** Where the package goes. */
  readonly output: string;
  readonly version: string;
  /** By Node's name: x64, arm64. */
  readonly architecture: string;
  readonly compression: Compression;
  /** The Node.js to pack, when it is not the one that npm brought. */
  readonly node?: string;
}

const debianNames: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
const run = promisify(execFile);

/** Resolves to the path of the package. */
export async function buildPackage(options: PackageOptions): Promise<string> {
  const { root, output, version, compression } = options;
  const architecture = debianNames[options.architecture];
  if (architecture === undefined) throw new Error(`There is no package for ${options.architecture}.`);
  const work = mkdtempSync(join(tmpdir(), 'quorate-package-'));
  try {
    const metafile = join(work, 'meta.json');
    await buildPrograms(root, work, metafile);
    const packedNode = nodeToInstall(root, options.architecture);
    const node = options.node ?? packedNode;
    const stage = join(work, 'stage');
    const files = installedFiles({ root: work, node }, '/usr');
    const documents: Readonly<Record<string, string | Uint8Array>> = {
      '/usr/share/doc/quorate/changelog.gz': packed(
        changelogText(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), version, dateOf(root)),
      ),
      '/usr/share/doc/quorate/copyright': copyrightText(root, metafile, dirname(dirname(packedNode))),
      '/usr/share/lintian/overrides/quorate': overridesText,
    };
    stageFiles(
      stage,
      files.filter((file) => !isManual(file)),
    );
    for (const file of files.filter(isManual)) documentsOf(stage, `${file.path}.gz`, packed(contentsOf(file)));
    for (const [path, contents] of Object.entries(documents)) documentsOf(stage, path, contents);
    writeControl(stage, files, version, architecture);
    const path = join(output, `quorate_${version}_${architecture}.deb`);
    await run('dpkg-deb', ['--root-owner-group', `-Z${compression}`, '--build', stage, path], {
      env: { ...process.env, SOURCE_DATE_EPOCH: String(dateOf(root)) },
    });
    return path;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Seconds since 1970 at which the changelog was last written, so that the same sources make the same package. */
function dateOf(root: string): number {
  return Math.floor(statSync(join(root, 'CHANGELOG.md')).mtimeMs / 1000);
}

/** A build of its own, without what earlier builds left in `dist`, beside copies of everything else that is installed. */
async function buildPrograms(root: string, work: string, metafile: string): Promise<void> {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: { build: string } };
  const build = `${scripts.build.replace('--outdir=dist', `--outdir=${work}/dist`)} --metafile=${metafile}`;
  const PATH = `${join(root, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`;
  await run('sh', ['-c', build], { cwd: root, env: { ...process.env, PATH } });
  for (const name of ['etc', 'systemd', 'docs', 'cluster-stack']) {
    cpSync(join(root, name), join(work, name), { recursive: true });
  }
}

function isManual({ path }: InstalledFile): boolean {
  return path.includes('/share/man/');
}

function contentsOf({ contents }: InstalledFile): Uint8Array {
  return 'text' in contents ? Buffer.from(contents.text) : readFileSync(contents.copyOf);
}

function packed(contents: Uint8Array | string): Uint8Array {
  return gzipSync(contents, { level: 9 });
}

function documentsOf(stage: string, path: string, contents: string | Uint8Array): void {
  const at = join(stage, path);
  mkdirSync(dirname(at), { recursive: true });
  writeFileSync(at, contents, { mode: 0o644 });
}

/** Every file below a directory. */
function walk(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .toSorted();
}

function writeControl(stage: string, files: readonly InstalledFile[], version: string, architecture: string): void {
  const installedBytes = files.reduce((sum, file) => sum + contentsOf(file).byteLength, 0);
  const control = join(stage, 'DEBIAN');
  mkdirSync(control, { mode: 0o755 });
  const kilobytes = Math.ceil(installedBytes / 1024);
  writeFileSync(join(control, 'control'), controlText({ version, architecture, kilobytes }));
  const configuration = files.filter((file) => file.configuration).map((file) => `${file.path}\n`);
  writeFileSync(join(control, 'conffiles'), configuration.join(''));
  const sums = walk(stage)
    .filter(
      (path) => !path.startsWith('DEBIAN/') && !files.some((file) => file.configuration && file.path === `/${path}`),
    )
    .map(
      (path) =>
        `${createHash('md5')
          .update(readFileSync(join(stage, path)))
          .digest('hex')}  ${path}\n`,
    );
  writeFileSync(join(control, 'md5sums'), sums.join(''));
  for (const [name, script] of Object.entries(maintainerScripts)) {
    writeFileSync(join(control, name), script, { mode: 0o755 });
  }
}
