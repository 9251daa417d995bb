import type { Cancel } from '../world.ts';
import type { Scheduler } from './scheduler.ts';
import type { Seeded } from './seeded.ts';
import type { Trace } from './trace.ts';

/** One direction between two hosts. */
export interface Link {
  /** Nothing passes. */
  cut: boolean;
  /** Probability that a message is lost and has to be sent again. */
  loss: number;
  /** How long a message takes, from and to. */
  latencyMs: readonly [number, number];
}

/** A lost message is sent again after this, then after twice as long, … */
const firstRetryMs = 200;
const longestRetryMs = 10_000;

/** What a message meets at its destination: a life that takes it, a machine that refuses it, or nobody. */
export type Reception = 'taken' | 'refused' | 'silence';

/**
 * Carries messages between hosts as a stream protocol does: none is lost for good while somebody still waits for it, but a
 * lost or cut off one comes late.
 */
export class Network {
  /** What new links are like. */
  readonly usual: Link = { cut: false, loss: 0, latencyMs: [0.1, 0.5] };
  readonly #links = new Map<string, Link>();
  readonly #scheduler: Scheduler;
  readonly #chance: Seeded;
  readonly #trace: Trace;

  constructor(scheduler: Scheduler, chance: Seeded, trace: Trace) {
    this.#scheduler = scheduler;
    this.#chance = chance;
    this.#trace = trace;
  }

  /** The direction from one host to another; change it as you like. */
  link(from: string, to: string): Link {
    const name = `${from} ${to}`;
    const known = this.#links.get(name) ?? { ...this.usual };
    this.#links.set(name, known);
    return known;
  }

  /** Cuts one direction. */
  cut(from: string, to: string): void {
    this.link(from, to).cut = true;
    this.#trace.tell('network', `cut ${from} -> ${to}`);
  }

  /** Mends one direction. */
  mend(from: string, to: string): void {
    this.link(from, to).cut = false;
    this.#trace.tell('network', `mended ${from} -> ${to}`);
  }

  /** Cuts both directions between every two hosts of different groups. */
  partition(...groups: readonly (readonly string[])[]): void {
    for (const group of groups) {
      for (const other of groups) {
        if (group !== other) for (const from of group) for (const to of other) this.link(from, to).cut = true;
      }
    }
    this.#trace.tell('network', `partitioned ${groups.map((group) => group.join('+')).join(' | ')}`);
  }

  /** Mends everything that was cut. */
  heal(): void {
    for (const link of this.#links.values()) link.cut = false;
    this.#trace.tell('network', 'healed');
  }

  /**
   * Brings a message over. `arrive` says how it is met; silence and loss mean that it is sent again, until it is met or the
   * sender cancels.
   */
  send(from: string, to: string, arrive: () => Reception): Cancel {
    if (from === to) return this.#scheduler.after(0.01, arrive);
    let cancelled = false;
    let retryMs = firstRetryMs;
    let cancelNext: Cancel = () => undefined;
    const again = (): void => {
      cancelNext = this.#scheduler.after(retryMs, attempt);
      retryMs = Math.min(2 * retryMs, longestRetryMs);
    };
    const attempt = (): void => {
      const link = this.link(from, to);
      if (link.cut || this.#chance.chance(link.loss)) {
        again();
        return;
      }
      cancelNext = this.#scheduler.after(this.#chance.between(...link.latencyMs), () => {
        if (cancelled) return;
        // A link that was cut while the message was on its way has swallowed it.
        if (link.cut || arrive() === 'silence') again();
      });
    };
    attempt();
    return () => {
      cancelled = true;
      cancelNext();
    };
  }
}
