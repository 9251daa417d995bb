import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LaboratoryError } from '../../../conformance/laboratory.ts';
import type { KeeperTools } from './protocol.ts';

const packages: Readonly<Record<keyof KeeperTools, string>> = {
  chrt: 'util-linux',
  ip: 'iproute2',
  losetup: 'mount (util-linux)',
  mount: 'mount (util-linux)',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  setsid: 'util-linux',
  shell: 'dash',
  unshare: 'util-linux',
};

/** The programs that a laboratory is made with. Throws LaboratoryError with what is missing and the way to get it. */
export function requiredTools(): KeeperTools {
  if (process.getuid?.() !== 0) {
    throw new LaboratoryError('Only root can make virtual hosts. Run the command as root, with sudo for instance.');
  }
  const names = Object.keys(packages) as (keyof KeeperTools)[];
  const found = Object.fromEntries(names.map((name) => [name, findProgram(name === 'shell' ? 'sh' : name)]));
  const missing = names.filter((name) => found[name] === undefined);
  if (missing.length > 0) {
    const list = missing.map((name) => `${name} (package ${packages[name]})`).join(', ');
    throw new LaboratoryError(`Virtual hosts need programs that are not here: ${list}. Install them.`);
  }
  if (!existsSync('/dev/fuse')) {
    throw new LaboratoryError(
      'Virtual hosts need FUSE for the shared statefile, and there is no /dev/fuse. Load it with modprobe fuse; a container needs --device /dev/fuse.',
    );
  }
  return found as unknown as KeeperTools;
}

function findProgram(name: string): string | undefined {
  const folders = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A directory that the laboratory may cover, in its own view of the file system, without hiding what it needs. */
export function scratchPlace(needed: readonly string[]): string {
  const place = ['/mnt', '/media', '/srv', '/opt', '/home'].find(
    (directory) =>
      isDirectory(directory) && !needed.some((path) => path === directory || path.startsWith(`${directory}/`)),
  );
  if (place === undefined) throw new LaboratoryError('There is no directory /mnt to build virtual hosts on. Make one.');
  return place;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
