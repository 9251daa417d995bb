/** What the rest of the house sees of the database. */
import type { ClassName, RecordOf } from '../datamodel/index.ts';

/** One object's fields, never changed in place: a change makes a new row. */
export type Row = Readonly<Record<string, unknown>>;

/** Up to `segmentRows` neighbouring objects of a class, never changed in place. Encoders keep their bytes beside it. */
export interface Segment {
  readonly refs: readonly string[];
  readonly rows: readonly Row[];
  /** Encoded forms by format, filled by whoever encodes; they live and die with the segment. */
  readonly encoded: Map<string, Uint8Array>;
}

export type ChangeKind = 'add' | 'mod' | 'del';

export interface Change {
  readonly class: string;
  readonly ref: string;
  readonly kind: ChangeKind;
  /** The row after the change; before it for a del. */
  readonly row: Row;
}

/** All changes of one transaction. */
export interface Commit {
  readonly generation: number;
  readonly changes: readonly Change[];
}

export interface Committed<T> {
  readonly value: T;
  /** Undefined when nothing was changed. */
  readonly commit: Commit | undefined;
  /** Resolves when everything that must be on disk is there; undefined when nothing had to be. */
  readonly durable: Promise<void> | undefined;
}

export type FieldsOf<C extends ClassName> = Partial<RecordOf<C>>;

/** Reads see the transaction's own writes. */
export interface Transaction extends Reader {
  /** Makes an object; fields that are not given have their initial values. A ref and a uuid are made when not given. */
  create<C extends ClassName>(className: C, fields: FieldsOf<C>, ref?: string): string;
  /** @throws ApiError HANDLE_INVALID */
  update<C extends ClassName>(className: C, ref: string, fields: FieldsOf<C>): void;
  /**
   * Destroys an object. References to it from runtime objects become OpaqueRef:NULL.
   * @throws ApiError HANDLE_INVALID, or OPERATION_NOT_ALLOWED when a stored object still refers to it.
   */
  destroy(className: ClassName, ref: string): void;
  /** Marks an object as changed although nothing in it did (event.inject). */
  touch(className: ClassName, ref: string): void;
}

export interface Reader {
  get<C extends ClassName>(className: C, ref: string): RecordOf<C> | undefined;
  /** @throws ApiError HANDLE_INVALID [class, ref] */
  require<C extends ClassName>(className: C, ref: string): RecordOf<C>;
  /** @throws ApiError UUID_INVALID [class, uuid] */
  byUuid(className: ClassName, uuid: string): string;
  byNameLabel(className: ClassName, label: string): readonly string[];
  refs(className: ClassName): readonly string[];
  count(className: ClassName): number;
}

export interface Database extends Reader {
  readonly generation: number;
  /** Oldest generation from which `changesSince` can tell every change. */
  readonly oldestGeneration: number;
  /** All objects of a class as they are now; the array and everything in it stay as they are. */
  segments(className: ClassName): readonly Segment[];
  /** Runs `work` to its end and commits; on a throw nothing has happened. `work` must not be asynchronous. */
  transaction<T>(work: (tx: Transaction) => T): Committed<T>;
  /** Commits after `generation`, oldest first; undefined when some of them are no longer remembered. */
  changesSince(generation: number): Iterable<Commit> | undefined;
  /** Called after every commit, in order, with memory already changed. Returns how to stop. */
  onCommit(listener: (commit: Commit) => void): () => void;
  /** Resolves when everything that was committed before is on disk. @throws ApiError INTERNAL_ERROR when the disk refused it. */
  flush(): Promise<void>;
  /** Why the disk refused the last write, in one sentence; undefined while it takes them. */
  readonly notWritable: string | undefined;
  /** Writes a consistent copy while running. */
  backup(path: string): Promise<void>;
  /** Waits for everything that was committed to be durable, then closes. */
  close(): Promise<void>;
}
