import { type Journal, type JournalDelta, JournalError, type JournalObject } from '../../src/database/journal.ts';

/** A journal in memory that fails when told to. What it holds outlives the database, as a disk would. */
export class MemoryJournal implements Journal {
  readonly path = '/memory/database';
  readonly schemaVersion = 1;
  readonly objects = new Map<string, JournalObject>();
  readonly deltas: JournalDelta[] = [];
  ceiling = 0;
  closed = false;
  /** Refuses everything while it is set. */
  broken: 'no-space' | 'io' | undefined;
  /** Holds appends back until `release`. */
  held: (() => void)[] | undefined;

  async *load(): AsyncIterable<readonly JournalObject[]> {
    yield [...this.objects.values()];
  }

  async generationCeiling(): Promise<number> {
    return this.ceiling;
  }

  async raiseGenerationCeiling(ceiling: number): Promise<void> {
    this.#refuse();
    this.ceiling = ceiling;
  }

  async append(delta: JournalDelta): Promise<void> {
    const { held } = this;
    if (held !== undefined) await new Promise<void>((resolve) => held.push(resolve));
    this.#refuse();
    this.deltas.push(delta);
    for (const { class: className, ref, fields } of delta.changes) {
      if (fields === undefined) this.objects.delete(ref);
      else this.objects.set(ref, { class: className, ref, fields });
    }
  }

  hold(): void {
    this.held = [];
  }

  release(): void {
    const waiting = this.held ?? [];
    this.held = undefined;
    for (const go of waiting) go();
  }

  async backup(): Promise<void> {
    throw new JournalError('io', this.path, 'a journal in memory has no copies');
  }

  async check(): Promise<readonly string[]> {
    return [];
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  #refuse(): void {
    if (this.broken !== undefined) throw new JournalError(this.broken, this.path, `injected ${this.broken}`);
  }
}
