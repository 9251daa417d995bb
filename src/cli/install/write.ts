/** Puts files in place and takes them away again, and remembers what was put. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { CommandFailure } from '../failure.ts';
import { type InstalledFile, libraryOf, stackDirectory } from './layout.ts';

/** What an installation consists of, kept beside its programs. */
interface Manifest {
  readonly version: string;
  /** Path -> SHA-256 of what was put there. */
  readonly files: Readonly<Record<string, string>>;
  readonly configuration: readonly string[];
}

/** What was done to a file. `kept`: an administrator changed it, and it stays. */
export type Deed = 'installed' | 'updated' | 'unchanged' | 'kept' | 'removed';

export interface Report {
  readonly path: string;
  readonly deed: Deed;
  /** Beside a file that was kept: where the new one lies. */
  readonly newAt?: string;
}

export function manifestPath(root: string, prefix: string): string {
  return join(root, libraryOf(prefix), 'manifest.json');
}

/** Undefined when nothing was installed there by this program. */
export function readManifest(root: string, prefix: string): Manifest | undefined {
  const path = manifestPath(root, prefix);
  if (!existsSync(path)) return undefined;
  const found: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (typeof found === 'object' && found !== null && 'files' in found && 'configuration' in found) {
    return found as Manifest;
  }
  throw new CommandFailure(`${path} is not what an installation wrote. Remove it, then install again.`);
}

function digest(contents: Uint8Array): string {
  return createHash('sha256').update(contents).digest('hex');
}

function digestOf(path: string): string | undefined {
  return existsSync(path) ? digest(readFileSync(path)) : undefined;
}

/** A running program goes on with what it has open: nothing is written over. */
function put(path: string, { contents, mode }: InstalledFile): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  const next = `${path}.quorate-new`;
  if ('text' in contents) writeFileSync(next, contents.text);
  else copyFileSync(contents.copyOf, next);
  chmodSync(next, mode);
  renameSync(next, path);
}

/** Puts files below `root` without remembering them: for packages, whose manager does that. */
export function stageFiles(root: string, files: readonly InstalledFile[]): void {
  for (const file of files) put(join(root, file.path), file);
}

/** Installs, or brings an installation up to date. The reports are in the order of the files. */
export function writeInstallation(
  root: string,
  prefix: string,
  version: string,
  files: readonly InstalledFile[],
): readonly Report[] {
  const before = readManifest(root, prefix);
  const digests: Record<string, string> = {};
  const reports: Report[] = [];
  for (const file of files) {
    const { contents } = file;
    const wanted = 'text' in contents ? digest(Buffer.from(contents.text)) : digestOf(contents.copyOf);
    if (wanted === undefined) throw new CommandFailure(`A file to install is missing: ${JSON.stringify(contents)}.`);
    digests[file.path] = wanted;
    reports.push(installOne(join(root, file.path), file, wanted, before?.files[file.path]));
  }
  for (const path of Object.keys(before?.files ?? {})) {
    if (Object.hasOwn(digests, path) || before?.configuration.includes(path) === true) continue;
    rmSync(join(root, path), { force: true });
    reports.push({ path, deed: 'removed' });
  }
  const configuration = files.filter((file) => file.configuration).map((file) => file.path);
  const manifest: Manifest = { version, files: digests, configuration };
  writeFileSync(manifestPath(root, prefix), `${JSON.stringify(manifest, undefined, 2)}\n`);
  rmSync(leftoversPath(root), { force: true });
  return reports;
}

function installOne(at: string, file: InstalledFile, wanted: string, before: string | undefined): Report {
  const { path } = file;
  const found = digestOf(at);
  if (found === wanted) return { path, deed: 'unchanged' };
  if (found === undefined || !file.configuration || found === before) {
    put(at, file);
    return { path, deed: found === undefined ? 'installed' : 'updated' };
  }
  if (wanted === before) return { path, deed: 'kept' };
  put(`${at}.new`, { ...file, path: `${path}.new` });
  return { path, deed: 'kept', newAt: `${path}.new` };
}

/** What an uninstallation left, kept beside the configuration so that a later purge knows of it. */
interface Leftovers {
  readonly prefix: string;
  readonly configuration: readonly string[];
}

function leftoversPath(root: string): string {
  return join(root, '/etc/quorate/uninstalled.json');
}

function readLeftovers(root: string): Leftovers | undefined {
  const path = leftoversPath(root);
  if (!existsSync(path)) return undefined;
  const found: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (typeof found === 'object' && found !== null && 'prefix' in found && 'configuration' in found) {
    return found as Leftovers;
  }
  throw new CommandFailure(`${path} is not what an uninstallation wrote. Remove it by hand.`);
}

/** Takes away what was installed. Configuration stays unless `purge`; so does what an administrator changed of it. */
export function removeInstallation(root: string, prefix: string, purge: boolean): readonly Report[] {
  const manifest = readManifest(root, prefix);
  if (manifest === undefined) {
    const left = purge ? readLeftovers(root) : undefined;
    if (left?.prefix === prefix) return removeLeftovers(root, left);
    throw new CommandFailure(
      `Nothing was installed to ${join(root, prefix)} by this program. What a package brought is removed with the package.`,
    );
  }
  const reports: Report[] = [];
  for (const path of Object.keys(manifest.files)) {
    const at = join(root, path);
    if (manifest.configuration.includes(path) && !purge) {
      if (existsSync(at)) reports.push({ path, deed: 'kept' });
      continue;
    }
    reports.push(...removeOne(root, path));
  }
  rmSync(manifestPath(root, prefix), { force: true });
  if (!purge) {
    const left: Leftovers = { prefix, configuration: manifest.configuration };
    mkdirSync(dirname(leftoversPath(root)), { recursive: true, mode: 0o755 });
    writeFileSync(leftoversPath(root), `${JSON.stringify(left, undefined, 2)}\n`);
  }
  for (const directory of directoriesOf(Object.keys(manifest.files), prefix)) removeIfEmpty(join(root, directory));
  return reports;
}

function removeOne(root: string, path: string): readonly Report[] {
  const at = join(root, path);
  const found = existsSync(at);
  rmSync(at, { force: true });
  rmSync(`${at}.new`, { force: true });
  return found ? [{ path, deed: 'removed' }] : [];
}

/** @throws CommandFailure when another installation uses what was left */
function removeLeftovers(root: string, { configuration }: Leftovers): readonly Report[] {
  for (const prefix of ['/usr', '/usr/local']) {
    const library = join(root, libraryOf(prefix));
    if (!existsSync(library)) continue;
    throw new CommandFailure(`The installation in ${library} uses what was left of this one. Remove that one first.`);
  }
  rmSync(leftoversPath(root), { force: true });
  return configuration.flatMap((path) => removeOne(root, path));
}

/** Directories that this program fills, the deepest first; those of cluster stacks others may fill too. */
function directoriesOf(paths: readonly string[], prefix: string): readonly string[] {
  const own = paths.flatMap((path) => {
    const found: string[] = [];
    const ours = (directory: string): boolean =>
      directory.includes('quorate') || `${directory}/`.startsWith(`${dirname(stackDirectory)}/`);
    for (let parent = dirname(path); ours(parent); parent = dirname(parent)) found.push(parent);
    return found;
  });
  return [...new Set([libraryOf(prefix), ...own])].toSorted((a, b) => b.length - a.length);
}

export function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Somebody else's things are in it, or it is not there.
  }
}
