/** How the agent itself does: how long calls, waits for the disk and notices of changes took. */
import { TimeHistogram } from './time-histogram.ts';

/** Stands for every name that is not declared. */
export const unknownCall = 'unknown';

/** A small read takes some hundredths of a millisecond, and a client may wait for events for a minute. */
const callBoundsMs = [0.1, 0.5, 1, 5, 10, 50, 100, 500, 1000, 5000, 10_000, 60_000];
const waitBoundsMs = [0.1, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 5000];

export interface CallTiming {
  readonly took: TimeHistogram;
  failed: number;
}

export interface CallSummary {
  readonly count: number;
  readonly failures: number;
  readonly totalMs: number;
  readonly longestMs: number;
}

function newTiming(): CallTiming {
  return { took: new TimeHistogram(callBoundsMs), failed: 0 };
}

export class Timings {
  /** Calls by the name of the message. Names that are not declared are not told apart. */
  readonly calls = new Map<string, CallTiming>();
  /** From a change of the database to its place on disk, as far as a call waited for it. */
  readonly durable = new TimeHistogram(waitBoundsMs);
  /** From a commit until the answer to a call that waited for it is ready to be sent. */
  readonly eventLag = new TimeHistogram(waitBoundsMs);
  commits = 0;

  /** @param name A declared name. */
  called(name: string, tookMs: number, failed: boolean): void {
    let timing = this.calls.get(name);
    if (timing === undefined) {
      timing = newTiming();
      this.calls.set(name, timing);
    }
    timing.took.observe(tookMs);
    if (failed) timing.failed += 1;
  }

  /** In short, without calls of what is not declared. */
  ofCalls(): ReadonlyMap<string, CallSummary> {
    const known = [...this.calls].filter(([name]) => name !== unknownCall);
    return new Map(
      known.map(([name, { took, failed }]) => [
        name,
        { count: took.count, failures: failed, totalMs: took.sumMs, longestMs: took.mostMs },
      ]),
    );
  }
}
