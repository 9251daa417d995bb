import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { LoopDelay, OwnProcess } from '../own-process.ts';

/** Coarse, so that measuring costs an idle agent next to nothing; a stall shows with its whole length anyway. */
const resolutionMs = 50;

/** `close` ends the measuring. */
export function createOwnProcess(): OwnProcess & { close(): void } {
  let delays: IntervalHistogram | undefined;
  const measuring = (): IntervalHistogram => {
    if (delays === undefined) {
      delays = monitorEventLoopDelay({ resolution: resolutionMs });
      delays.enable();
    }
    return delays;
  };
  return {
    uid: process.getuid?.() ?? 0,
    residentBytes: () => process.memoryUsage.rss(),
    cpuSeconds: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
    loopDelay: (): LoopDelay => {
      const histogram = measuring();
      if (histogram.count === 0) return { meanMs: 0, medianMs: 0, p99Ms: 0, mostMs: 0 };
      return {
        meanMs: lateness(histogram.mean),
        medianMs: lateness(histogram.percentile(50)),
        p99Ms: lateness(histogram.percentile(99)),
        mostMs: lateness(histogram.max),
      };
    },
    resetLoopDelay: () => measuring().reset(),
    close: () => delays?.disable(),
  };
}

/** Node records the whole time between two turns of its timer. */
function lateness(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - resolutionMs);
}
