/** What is to be done before the machine goes down, in order and once, whoever sends it down. */
import { limits } from '../../lib/limits.ts';
import type { Cancel, Clock, Log } from '../../world/world.ts';

export interface CleanStep {
  /** For the log, such as `guests`. */
  readonly name: string;
  run(signal: AbortSignal): Promise<void> | void;
  /** The machine stays up after all. */
  undo?(): Promise<void> | void;
}

export class CleanPath {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #steps: CleanStep[] = [];
  #running: Promise<void> | undefined;

  constructor(world: { readonly clock: Clock; readonly log: Log }) {
    this.#clock = world.clock;
    this.#log = world.log;
  }

  /** Steps run in the opposite order of their addition: what is needed last is there first. */
  add(step: CleanStep): Cancel {
    this.#steps.push(step);
    return () => {
      const index = this.#steps.indexOf(step);
      if (index >= 0) this.#steps.splice(index, 1);
    };
  }

  /**
   * Runs every step; a second call waits for the first. A step that fails is logged and does not keep the others from
   * running; what is not done after `withinMs` is left.
   */
  run(why: string, withinMs: number): Promise<void> {
    this.#running ??= this.#run(why, withinMs);
    return this.#running;
  }

  /** Takes back what was done, because the machine stays up. Nothing happens when nothing was done. */
  async undo(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    await running;
    this.#running = undefined;
    for (const step of this.#steps) {
      try {
        await step.undo?.();
      } catch (thrown) {
        this.#failed(step, thrown);
      }
    }
    this.#log.write('info', 'clean-path-undone', 'The machine stays up; what was ended for its sake goes on.');
  }

  async #run(why: string, withinMs: number): Promise<void> {
    this.#log.write(
      'info',
      'clean-path-started',
      `The machine is about to go down (${why}); everything is ended in order.`,
    );
    const startMs = this.#clock.monotonicMs();
    const steps = this.#steps.toReversed();
    // One that hangs leaves the later ones some of the time: the last is the database.
    const reservedMs = Math.min(limits.cleanStepReserveMs, withinMs / (2 * steps.length));
    for (const [index, step] of steps.entries()) {
      const laterMs = reservedMs * (steps.length - 1 - index);
      const leftMs = Math.max(reservedMs, withinMs - (this.#clock.monotonicMs() - startMs) - laterMs);
      await this.#runStep(step, leftMs);
    }
    const tookMs = Math.round(this.#clock.monotonicMs() - startMs);
    this.#log.write('info', 'clean-path-done', 'Everything is ended; the machine may go down.', { tookMs });
  }

  async #runStep(step: CleanStep, leftMs: number): Promise<void> {
    const controller = new AbortController();
    const late = new Promise<never>((_resolve, reject) => {
      const cancel = this.#clock.after(leftMs, () => {
        const error = new Error(`it took longer than the ${Math.round(leftMs)} ms that were left`);
        controller.abort(error);
        reject(error);
      });
      controller.signal.addEventListener('abort', cancel, { once: true });
    });
    late.catch(() => undefined);
    try {
      await Promise.race([step.run(controller.signal), late]);
    } catch (thrown) {
      this.#failed(step, thrown);
    } finally {
      controller.abort();
    }
  }

  #failed(step: CleanStep, thrown: unknown): void {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    this.#log.write('error', 'clean-path-step-failed', `A step of ending cleanly failed: ${step.name}.`, {
      step: step.name,
      reason,
    });
  }
}
