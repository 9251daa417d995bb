import type { Cancel } from '../world.ts';
import { Happenings } from './events.ts';

/**
 * Turns of the microtask queue between two events. What a host does without waiting for its world is over within so many
 * turns; a longer chain goes on beside the next events, still in the same order every time, as if that host were slow.
 * A real turn of the main loop would end every chain, but costs ten times as much and needs a real timer.
 */
const turnsPerEvent = 100;

/** Chains that go on when nothing is left to happen get this many times more turns to make something happen. */
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
    const atMs = await this.#nextMs();
    if (atMs === undefined || atMs > untilMs) return false;
    const next = this.#happenings.take();
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

  async #nextMs(): Promise<number | undefined> {
    for (let count = 0; count < lastTurns && this.#happenings.nextMs === undefined; count++) await turns(turnsPerEvent);
    return this.#happenings.nextMs;
  }
}

async function turns(count: number): Promise<void> {
  const settled = Promise.resolve();
  for (let turn = 0; turn < count; turn++) await settled;
}
