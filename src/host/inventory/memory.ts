/** The memory, from /proc/meminfo. */
import { readCount } from './loose.ts';

export interface Memory {
  readonly totalBytes: number;
  /** What programs could still be given without swapping: the kernel's own estimate, caches included. */
  readonly availableBytes: number;
}

/** Undefined when the total is not told. Kernels before 3.14 give no estimate: there it is free memory and caches. */
export function parseMeminfo(text: string): Memory | undefined {
  const bytes = (name: string): number | undefined => {
    const kibibytes = readCount(new RegExp(`^${name}: +(\\d{1,12}) kB$`, 'm').exec(text)?.[1]);
    return kibibytes === undefined ? undefined : kibibytes * 1024;
  };
  const totalBytes = bytes('MemTotal');
  if (totalBytes === undefined || totalBytes === 0) return undefined;
  const guess = (bytes('MemFree') ?? 0) + (bytes('Buffers') ?? 0) + (bytes('Cached') ?? 0);
  return { totalBytes, availableBytes: Math.min(totalBytes, bytes('MemAvailable') ?? guess) };
}
