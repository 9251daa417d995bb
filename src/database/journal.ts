/**
 * The durable side of the database: about ten verbs. SQLite behind a worker thread in the Linux world, a disk with
 * faults in the simulated one.
 */

/** One object's stored fields as JSON text, or its removal. */
export type JournalChange =
  | { readonly class: string; readonly ref: string; readonly fields: string }
  | { readonly class: string; readonly ref: string; readonly fields: undefined };

export interface JournalDelta {
  readonly generation: number;
  readonly changes: readonly JournalChange[];
}

export interface JournalObject {
  readonly class: string;
  readonly ref: string;
  /** JSON text of the stored fields. */
  readonly fields: string;
}

/** What a journal refuses to open, and why. The file is left as it was. */
export type JournalRefusal = 'newer' | 'damaged' | 'locked' | 'not-a-database' | 'not-permitted';

export class JournalError extends Error {
  readonly refusal: JournalRefusal | 'no-space' | 'io' | 'closed';
  readonly path: string;

  constructor(refusal: JournalRefusal | 'no-space' | 'io' | 'closed', path: string, sentence: string) {
    super(sentence);
    this.name = 'JournalError';
    this.refusal = refusal;
    this.path = path;
  }
}

export interface Journal {
  readonly path: string;
  /** Schema version of the file's contents, after any upgrade. */
  readonly schemaVersion: number;
  /** All objects as of one moment, a piece at a time: together their texts would take more memory than the objects do. */
  load(): AsyncIterable<readonly JournalObject[]>;
  /** Highest generation that may have been given out before: a new start begins above it. */
  generationCeiling(): Promise<number>;
  /** Makes a new ceiling durable. */
  raiseGenerationCeiling(ceiling: number): Promise<void>;
  /**
   * Writes a delta; resolves when it is on disk. Deltas become durable in the order of the calls, several in one sync
   * when they come faster than the disk. After a rejection nothing of that delta is on disk, nor of any other that was
   * appended before the rejection was heard: what builds on a lost change must be lost with it.
   */
  append(delta: JournalDelta): Promise<void>;
  /** A consistent copy of the database at another path, made while running. */
  backup(path: string): Promise<void>;
  /** Sentences about damage; none when it is sound. */
  check(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly create: boolean;
  readonly readOnly?: boolean;
  /** The version that this program writes. */
  readonly schemaVersion: number;
  /** Brings the stored fields of an object from an older version to this one; undefined drops the object. */
  upgrade(object: JournalObject, fromVersion: number): JournalObject | undefined;
}

/** Everything that a journal holds. */
export async function loadAll(journal: Journal): Promise<readonly JournalObject[]> {
  const all: JournalObject[] = [];
  for await (const objects of journal.load()) for (const object of objects) all.push(object);
  return all;
}

export interface Journals {
  /** @throws JournalError when the file is newer, damaged, in use or not ours; the file is then untouched. */
  open(path: string, options: OpenOptions): Promise<Journal>;
}
