/**
 * What is committed in memory and not on disk yet. One delta is on its way at a time; what is committed meanwhile
 * gathers into the next one, so a slow disk makes larger deltas and not a longer queue. When the journal refuses one,
 * everything above what is on disk is given to `restore` and its callers hear why.
 */
import { ApiError } from '../datamodel/index.ts';
import { limits } from '../lib/limits.ts';
import type { Clock, Log } from '../world/world.ts';
import type { Effect } from './edit.ts';
import { type Journal, type JournalChange, JournalError } from './journal.ts';
import { storedText } from './plan.ts';
import type { Table } from './table.ts';
import type { Row } from './types.ts';

/** An object whose stored fields are not on disk as they are in memory. */
export interface Waiting {
  readonly table: Table;
  readonly ref: string;
  /** As it is on disk; undefined when it is not there. */
  readonly onDisk: Row | undefined;
  /** Stored fields to write; undefined to remove it. */
  text: string | undefined;
}

interface Stage {
  readonly objects: Map<string, Waiting>;
  readonly done: PromiseWithResolvers<void>;
  bytes: number;
  generation: number;
}

export interface DurableTailParts {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  /** Puts memory back to what is on disk. */
  restore(objects: ReadonlyMap<string, Waiting>): void;
}

function newStage(): Stage {
  const done = Promise.withResolvers<void>();
  // Callers that do not wait must not end the process.
  done.promise.catch(() => undefined);
  return { objects: new Map(), done, bytes: 0, generation: 0 };
}

export class DurableTail {
  readonly #parts: DurableTailParts;
  #gathering: Stage | undefined;
  #writing: Stage | undefined;
  #running: Promise<void> | undefined;
  #refusal: string | undefined;

  constructor(parts: DurableTailParts) {
    this.#parts = parts;
  }

  /** @throws ApiError TOO_BUSY when the disk is so far behind that no more may wait for it. */
  assertRoom(): void {
    const objects = (this.#gathering?.objects.size ?? 0) + (this.#writing?.objects.size ?? 0);
    const bytes = (this.#gathering?.bytes ?? 0) + (this.#writing?.bytes ?? 0);
    if (objects < limits.waitingChanges && bytes < limits.waitingBytes) return;
    throw new ApiError('TOO_BUSY');
  }

  /** Takes the stored effects of a commit; resolves when they are on disk. */
  add(generation: number, effects: readonly Effect[]): Promise<void> {
    this.#gathering ??= newStage();
    const stage = this.#gathering;
    stage.generation = generation;
    for (const { change, touched, stored } of effects) {
      if (!stored) continue;
      const text = change.kind === 'del' ? undefined : storedText(touched.table.plan, change.row);
      const waiting = stage.objects.get(touched.ref);
      stage.bytes += (text?.length ?? 0) - (waiting?.text?.length ?? 0);
      if (waiting === undefined) {
        stage.objects.set(touched.ref, { table: touched.table, ref: touched.ref, onDisk: touched.before, text });
      } else {
        waiting.text = text;
      }
    }
    this.#running ??= this.#run();
    return stage.done.promise;
  }

  /** Settles with the last that was added; undefined when all of it is on disk. */
  get pending(): Promise<void> | undefined {
    return (this.#gathering ?? this.#writing)?.done.promise;
  }

  /** Why the journal refused the last delta; undefined when it took it. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** Resolves when everything that was added before is on disk; rejects when the disk refused it. */
  async flush(): Promise<void> {
    await this.pending;
  }

  /** Resolves when nothing waits for the disk, whether it was taken or refused. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    // Everything else that is ready commits first and shares the sync.
    await this.#parts.clock.yield();
    while (this.#gathering !== undefined) {
      const stage = this.#gathering;
      this.#gathering = undefined;
      this.#writing = stage;
      try {
        await this.#write(stage);
        this.#writing = undefined;
        this.#recovered();
        stage.done.resolve();
        // The callers that waited write again: let them share the next sync.
        await this.#parts.clock.yield();
      } catch (thrown) {
        this.#refused(thrown);
      }
    }
    this.#running = undefined;
  }

  async #write(stage: Stage): Promise<void> {
    const changes: JournalChange[] = [];
    for (const { table, ref, onDisk, text } of stage.objects.values()) {
      if (text === undefined && onDisk === undefined) continue;
      changes.push({ class: table.plan.name, ref, fields: text });
    }
    if (changes.length > 0) await this.#parts.journal.append({ generation: stage.generation, changes });
  }

  #recovered(): void {
    if (this.#refusal === undefined) return;
    this.#refusal = undefined;
    this.#parts.log.write('info', 'database-writable', 'The database can be written again');
  }

  #refused(thrown: unknown): void {
    const error = refusal(thrown, this.#parts.journal.path);
    const stages = [this.#writing, this.#gathering].filter((stage) => stage !== undefined);
    this.#writing = undefined;
    this.#gathering = undefined;
    const objects = new Map<string, Waiting>();
    // What the older stage found is what is on disk.
    for (const stage of stages)
      for (const [ref, waiting] of stage.objects) if (!objects.has(ref)) objects.set(ref, waiting);
    const sentence = error.params[0] ?? error.message;
    if (this.#refusal === undefined) this.#parts.log.write('error', 'database-not-writable', sentence);
    this.#refusal = sentence;
    this.#parts.restore(objects);
    for (const stage of stages) stage.done.reject(error);
  }
}

function refusal(thrown: unknown, path: string): ApiError {
  const sentence = thrown instanceof Error ? thrown.message : String(thrown);
  const kind = thrown instanceof JournalError ? thrown.refusal : 'io';
  const text =
    kind === 'no-space'
      ? `no space left on the file system of ${path}; free some and repeat the call`
      : kind === 'closed'
        ? `${sentence}; restart the agent, then look whether the last change is there before repeating the call`
        : `${sentence}; look at the disk under ${path} and repeat the call`;
  const error = new ApiError('INTERNAL_ERROR', `the database cannot be written: ${text}`);
  error.cause = thrown;
  return error;
}
