/** The machine itself: names, processors, memory, firmware, system. Read from the kernel's files; only dmidecode is run. */
import { biosString, dmiFiles, parseDmidecode, parseOsRelease, timeZoneOf } from './firmware.ts';
import { plainText } from './loose.ts';
import { type Memory, parseMeminfo } from './memory.ts';
import { type KernelTimes, type Processor, parseCpuinfo, parseStat } from './processors.ts';
import type { Sources } from './sources.ts';

export interface Names {
  readonly hostname: string;
  /** Such as Europe/Berlin; empty when the machine does not name one. */
  readonly timeZone: string;
}

export async function readNames(sources: Sources): Promise<Names> {
  const [hostname, link, named] = await Promise.all([
    readHostname(sources),
    sources.link('/etc/localtime'),
    sources.file('/etc/timezone'),
  ]);
  // Some systems copy the file instead of linking it, and keep the name beside it.
  const timeZone = link === undefined ? timeZoneOf(`/zoneinfo/${named?.trim() ?? ''}`) : timeZoneOf(link);
  return { hostname, timeZone };
}

/** The name in force, which is the kernel's; /etc/hostname only says what it will be at the next start. */
export async function readHostname(sources: Sources): Promise<string> {
  return plainText((await sources.kernelFile('/proc/sys/kernel/hostname', (text) => text)) ?? '');
}

export interface Processors {
  readonly list: readonly Processor[];
  /** Memory nodes; 0 when the machine does not say. */
  readonly nodes: number;
}

export async function readProcessors(sources: Sources): Promise<Processors | undefined> {
  const [list, nodes] = await Promise.all([
    sources.kernelFile('/proc/cpuinfo', parseCpuinfo),
    sources.list('/sys/devices/system/node'),
  ]);
  return list && { list, nodes: nodes.filter((name) => /^node\d+$/.test(name)).length };
}

export function readMemory(sources: Sources): Promise<Memory | undefined> {
  return sources.kernelFile('/proc/meminfo', parseMeminfo);
}

export function readTimes(sources: Sources): Promise<KernelTimes | undefined> {
  return sources.kernelFile('/proc/stat', parseStat);
}

export interface SystemFacts {
  readonly kernel: string;
  readonly osName: string;
  readonly osVersion: string;
  /** True when devices can be handed to guests behind an IOMMU. */
  readonly iommu: boolean;
  /** True when the processor and the kernel can run virtual machines in hardware. */
  readonly virtualisation: boolean;
}

export async function readSystem(sources: Sources, flags: string): Promise<SystemFacts> {
  const [kernel, release, iommus, misc] = await Promise.all([
    sources.kernelFile('/proc/sys/kernel/osrelease', (text) => text),
    sources.file('/etc/os-release'),
    sources.list('/sys/class/iommu'),
    sources.list('/sys/class/misc'),
  ]);
  const os = parseOsRelease(release ?? (await sources.file('/usr/lib/os-release')) ?? '');
  return {
    kernel: plainText(kernel ?? ''),
    osName: os.get('NAME') ?? '',
    osVersion: os.get('VERSION_ID') ?? '',
    iommu: iommus.length > 0,
    virtualisation: /(?:^| )(?:vmx|svm)(?: |$)/.test(flags) && misc.includes('kvm'),
  };
}

/** What the kernel shows of the firmware's tables, without running anything. */
export async function readFirmware(sources: Sources): Promise<Readonly<Record<string, string>>> {
  const there = await sources.list('/sys/class/dmi/id');
  const found = await Promise.all(
    Object.entries(dmiFiles).map(async ([file, key]) => {
      const text = there.includes(file) ? await sources.file(`/sys/class/dmi/id/${file}`) : undefined;
      return [key, biosString(text ?? '')] as const;
    }),
  );
  return Object.fromEntries(found.filter(([, value]) => value !== ''));
}

/** Adds what only dmidecode reads: the strings of the maker. */
export async function readAllFirmware(sources: Sources): Promise<Readonly<Record<string, string>>> {
  const shown = await readFirmware(sources);
  // Without tables in the kernel there is nothing that the tool could read, and looking for it takes a process.
  if (Object.keys(shown).length === 0) return shown;
  const types = ['-q', '-t', '0,1,2,3,11'];
  return { ...(await sources.tool('dmidecode', types, parseDmidecode)), ...shown };
}
