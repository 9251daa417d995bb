/** What the main thread and the journal's worker say to each other. */
import type { JournalRefusal } from '../../database/journal.ts';

/** `QUOR`, big-endian: marks the file as ours in SQLite's header. */
export const applicationId = 0x51_55_4f_52;

/** class, ref, fields; fields null removes the object. Flat, because copying one array of texts between threads is cheap. */
export type FlatChanges = readonly (string | null)[];

export interface WorkerOptions {
  readonly path: string;
  readonly create: boolean;
  readonly readOnly: boolean;
  readonly schemaVersion: number;
  /** Added to every sync; only tests and measurements set it. */
  readonly syncDelayMs: number;
}

export type Request =
  /** The first objects, or those after the last that were sent. The reply is flat; an empty one is the end. */
  | { readonly kind: 'load'; readonly first: boolean }
  | { readonly kind: 'upgrade'; readonly version: number; readonly changes: FlatChanges }
  | { readonly kind: 'ceiling' }
  | { readonly kind: 'raise'; readonly ceiling: number }
  | { readonly kind: 'append'; readonly epoch: number; readonly generation: number; readonly changes: FlatChanges }
  | { readonly kind: 'backup'; readonly path: string }
  | { readonly kind: 'check' }
  | { readonly kind: 'close' };

/** All requests of one turn of the main loop. */
export type RequestBatch = readonly { readonly id: number; readonly request: Request }[];

export interface Failure {
  readonly refusal: JournalRefusal | 'no-space' | 'io' | 'closed';
  readonly sentence: string;
}

export type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: Failure };

/** What the worker says first: the version that it found, or why it opened nothing. */
export type Opened = { readonly version: number } | { readonly failure: Failure };
