/** The processors, from /proc/cpuinfo and /proc/stat. */
import { plainText, readCount, readPairs } from './loose.ts';

export interface Processor {
  /** Number in the operating system, from 0. */
  readonly number: number;
  readonly vendor: string;
  /** Clock rate in MHz; 0 where the machine does not say. */
  readonly speed: number;
  readonly modelname: string;
  readonly family: number;
  readonly model: number;
  readonly stepping: string;
  readonly flags: string;
  /** Which socket and which core of it, where the machine says. */
  readonly socket: string;
  readonly core: string;
}

/**
 * One entry for each processor that is online. x86 has its own names for things, Arm others; a field that is in
 * neither stays empty. Undefined when no processor can be found in the text.
 */
export function parseCpuinfo(text: string): readonly Processor[] | undefined {
  const found = new Map<number, Processor>();
  for (const block of text.split(/\n[\t ]*\n/)) {
    const pairs = readPairs(block, ':');
    const number = readCount(pairs.get('processor'));
    if (number === undefined || number > mostProcessors) continue;
    const word = (...names: readonly string[]): string =>
      plainText(names.map((name) => pairs.get(name) ?? '').find((value) => value !== '') ?? '');
    const megahertz = Number(word('cpu MHz'));
    found.set(number, {
      number,
      vendor: word('vendor_id', 'CPU implementer'),
      speed: megahertz > 0 && megahertz < 1e6 ? Math.round(megahertz) : 0,
      modelname: word('model name', 'Model', 'cpu model'),
      family: wholeNumber(word('cpu family', 'CPU architecture')),
      model: wholeNumber(word('model', 'CPU part')),
      stepping: word('stepping', 'CPU revision'),
      flags: word('flags', 'Features'),
      socket: word('physical id'),
      core: word('core id'),
    });
  }
  return found.size === 0 ? undefined : [...found.values()].sort((a, b) => a.number - b.number);
}

/** Linux can be built for 8192. */
const mostProcessors = 8191;

function wholeNumber(text: string): number {
  const value = /^(?:\d{1,9}|0x[\da-f]{1,7})$/i.test(text) ? Number(text) : 0;
  return Number.isSafeInteger(value) ? value : 0;
}

/** Time that one processor has spent since the start of the machine, in the kernel's own unit. */
export interface ProcessorTime {
  readonly total: number;
  readonly idle: number;
}

export interface KernelTimes {
  /** By number of the processor. */
  readonly processors: ReadonlyMap<number, ProcessorTime>;
  /** Start of the machine in seconds since 1970; undefined when it is not told. */
  readonly bootSeconds: number | undefined;
}

/** Reads /proc/stat. Undefined when there is no processor in it. */
export function parseStat(text: string): KernelTimes | undefined {
  const processors = new Map<number, ProcessorTime>();
  for (const line of text.split('\n')) {
    const found = /^cpu(\d{1,4}) ([\d ]+)$/.exec(line);
    if (found === null) continue;
    // Time of guests (the ninth and tenth figure) is counted in the time of user programs already.
    const times = (found[2] ?? '').trim().split(/ +/).slice(0, 8).map(Number);
    const [, , , idle = 0, waiting = 0] = times;
    processors.set(Number(found[1]), { total: times.reduce((sum, time) => sum + time, 0), idle: idle + waiting });
  }
  const bootSeconds = readCount(/^btime (\d{1,12})$/m.exec(text)?.[1]);
  return processors.size === 0 ? undefined : { processors, bootSeconds };
}

/** Share of the time between two readings in which the processor was busy, from 0 to 1; undefined when no time passed. */
export function busyShare(before: ProcessorTime, after: ProcessorTime): number | undefined {
  const total = after.total - before.total;
  if (!(total > 0)) return undefined;
  return Math.min(1, Math.max(0, 1 - (after.idle - before.idle) / total));
}
