/** How long things took: how many, how long together, and how many were no longer than each bound. */
export class TimeHistogram {
  /** Upper bounds in milliseconds, rising. */
  readonly boundsMs: readonly number[];
  /** As the bounds, with one more for what was longer than all: how many fell between this bound and the one before. */
  readonly counts: Float64Array;
  count = 0;
  sumMs = 0;
  mostMs = 0;

  constructor(boundsMs: readonly number[]) {
    this.boundsMs = boundsMs;
    this.counts = new Float64Array(boundsMs.length + 1);
  }

  observe(tookMs: number): void {
    const { boundsMs, counts } = this;
    let place = 0;
    while (place < boundsMs.length && tookMs > (boundsMs[place] ?? Infinity)) place += 1;
    counts[place] = (counts[place] ?? 0) + 1;
    this.count += 1;
    this.sumMs += tookMs;
    if (tookMs > this.mostMs) this.mostMs = tookMs;
  }
}
