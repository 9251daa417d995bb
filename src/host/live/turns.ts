import type { Cancel, Clock } from '../../world/world.ts';

/** Changes come in bursts: so long is waited for the rest of one. */
const gatherMs = 30;
/** A part that changes without pause is read again after eight times what reading takes, at most after this. */
const longestRestMs = 400;

/**
 * Runs one kind of work at a time, soon after it was asked for. What is asked for while it runs makes it run once more,
 * and all who asked wait for a run that began after their word.
 */
export class Turns {
  readonly #clock: Clock;
  readonly #work: () => Promise<void>;
  #waiting: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
  #running: Promise<void> | undefined;
  #cancel: Cancel | undefined;
  #ended = false;
  #lastEndMs = Number.NEGATIVE_INFINITY;
  #lastDurationMs = 0;

  constructor(clock: Clock, work: () => Promise<void>) {
    this.#clock = clock;
    this.#work = work;
  }

  /** Resolves after the next whole run. `work` says itself what went wrong: this never rejects. */
  ask(): Promise<void> {
    if (this.#ended) return Promise.resolve();
    this.#waiting ??= deferred();
    const { promise } = this.#waiting;
    if (this.#running === undefined && this.#cancel === undefined) this.#schedule();
    return promise;
  }

  /** Runs no more. Resolves when what runs has ended. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#cancel?.();
    this.#waiting?.resolve();
    await this.#running;
  }

  #schedule(): void {
    const sinceMs = this.#clock.monotonicMs() - this.#lastEndMs;
    const restMs = Math.min(longestRestMs, this.#lastDurationMs * 8) - sinceMs;
    this.#cancel = this.#clock.after(Math.max(gatherMs, restMs), () => {
      this.#cancel = undefined;
      this.#running = this.#run();
    });
  }

  async #run(): Promise<void> {
    const told = this.#waiting;
    this.#waiting = undefined;
    const startMs = this.#clock.monotonicMs();
    await this.#work();
    this.#lastEndMs = this.#clock.monotonicMs();
    this.#lastDurationMs = this.#lastEndMs - startMs;
    this.#running = undefined;
    told?.resolve();
    if (this.#waiting !== undefined && !this.#ended) this.#schedule();
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
