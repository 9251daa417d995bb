/** `quorate install` and `quorate uninstall`. */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { version } from '../../lib/version.ts';
import { CommandFailure, UsageError } from '../failure.ts';
import type { Output } from '../run/context.ts';
import { installedFiles, libraryOf, nodeToInstall, sharedDirectory, stateDirectories } from './layout.ts';
import { type Deed, type Report, removeIfEmpty, removeInstallation, writeInstallation } from './write.ts';

export interface InstallOptions {
  /** The root of the file system that is installed to. */
  readonly root: string;
  readonly prefix: string;
  readonly purge: boolean;
}

/** @throws UsageError */
export function readInstallOptions(command: 'install' | 'uninstall', args: readonly string[]): InstallOptions {
  const value = { type: 'string' } as const;
  const own = command === 'install' ? {} : { purge: { type: 'boolean' } as const };
  try {
    const { values } = parseArgs({ args: [...args], options: { root: value, prefix: value, ...own } });
    const { root = '/', prefix = '/usr/local' } = values;
    if (!prefix.startsWith('/')) throw new Error(`--prefix takes an absolute path, not ${prefix}.`);
    return { root: resolve(root), prefix: resolve(prefix), purge: 'purge' in values && values.purge === true };
  } catch (thrown) {
    throw new UsageError(thrown instanceof Error ? thrown.message : String(thrown), command);
  }
}

/** Puts the agent in place. `source` is the checkout or package that holds it. */
export function install(source: string | undefined, options: InstallOptions, output: Output): void {
  const { root, prefix } = options;
  assertMayWrite(root, 'install');
  if (source === undefined || !existsSync(join(source, 'systemd'))) {
    throw new CommandFailure('Install from a checkout or from the package of npm: this program is installed already.');
  }
  const files = installedFiles({ root: source, node: nodeToInstall(source, process.arch) }, prefix);
  tell(writeInstallation(root, prefix, version, files), prefix, output);
  const live = root === '/' && systemdRuns();
  if (live) systemctl('daemon-reload');
  output.note(`quorate ${version} is installed below ${join(root, prefix)}.\n`);
  if (root !== '/') {
    output.note('Start it where that is the root: systemctl enable --now quorated\n');
    return;
  }
  output.note(
    live && isActive()
      ? 'The agent that runs is still the one from before. Restart it: systemctl restart quorated\n'
      : 'Start it, now and at every start of the machine: systemctl enable --now quorated\n',
  );
}

export function uninstall(options: InstallOptions, output: Output): void {
  const { root, prefix, purge } = options;
  assertMayWrite(root, 'uninstall');
  const live = root === '/' && systemdRuns();
  if (live && existsSync(join(prefix, 'lib/systemd/system/quorated.service')))
    systemctl('disable', '--now', 'quorated.socket', 'quorated.service');
  tell(removeInstallation(root, prefix, purge), prefix, output);
  if (live) systemctl('daemon-reload');
  const there = stateDirectories.filter((path) => existsSync(join(root, path)));
  if (!purge) {
    output.note(`quorate was removed from ${join(root, prefix)}.\n`);
    if (there.length === 0) return;
    output.note(`The database and the configuration are kept: ${there.map((path) => join(root, path)).join(', ')}.\n`);
    output.note(`To remove them too, in a checkout: ${purgeCommand(options)}\n`);
    return;
  }
  for (const path of there) {
    rmSync(join(root, path), { recursive: true, force: true });
    output.write(`removed    ${path}\n`);
  }
  removeIfEmpty(join(root, sharedDirectory));
  output.note(`quorate was removed from ${join(root, prefix)}, with its database and configuration.\n`);
}

function purgeCommand({ root, prefix }: InstallOptions): string {
  const where = [...(root === '/' ? [] : ['--root', root]), ...(prefix === '/usr/local' ? [] : ['--prefix', prefix])];
  return ['npx quorate uninstall --purge', ...where].join(' ');
}

function assertMayWrite(root: string, command: string): void {
  if (root !== '/' || process.getuid?.() === 0) return;
  throw new CommandFailure(`Only root can ${command}. With --root DIR everybody can, below a directory of their own.`);
}

function tell(reports: readonly Report[], prefix: string, output: Output): void {
  const library = `${libraryOf(prefix)}/`;
  const inLibrary = new Map<Deed, number>();
  let unchanged = 0;
  for (const { path, deed, newAt } of reports) {
    if (deed === 'unchanged') unchanged += 1;
    else if (path.startsWith(library)) inLibrary.set(deed, (inLibrary.get(deed) ?? 0) + 1);
    else {
      const more = newAt === undefined ? '' : `   (it was changed here; the new one is ${newAt})`;
      output.write(`${deed.padEnd(9)}  ${path}${more}\n`);
    }
  }
  for (const [deed, count] of inLibrary) {
    output.write(`${deed.padEnd(9)}  ${count === 1 ? '1 file' : `${count} files`} in ${library}\n`);
  }
  if (unchanged > 0) output.note(`${unchanged === 1 ? '1 file is' : `${unchanged} files are`} as before.\n`);
}

function systemdRuns(): boolean {
  return existsSync('/run/systemd/system');
}

function systemctl(...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync('systemctl', args, { encoding: 'utf8', timeout: 60_000 });
  if (status === 0) return;
  throw new CommandFailure(`systemctl ${args.join(' ')} failed: ${error?.message ?? stderr.trim()}`);
}

function isActive(): boolean {
  return spawnSync('systemctl', ['is-active', '--quiet', 'quorated.service'], { timeout: 10_000 }).status === 0;
}
