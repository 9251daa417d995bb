import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LaboratoryError } from '../../../conformance/laboratory.ts';
import { execute } from './execute.ts';
import type { KeeperOptions, KeeperTools } from './protocol.ts';

/** What a host has of its own, made when it is switched on. */
const ownPlaces = ['/proc', '/sys', '/dev', '/run', '/tmp'];
/** Of the machine's directories, those that a host may change where it has a file system of its own making. */
const changedPlaces = ['etc', 'var'];

/**
 * Puts together the files of a host below `base`: those of the machine, with whatever the host changes kept apart from it. Resolves with
 * the directory that is to be its root.
 */
export async function makeFileSystem({ tools, scratch, overlays }: KeeperOptions, base: string): Promise<string> {
  const root = join(base, 'root');
  mkdirSync(root);
  try {
    if (!overlays) throw new LaboratoryError('they are not to be used');
    await overlay(tools, '/', root, join(base, 'layers'));
  } catch (refusal) {
    try {
      await assemble(tools, base, root, scratch);
    } catch (error) {
      const reason = (failure: unknown): string => (failure instanceof Error ? failure.message : String(failure));
      throw new LaboratoryError(
        `The files of a virtual host cannot be put together: ${reason(refusal)}; and without overlays: ${reason(error)}. Allow overlay mounts (modprobe overlay), or run outside of the container.`,
      );
    }
    return root;
  }
  // An overlay shows nothing of what is mounted below its lower directory.
  for (const [index, place] of furtherFileSystems(scratch).entries()) {
    const layers = join(base, `layers${String(index)}`);
    await overlay(tools, place, join(root, place), layers).catch(() => bindReadOnly(tools, place, join(root, place)));
  }
  return root;
}

async function overlay(tools: KeeperTools, lower: string, target: string, layers: string): Promise<void> {
  const [upper, work] = [join(layers, 'upper'), join(layers, 'work')];
  for (const directory of [upper, work]) mkdirSync(directory, { recursive: true });
  await execute(tools.mount, [
    '-t',
    'overlay',
    'overlay',
    '-o',
    `lowerdir=${lower},upperdir=${upper},workdir=${work}`,
    target,
  ]);
}

async function bindReadOnly(tools: KeeperTools, place: string, target: string): Promise<void> {
  await execute(tools.mount, ['--bind', place, target]);
  await execute(tools.mount, ['-o', 'remount,bind,ro', target]);
}

/** Without overlays: the machine's directories as they are, not to be changed, and a copy of its settings beside an empty /var. */
async function assemble(tools: KeeperTools, base: string, root: string, scratch: string): Promise<void> {
  await execute(tools.mount, ['--bind', root, root]);
  for (const entry of readdirSync('/', { withFileTypes: true })) {
    const [place, target] = [join('/', entry.name), join(root, entry.name)];
    if (entry.isSymbolicLink()) await execute(tools.shell, ['-c', 'cp -P "$1" "$2"', 'sh', place, target]);
    if (!entry.isDirectory()) continue;
    mkdirSync(target);
    if (ownPlaces.includes(place) || place === scratch || changedPlaces.includes(entry.name)) continue;
    await bindReadOnly(tools, place, target);
  }
  await execute(tools.shell, ['-c', 'cp -a /etc/. "$1"', 'sh', join(root, 'etc')]);
  for (const name of ['lib', 'log', 'cache', 'spool', 'tmp', 'opt']) mkdirSync(join(root, 'var', name));
  await execute(tools.shell, ['-c', 'ln -s ../run "$1/run"; ln -s ../run/lock "$1/lock"', 'sh', join(root, 'var')]);
  // What a host finds below its cluster-stack-root is mounted there, where nothing can be made in what is mounted read-only.
  const libexec = join(base, 'libexec');
  mkdirSync(libexec);
  if (!existsSync('/usr/libexec')) throw new LaboratoryError('there is no /usr/libexec');
  await execute(tools.shell, ['-c', 'cp -a /usr/libexec/. "$1"', 'sh', libexec]);
  await execute(tools.mount, ['--bind', libexec, join(root, 'usr/libexec')]);
}

/** Directories where disks of the machine are mounted beside its root, such as /home; those that every host has of its own left out. */
function furtherFileSystems(scratch: string): readonly string[] {
  const within = (place: string, directory: string): boolean =>
    place === directory || place.startsWith(`${directory}/`);
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter((words) => diskTypes.has(words[words.indexOf('-') + 1] ?? ''))
    .map((words) =>
      (words[4] ?? '').replaceAll(/\\(\d{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8))),
    )
    .filter((place) => place !== '/' && ![...ownPlaces, scratch].some((directory) => within(place, directory)))
    .filter((place) => statSync(place, { throwIfNoEntry: false })?.isDirectory());
}

const diskTypes = new Set([
  'ext2',
  'ext3',
  'ext4',
  'xfs',
  'btrfs',
  'f2fs',
  'zfs',
  'erofs',
  'squashfs',
  'overlay',
  'virtiofs',
]);
