/** The database: all objects in memory, changed in transactions that a journal makes durable. */
import { ApiError, type ClassName, type Datamodel } from '../datamodel/index.ts';
import type { Clock, Log, Random } from '../world/world.ts';
import { DurableTail, type Waiting } from './durable-tail.ts';
import { Edit } from './edit.ts';
import { Generations } from './generations.ts';
import { History } from './history.ts';
import type { Journal } from './journal.ts';
import { loadTables } from './load.ts';
import { restoreStored } from './restore.ts';
import { Tables, TablesReader } from './tables.ts';
import { OpenTransaction } from './transaction.ts';
import type { Commit, Committed, Database, Segment, Transaction } from './types.ts';

export interface DatabaseParts {
  readonly datamodel: Datamodel;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Already open; the database closes it, also when it cannot be opened itself. */
  readonly journal: Journal;
}

/**
 * Loads everything that the journal holds.
 * @throws JournalError when the journal cannot be read, holds what the datamodel does not allow, or cannot be written.
 */
export async function openDatabase(parts: DatabaseParts): Promise<Database> {
  const tables = new Tables(parts.datamodel);
  try {
    await loadTables(tables, parts.journal, parts.clock, parts.log);
    const generations = await Generations.open(parts.journal, parts.log);
    return new MemoryDatabase(parts, tables, generations);
  } catch (thrown) {
    await parts.journal.close().catch(() => undefined);
    throw thrown;
  }
}

class MemoryDatabase extends TablesReader implements Database {
  readonly #parts: DatabaseParts;
  readonly #generations: Generations;
  readonly #history: History;
  readonly #tail: DurableTail;
  #inTransaction = false;
  #closing: Promise<void> | undefined;

  constructor(parts: DatabaseParts, tables: Tables, generations: Generations) {
    super(tables);
    this.#parts = parts;
    this.#generations = generations;
    this.#history = new History(generations.current, parts.log);
    this.#tail = new DurableTail({
      journal: parts.journal,
      clock: parts.clock,
      log: parts.log,
      restore: (objects) => this.#restore(objects),
    });
  }

  get generation(): number {
    return this.#generations.current;
  }

  get oldestGeneration(): number {
    return this.#history.oldestGeneration;
  }

  segments(className: ClassName): readonly Segment[] {
    return this.tables.of(className).segments();
  }

  transaction<T>(work: (tx: Transaction) => T): Committed<T> {
    if (this.#closing !== undefined) throw new ApiError('INTERNAL_ERROR', 'the database is closed');
    if (this.#inTransaction) throw new ApiError('INTERNAL_ERROR', 'a transaction cannot be started inside another');
    this.#generations.assertAvailable();
    const edit = new Edit(this.tables);
    const tx = new OpenTransaction(this.tables, edit, this.#parts.random);
    this.#inTransaction = true;
    try {
      const value = work(tx);
      if (isThenable(value)) throw new ApiError('INTERNAL_ERROR', 'the work of a transaction must not be asynchronous');
      const effects = edit.effects();
      const stored = effects.some((effect) => effect.stored);
      if (stored) this.#tail.assertRoom();
      edit.settle();
      this.#inTransaction = false;
      // Who asks for what is there already must not hear yes while somebody else's write of it is on its way.
      const others = tx.asksForDisk ? this.#tail.pending : undefined;
      if (effects.length === 0) return { value, commit: undefined, durable: others };
      const commit: Commit = { generation: this.#generations.next(), changes: effects.map((effect) => effect.change) };
      const durable = stored ? this.#tail.add(commit.generation, effects) : others;
      this.#history.publish(commit);
      return { value, commit, durable };
    } catch (thrown) {
      if (this.#inTransaction) edit.undo();
      throw thrown;
    } finally {
      this.#inTransaction = false;
      tx.end();
    }
  }

  changesSince(generation: number): Iterable<Commit> | undefined {
    return this.#history.since(generation);
  }

  onCommit(listener: (commit: Commit) => void): () => void {
    return this.#history.subscribe(listener);
  }

  flush(): Promise<void> {
    return this.#tail.flush();
  }

  get notWritable(): string | undefined {
    return this.#tail.refusal;
  }

  backup(path: string): Promise<void> {
    return this.#parts.journal.backup(path);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#tail.idle();
    await this.#generations.settled();
    await this.#parts.journal.close();
  }

  #restore(objects: ReadonlyMap<string, Waiting>): void {
    const edit = new Edit(this.tables);
    restoreStored(edit, objects.values());
    const effects = edit.effects();
    edit.settle();
    if (effects.length === 0) return;
    this.#history.publish({
      generation: this.#generations.next(),
      changes: effects.map((effect) => effect.change),
    });
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
