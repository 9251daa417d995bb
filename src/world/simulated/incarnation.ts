import type { Cancel } from '../world.ts';
import type { Scheduler } from './scheduler.ts';

/**
 * One life of the agent on a host, from start to crash. Everything that its world does later goes through here, so that
 * after the end nothing of it acts again: timers do not fire, and promises of its world stay as they are for ever.
 */
export class Incarnation {
  readonly #scheduler: Scheduler;
  readonly #atEnd = new Set<() => void>();
  alive = true;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Calls `fire` after a virtual time, if this life lasts so long. */
  after(delayMs: number, fire: () => void): Cancel {
    if (!this.alive) return () => undefined;
    return this.#scheduler.after(delayMs, () => {
      if (this.alive) fire();
    });
  }

  /** A promise that is settled only while this life lasts. */
  promise<T>(start: (resolve: (value: T) => void, reject: (error: Error) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.alive) return;
      start(
        (value) => {
          if (this.alive) resolve(value);
        },
        (error) => {
          if (this.alive) reject(error);
        },
      );
    });
  }

  /** Calls back when this life ends. */
  atEnd(call: () => void): Cancel {
    this.#atEnd.add(call);
    return () => this.#atEnd.delete(call);
  }

  end(): void {
    if (!this.alive) return;
    this.alive = false;
    for (const call of this.#atEnd) call();
    this.#atEnd.clear();
  }
}
