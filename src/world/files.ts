/** Files, as the agent sees them. */
import type { Cancel } from './world.ts';

/** What went wrong with a file, in one closed list. */
export type FileErrorCode =
  | 'not-found'
  | 'exists'
  | 'no-space'
  | 'not-permitted'
  | 'not-a-directory'
  | 'is-a-directory'
  | 'too-large'
  | 'io';

/** A file operation failed. `path` is the file, `code` the reason. */
export class FileError extends Error {
  readonly code: FileErrorCode;
  readonly path: string;

  constructor(code: FileErrorCode, path: string, detail: string) {
    super(`${path}: ${detail}`);
    this.name = 'FileError';
    this.code = code;
    this.path = path;
  }
}

export interface FileStatus {
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly modifiedMs: number;
  readonly kind: 'file' | 'directory' | 'socket' | 'other';
}

/** What is at a path itself: a symbolic link is not followed. */
export interface FileEntry {
  readonly kind: 'file' | 'directory' | 'socket' | 'link' | 'other';
  /** Permissions, with the bits for set-user-ID, set-group-ID and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly size: number;
  readonly modifiedMs: number;
  /** When its contents, owner, permissions or name changed last; nobody can set it back. */
  readonly changedMs: number;
  /** Number of the file on its disk: another file of the same name has another one. */
  readonly inode: number;
  /** What a link says, as it was written. */
  readonly target?: string;
}

/** All methods reject with FileError. */
export interface Files {
  /** The whole file; `too-large` when it is longer than `maxBytes`. */
  read(path: string, maxBytes: number): Promise<Uint8Array>;
  /** Replaces the file so that after a crash either the old or the new contents are there, never a mixture. Durable when it resolves. */
  writeAtomic(path: string, contents: Uint8Array | string, mode: number): Promise<void>;
  /** Adds to the end of the file, creating it. Durable only after `sync`. */
  append(path: string, contents: Uint8Array, mode: number): Promise<void>;
  /** Cuts the file to `length` bytes. Durable only after `sync`. */
  truncate(path: string, length: number): Promise<void>;
  /** Resolves when what was written to the file before is on disk. */
  sync(path: string): Promise<void>;
  makeDirectory(path: string, mode: number): Promise<void>;
  list(path: string): Promise<readonly string[]>;
  status(path: string): Promise<FileStatus | undefined>;
  entry(path: string): Promise<FileEntry | undefined>;
  /** What a symbolic link says, as it was written; undefined when there is none. */
  link(path: string): Promise<string | undefined>;
  /** Removes a file or a whole directory; nothing happens when it is not there. */
  remove(path: string): Promise<void>;
  /**
   * Calls `changed` soon after a file, or what is directly in a directory, came, changed or went, until cancelled. With a `depth`
   * also what is so many directories further down, permissions included.
   */
  watch(path: string, changed: () => void, depth?: number): Cancel;
}
