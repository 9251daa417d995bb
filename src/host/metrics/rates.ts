/** From counters that only grow to how fast they grow. */

interface Reading {
  readonly value: number;
  readonly atMs: number;
}

export interface CounterKind {
  /** Where the counter begins again at 0, when it is one that does. */
  readonly wrapsAt?: number | undefined;
  /** A faster growth than this is none: the counter was reset. */
  readonly most: number;
}

export class Rates {
  #before = new Map<string, Reading>();
  #now = new Map<string, Reading>();

  /**
   * Growth a second since the reading before; not a number when there was none, or when the counter was reset.
   * `atMs` is of a clock that is never set.
   */
  rate(name: string, value: number, atMs: number, kind: CounterKind): number {
    this.#now.set(name, { value, atMs });
    const before = this.#before.get(name);
    if (before === undefined || atMs <= before.atMs) return Number.NaN;
    let grown = value - before.value;
    if (grown < 0) {
      if (kind.wrapsAt === undefined) return Number.NaN;
      grown += kind.wrapsAt;
    }
    const perSecond = grown / ((atMs - before.atMs) / 1000);
    return grown < 0 || (kind.wrapsAt !== undefined && perSecond > 2 * kind.most) ? Number.NaN : perSecond;
  }

  /** Ends a round: counters that were not read in it are forgotten. */
  next(): void {
    this.#before = this.#now;
    this.#now = new Map();
  }
}
