/**
 * Generation numbers. They never repeat, crashes included: a ceiling is made durable in large blocks before anything
 * above the last one is given out, and a start begins above the ceiling that it finds.
 */
import { ApiError } from '../datamodel/index.ts';
import { limits } from '../lib/limits.ts';
import type { Log } from '../world/world.ts';
import type { Journal } from './journal.ts';

/** Kept for putting memory right after the disk refused, which must not fail for want of a number. */
const reserve = 64;

export class Generations {
  readonly #journal: Journal;
  readonly #log: Log;
  #current: number;
  #ceiling: number;
  #raising: Promise<void> | undefined;

  private constructor(journal: Journal, log: Log, start: number, ceiling: number) {
    this.#journal = journal;
    this.#log = log;
    this.#current = start;
    this.#ceiling = ceiling;
  }

  static async open(journal: Journal, log: Log): Promise<Generations> {
    const found = await journal.generationCeiling();
    // One above: what was given out before is then older than everything that is remembered.
    const start = found === 0 ? 0 : found + 1;
    const ceiling = start + limits.generationBlock;
    await journal.raiseGenerationCeiling(ceiling);
    return new Generations(journal, log, start, ceiling);
  }

  get current(): number {
    return this.#current;
  }

  /** @throws ApiError INTERNAL_ERROR when no number can be given out because the disk has refused new ones for long. */
  assertAvailable(): void {
    if (this.#current + reserve < this.#ceiling) return;
    this.#raise();
    throw new ApiError(
      'INTERNAL_ERROR',
      `the database cannot be written: ${this.#journal.path} takes no new generation numbers; look at its disk and repeat the call`,
    );
  }

  next(): number {
    this.#current += 1;
    if (this.#ceiling - this.#current < limits.generationBlock / 2) this.#raise();
    return this.#current;
  }

  async settled(): Promise<void> {
    await this.#raising;
  }

  #raise(): void {
    if (this.#raising !== undefined) return;
    const ceiling = this.#ceiling + limits.generationBlock;
    this.#raising = this.#journal
      .raiseGenerationCeiling(ceiling)
      .then(
        () => {
          this.#ceiling = ceiling;
        },
        (thrown: unknown) => {
          const sentence = thrown instanceof Error ? thrown.message : String(thrown);
          this.#log.write('warn', 'generation-ceiling-refused', `More generations could not be reserved: ${sentence}`);
        },
      )
      .finally(() => {
        this.#raising = undefined;
      });
  }
}
