import type { HardwareFacts } from '../../world/machine-facts.ts';
import type { Cancel, World } from '../../world/world.ts';
import type { Sources } from '../inventory/sources.ts';

export interface HardwareWatchLimits {
  readonly hardwareDelayMs: number;
  readonly hardwareRetryMs: number;
  readonly hardwareLongestRetryMs: number;
}

export interface HardwareWatchOptions {
  readonly world: Pick<World, 'clock' | 'hardware'>;
  readonly sources: Sources;
  readonly limits: HardwareWatchLimits;
  /** Called once, when it is known. */
  readonly known: (facts: HardwareFacts) => Promise<void>;
}

/** Asks once what the hardware is, some time after the start; again, with growing rests, when there was no answer. */
export class HardwareWatch {
  readonly #options: HardwareWatchOptions;
  readonly #ending = new AbortController();
  #restMs: number;
  #cancel: Cancel | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: HardwareWatchOptions) {
    this.#options = options;
    this.#restMs = options.limits.hardwareRetryMs;
  }

  start(): void {
    this.#plan(this.#options.limits.hardwareDelayMs);
  }

  /** Resolves when nothing is asked or published any more. */
  async stop(): Promise<void> {
    this.#ending.abort(new Error('the agent stops'));
    this.#cancel?.();
    await this.#running;
  }

  #plan(delayMs: number): void {
    if (this.#ending.signal.aborted) return;
    this.#cancel = this.#options.world.clock.after(delayMs, () => {
      this.#running = this.#ask();
    });
  }

  async #ask(): Promise<void> {
    const { world, sources, limits, known } = this.#options;
    const { signal } = this.#ending;
    const facts = await sources.told('systeminformation', () => world.hardware(signal), signal);
    if (signal.aborted) return;
    if (facts !== undefined) return known(facts);
    this.#plan(this.#restMs);
    this.#restMs = Math.min(limits.hardwareLongestRetryMs, this.#restMs * 2);
  }
}
