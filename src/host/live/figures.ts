/** Which readings of load and memory are worth an event. */
import type { Memory } from '../inventory/memory.ts';
import { busyShare, type ProcessorTime } from '../inventory/processors.ts';
import type { Figures } from '../objects/host.ts';

type Times = ReadonlyMap<number, ProcessorTime>;

/** Load that differs by a tenth, or memory by a hundredth, is told at once. */
const loadStep = 0.1;
const memoryShare = 0.01;

/**
 * Takes a reading every second and lets through those that differ much from what was published last; small differences
 * wait until `restMs` have passed, and are then told as the average of that time.
 */
export class FigureFilter {
  #restMs: number;
  #published:
    | { times: Times; shares: ReadonlyMap<number, number>; memory: Memory | undefined; atMs: number }
    | undefined;
  #last: Times = new Map();

  constructor(restMs: number) {
    this.#restMs = restMs;
  }

  /** From now on. */
  configure(restMs: number): void {
    this.#restMs = restMs;
  }

  /** What to publish now; undefined when nothing is worth it. */
  take(times: Times, memory: Memory | undefined, nowMs: number): Figures | undefined {
    const recent = shares(this.#last, times);
    this.#last = times;
    const before = this.#published;
    if (before === undefined) {
      this.#published = { times, shares: new Map(), memory, atMs: nowMs };
      return { memory, utilisation: new Map() };
    }
    const rested = nowMs - before.atMs >= this.#restMs;
    const jumped =
      [...recent].some(([number, share]) => Math.abs(share - (before.shares.get(number) ?? 0)) >= loadStep) ||
      movedFar(before.memory, memory);
    if (!rested && !jumped) return undefined;
    const utilisation = jumped ? recent : shares(before.times, times);
    this.#published = { times, shares: utilisation, memory, atMs: nowMs };
    return { memory, utilisation };
  }
}

/** In hundredths: more digits would only make events. */
function shares(before: Times, after: Times): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const [number, time] of after) {
    const earlier = before.get(number);
    const share = earlier && busyShare(earlier, time);
    if (share !== undefined) found.set(number, Math.round(share * 100) / 100);
  }
  return found;
}

function movedFar(before: Memory | undefined, now: Memory | undefined): boolean {
  if (before === undefined || now === undefined) return now !== before;
  if (before.totalBytes !== now.totalBytes) return true;
  return Math.abs(before.availableBytes - now.availableBytes) >= now.totalBytes * memoryShare;
}
