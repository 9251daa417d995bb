/** The package tools of distributions, and what they print. */
import type { Enum } from '../../datamodel/index.ts';
import { limits } from '../../lib/limits.ts';
import type { ProgramResult, World } from '../../world/world.ts';
import { tryTool } from './tools.ts';

/** A newer version of an installed package. */
export interface Update {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly size: number;
}

export interface PackageTool {
  /** Names of the folders that change when there may be other updates. */
  readonly watched: readonly string[];
  /** Undefined when the tool is not installed or failed. */
  list(world: Pick<World, 'programs'>, signal: AbortSignal): Promise<readonly Update[] | undefined>;
  /** Command that shows what installing an update would do, and changes nothing. */
  precheck(update: Pick<Update, 'name' | 'version'>): readonly [string, ...string[]];
  apply(update: Pick<Update, 'name' | 'version'>): readonly [string, ...string[]];
  /** Command that removes downloaded packages. */
  readonly clean: readonly [string, ...string[]];
}

/** Nothing that a command line could take for an option or for two words. */
const safeName = /^[A-Za-z0-9][A-Za-z0-9+._:-]*$/;
const safeVersion = /^[A-Za-z0-9][A-Za-z0-9+.~^:_-]*$/;

function isSafe(update: Update): boolean {
  return safeName.test(update.name) && safeVersion.test(update.version);
}

/** `Inst name [old] (new origin, origin [arch]) …` of a simulated upgrade; new packages have no old version. */
const aptLine = /^Inst (\S+) \[([^\]]+)\] \((\S+) (.*?) \[[^\]]*\]\)/gm;

/** Pure: what apt-get would upgrade, without sizes. */
export function readAptUpgrade(text: string): readonly (Update & { readonly installed: string })[] {
  return [...text.matchAll(aptLine)].map(([, name = '', installed = '', version = '', origins = '']) => ({
    name,
    version,
    installed,
    description: `${installed} → ${version}, from ${origins}`,
    size: 0,
  }));
}

/** Pure: sizes and first lines of descriptions, by name and version, from the paragraphs of apt-cache. */
export function readAptRecords(text: string): ReadonlyMap<string, { readonly size: number; readonly summary: string }> {
  const paragraphs = text.split(/\n{2,}/).map((paragraph) => {
    const field = (name: string): string => new RegExp(`^${name}: *(.*)$`, 'm').exec(paragraph)?.[1] ?? '';
    const summary = field('Description(?:-en)?');
    return [`${field('Package')}=${field('Version')}`, { size: Number(field('Size')) || 0, summary }] as const;
  });
  return new Map(paragraphs);
}

const aptOptions = ['-o', 'Dpkg::Options::=--force-confold', '-o', 'DPkg::Lock::Timeout=120', '--no-remove'];
const aptInstall = ['install', '--only-upgrade', '--assume-yes'];

const apt: PackageTool = {
  watched: ['/var/lib/apt/lists', '/var/lib/dpkg/status'],
  list: async (world, signal) => {
    const options = { timeoutMs: limits.updatesListMs, maxOutputBytes: limits.kernelLogBytes, signal };
    const simulated = ['-s', '-o', 'Debug::NoLocking=true', '--with-new-pkgs', 'upgrade'];
    const result = await tryTool(world, 'apt-get', simulated, options);
    if (result === undefined || result.exitCode !== 0) return undefined;
    const updates = readAptUpgrade(result.stdout).filter(isSafe).slice(0, limits.updatesListed);
    if (updates.length === 0) return [];
    const wanted = updates.map(({ name, version }) => `${name}=${version}`);
    const shown = await tryTool(world, 'apt-cache', ['show', '--', ...wanted], options);
    const records = readAptRecords(shown?.stdout ?? '');
    return updates.map(({ name, version, description }) => {
      const record = records.get(`${name}=${version}`);
      const summary = record?.summary ? `; ${record.summary}` : '';
      return { name, version, description: `${description}${summary}`, size: record?.size ?? 0 };
    });
  },
  precheck: ({ name, version }) => [
    'apt-get',
    '-s',
    '-o',
    'Debug::NoLocking=true',
    ...aptInstall,
    '--no-remove',
    `${name}=${version}`,
  ],
  apply: ({ name, version }) => ['apt-get', ...aptOptions, ...aptInstall, `${name}=${version}`],
  clean: ['apt-get', 'clean'],
};

const dnfFormat = '%{name}\\t%{evr}\\t%{arch}\\t%{downloadsize}\\t%{repoid}\\t%{summary}\\n';

/** Pure: the lines that dnf prints in the format above. */
export function readDnfUpgrades(text: string): readonly Update[] {
  return text
    .split('\n')
    .map((line) => line.split('\t'))
    .filter((parts) => parts.length === 6)
    .map(([name = '', version = '', arch = '', size = '', repository = '', summary = '']) => ({
      name: `${name}.${arch}`,
      version,
      description: `from ${repository}; ${summary}`,
      size: Number(size) || 0,
    }));
}

/** dnf wants the version between name and architecture. */
function dnfPackage({ name, version }: Pick<Update, 'name' | 'version'>): string {
  const dot = name.lastIndexOf('.');
  return `${name.slice(0, dot)}-${version}${name.slice(dot)}`;
}

const dnf: PackageTool = {
  watched: ['/var/cache/dnf', '/var/lib/rpm'],
  list: async (world, signal) => {
    const args = ['--quiet', '--cacheonly', 'repoquery', '--upgrades', '--latest-limit=1', '--queryformat', dnfFormat];
    const options = { timeoutMs: limits.updatesListMs, maxOutputBytes: limits.kernelLogBytes, signal };
    const result = await tryTool(world, 'dnf', args, options);
    if (result === undefined || result.exitCode !== 0) return undefined;
    return readDnfUpgrades(result.stdout).filter(isSafe).slice(0, limits.updatesListed);
  },
  precheck: (update) => ['dnf', '--assumeno', 'upgrade', dnfPackage(update)],
  apply: (update) => ['dnf', '--assumeyes', 'upgrade', dnfPackage(update)],
  clean: ['dnf', 'clean', 'packages'],
};

/** The tool that the machine has; undefined for other distributions. */
export async function findPackageTool(world: Pick<World, 'programs' | 'files'>): Promise<PackageTool | undefined> {
  if ((await world.files.status('/var/lib/dpkg/status')) !== undefined) return apt;
  for (const folder of ['/var/lib/rpm', '/usr/lib/sysimage/rpm']) {
    if ((await world.files.status(folder)) !== undefined) return dnf;
  }
  return undefined;
}

/** dnf ends with 1 when it was told to assume no, which is what a check does; that nothing is to be done is a failure. */
export function precheckPassed(command: readonly string[], result: ProgramResult): boolean {
  if (command[0] !== 'dnf') return result.exitCode === 0;
  return result.exitCode === 0 || (result.exitCode === 1 && /Transaction Summary/.test(result.stdout));
}

type Guidance = Enum<'after_apply_guidance'>;

/** What has to start anew before an update is in effect everywhere, by the packages that belong to it. */
const guidances: readonly (readonly [RegExp, Guidance])[] = [
  [/^(?:linux-image|linux-modules|kernel|kernel-core|kernel-modules|xen-hypervisor)(?:[-.\d]|$)/, 'restartHost'],
  [/^(?:(?:intel|amd64)-microcode|microcode_ctl|linux-firmware|firmware-\S+)(?:[.]|$)/, 'restartHost'],
  [/^(?:libc6|glibc|systemd|libsystemd0|udev|systemd-udev|dbus|dbus-daemon|dbus-broker)(?:[.:]|$)/, 'restartHost'],
  [/^(?:qemu|libvirt|seabios|ovmf|edk2|swtpm)/, 'restartHVM'],
  [/^quorate(?:[-.]|$)/, 'restartXAPI'],
];

/** Empty when nothing has to. */
export function guidanceOf(name: string): readonly Guidance[] {
  return [...new Set(guidances.filter(([pattern]) => pattern.test(name)).map(([, guidance]) => guidance))];
}
