/** How long calls took, by method. */

export interface CallTiming {
  readonly count: number;
  readonly failures: number;
  readonly totalMs: number;
  readonly longestMs: number;
}

/** One number of each kind a method: there are only as many as the datamodel declares. */
export class CallTimings {
  readonly #timings = new Map<string, { count: number; failures: number; totalMs: number; longestMs: number }>();
  readonly #listeners = new Set<(method: string, tookMs: number, failed: boolean) => void>();

  add(method: string, tookMs: number, failed: boolean): void {
    let timing = this.#timings.get(method);
    if (timing === undefined) {
      timing = { count: 0, failures: 0, totalMs: 0, longestMs: 0 };
      this.#timings.set(method, timing);
    }
    timing.count += 1;
    if (failed) timing.failures += 1;
    timing.totalMs += tookMs;
    timing.longestMs = Math.max(timing.longestMs, tookMs);
    for (const listener of this.#listeners) listener(method, tookMs, failed);
  }

  /** Called after every call. Returns how to stop. */
  onCall(listener: (method: string, tookMs: number, failed: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** By method, since the start of the agent. */
  all(): ReadonlyMap<string, CallTiming> {
    return this.#timings;
  }
}
