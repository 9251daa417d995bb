import type { Cancel } from '../world.ts';
import { type Happening, Happenings } from './events.ts';

/**
 * Turns of the microtask queue between two events. What a host does without waiting for its world is over within so many
 * turns; a longer chain goes on beside the next events, still in the same order every time, as if that host were slow.
 * A real turn of the main loop would end every chain, but costs ten times as much and needs a real timer.
 */
const turnsPerEvent = 100;

/** Chains that go on when nothing is left to happen in the time that is looked at get this many times more turns to make something happen. */
const lastTurns = 20;

/** Virtual time: what is to happen, and when it is now. */
export class Scheduler {
  readonly #happenings = new Happenings();
  #nowMs = 0;
  /** Events so far. */
  events = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, happen: () => void): Cancel {
    const added = this.#happenings.add(this.#nowMs + Math.max(0, delayMs), happen);
    return () => {
      added.cancelled = true;
    };
  }

  /** Lets the next event happen, and what follows from it at once. False when there is none up to `untilMs`. */
  async step(untilMs: number): Promise<boolean> {
    const next = await this.#next(untilMs);
    if (next === undefined) return false;
    this.#nowMs = Math.max(this.#nowMs, next.atMs);
    this.events++;
    next.happen();
    await turns(turnsPerEvent);
    return true;
  }

  /** Moves the time on to `toMs` when nothing happens before it. */
  advance(toMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, toMs);
  }

  /** What goes on beside the events may still add one, and take away those that are there. */
  async #next(untilMs: number): Promise<Happening | undefined> {
    for (let count = 0; ; count++) {
      const { nextMs } = this.#happenings;
      if (nextMs !== undefined && nextMs <= untilMs) return this.#happenings.take();
      if (count === lastTurns) return undefined;
      await turns(turnsPerEvent);
    }
  }
}

async function turns(count: number): Promise<void> {
  const settled = Promise.resolve();
  for (let turn = 0; turn < count; turn++) await settled;
}
