/** What the kernel's files say, as numbers. Lines that are not as expected are passed over. */

/** Ticks in which the kernel counts processor time: always a hundredth of a second, whatever it was built with. */
const ticksPerSecond = 100;
/** /proc/diskstats counts in these, whatever the disk has. */
const sectorBytes = 512;

/** Digits only; more of them than a number holds exactly are rounded. */
function counter(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,20}$/.test(text) ? Number(text) : undefined;
}

function counters(words: readonly string[]): number[] | undefined {
  const found = words.map(counter);
  return found.some((value) => value === undefined) ? undefined : (found as number[]);
}

function* lines(text: string): Generator<string> {
  let start = 0;
  while (start < text.length) {
    const end = text.indexOf('\n', start);
    yield text.slice(start, end < 0 ? text.length : end);
    if (end < 0) return;
    start = end + 1;
  }
}

/** /proc/stat: seconds that each processor has worked, by its number: everything but idling and waiting for disks. */
export function parseProcessors(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const line of lines(text)) {
    // The lines of the processors come first, and what follows is long.
    if (!line.startsWith('cpu')) break;
    const [, number, rest = ''] = /^cpu(\d{1,5}) (.*)$/.exec(line) ?? [];
    const times = counters(rest.trim().split(/\s+/).slice(0, 8));
    if (number === undefined || times === undefined || times.length < 4) continue;
    // The time of guests is part of that of users.
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = times;
    found.set(number, (user + nice + system + irq + softirq + steal) / ticksPerSecond);
  }
  return found;
}

/** /proc/meminfo: KiB by name. */
export function parseMemory(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const line of lines(text)) {
    const [, name, kib] = /^([A-Za-z0-9_()]+): +(\d{1,15}) kB$/.exec(line) ?? [];
    if (name !== undefined) found.set(name, Number(kib));
  }
  return found;
}

/** /proc/loadavg: processes that run or wait for a disk, on average of the last minute. */
export function parseLoad(text: string): number | undefined {
  const found = /^(\d{1,9}\.\d{1,9}) /.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

export interface LinkCounters {
  readonly rxBytes: number;
  readonly rxErrors: number;
  readonly txBytes: number;
  readonly txErrors: number;
}

/** /proc/net/dev, by device. */
export function parseLinks(text: string): ReadonlyMap<string, LinkCounters> {
  const found = new Map<string, LinkCounters>();
  for (const line of lines(text)) {
    // The last colon before the figures: names may hold others.
    const [, device, rest = ''] = /^ *(\S{1,32}):\s*([\d ]+)$/.exec(line) ?? [];
    const all = counters(rest.trim().split(/ +/));
    if (device === undefined || all === undefined || all.length < 16) continue;
    const [rxBytes = 0, , rxErrors = 0] = all;
    found.set(device, { rxBytes, rxErrors, txBytes: all[8] ?? 0, txErrors: all[10] ?? 0 });
  }
  return found;
}

export interface DiskCounters {
  readonly reads: number;
  readonly readBytes: number;
  readonly writes: number;
  readonly writtenBytes: number;
  readonly busySeconds: number;
}

/** /proc/diskstats, by device. */
export function parseDisks(text: string): ReadonlyMap<string, DiskCounters> {
  const found = new Map<string, DiskCounters>();
  for (const line of lines(text)) {
    const [, , device, ...rest] = line.trim().split(/\s+/);
    const all = counters(rest);
    if (device === undefined || device.length > 32 || all === undefined || all.length < 11) continue;
    found.set(device, {
      reads: all[0] ?? 0,
      readBytes: (all[2] ?? 0) * sectorBytes,
      writes: all[4] ?? 0,
      writtenBytes: (all[6] ?? 0) * sectorBytes,
      busySeconds: (all[9] ?? 0) / 1000,
    });
  }
  return found;
}
