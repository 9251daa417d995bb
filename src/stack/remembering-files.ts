/** Files and folders that are read again only when the file system says that they may have changed. */
import type { Clock, FileEntry, Files } from '../world/world.ts';

/**
 * A file system notes the time of a change no finer than a few milliseconds: what is read within that time of a change could
 * change again unnoticed. What changed longer ago than this cannot.
 */
const restedMs = 2_000;

export type ReadFiles = Pick<Files, 'entry' | 'list' | 'read'>;

interface Known {
  readonly stamp: string;
  readonly value: Uint8Array | readonly string[];
}

/**
 * Looks at a stack before each call of a script cost more than the call's own overhead, most of it for reading files that had not
 * changed. Links are always followed anew. At most `most` files and folders are remembered.
 */
export function rememberingFiles(files: ReadFiles, clock: Pick<Clock, 'nowMs'>, most: number): ReadFiles {
  const known = new Map<string, Known>();
  async function through<T extends Known['value']>(path: string, key: string, read: () => Promise<T>): Promise<T> {
    const nowMs = clock.nowMs();
    const entry = await files.entry(path);
    const stamp = entry === undefined || entry.kind === 'link' ? undefined : stampOf(entry);
    const before = known.get(key);
    if (before !== undefined && before.stamp === stamp) return before.value as T;
    known.delete(key);
    const value = await read();
    if (stamp === undefined || entry === undefined || !hasRested(entry, nowMs)) return value;
    for (const oldest of known.keys()) {
      if (known.size < most) break;
      known.delete(oldest);
    }
    known.set(key, { stamp, value });
    return value;
  }
  return {
    entry: (path) => files.entry(path),
    list: (path) => through(path, `list ${path}`, () => files.list(path)),
    read: (path, maxBytes) => through(path, `read ${maxBytes} ${path}`, () => files.read(path, maxBytes)),
  };
}

/** Where no time is noted, nothing can be told from it. */
function hasRested({ changedMs }: FileEntry, nowMs: number): boolean {
  return changedMs > 0 && changedMs < nowMs - restedMs;
}

function stampOf({ kind, mode, uid, size, modifiedMs, changedMs, inode }: FileEntry): string {
  return [kind, mode, uid, size, modifiedMs, changedMs, inode].join(' ');
}

/** What was found where, so that it can be seen cheaply whether any of it has changed. */
export class Recollection {
  readonly #found: readonly (readonly [string, FileEntry | undefined])[];
  readonly #inside: string;

  private constructor(found: readonly (readonly [string, FileEntry | undefined])[], inside: string) {
    this.#found = found;
    this.#inside = inside;
  }

  /** Looks through `look` and remembers every entry that it came upon. Undefined when some of it is too new to be remembered. */
  static async of<T>(
    files: ReadFiles,
    clock: Pick<Clock, 'nowMs'>,
    inside: string,
    look: (files: ReadFiles) => Promise<T>,
  ): Promise<{ readonly result: T; readonly recollection: Recollection | undefined }> {
    const nowMs = clock.nowMs();
    const found = new Map<string, FileEntry | undefined>();
    const entry = async (path: string): Promise<FileEntry | undefined> => {
      const there = await files.entry(path);
      found.set(path, there);
      return there;
    };
    const result = await look({ ...files, entry });
    const rested = [...found].every(
      ([path, there]) => there === undefined || !within(inside, path) || hasRested(there, nowMs),
    );
    return { result, recollection: rested ? new Recollection([...found], inside) : undefined };
  }

  /** Is everything as it was? Of folders above, only what they are and who may change them counts. */
  async holds(files: Pick<Files, 'entry'>): Promise<boolean> {
    for (const [path, before] of this.#found) {
      const now = await files.entry(path);
      if (now === undefined || before === undefined) {
        if (now !== before) return false;
        continue;
      }
      if (now.kind !== before.kind || now.mode !== before.mode || now.uid !== before.uid || now.inode !== before.inode)
        return false;
      if (now.target !== before.target) return false;
      if (
        within(this.#inside, path) &&
        (now.changedMs !== before.changedMs || now.modifiedMs !== before.modifiedMs || now.size !== before.size)
      )
        return false;
    }
    return true;
  }
}

/** Links that lead out of the folder are taken for a part of it: what they lead to is read as well. */
function within(folder: string, path: string): boolean {
  return !folder.startsWith(path === '/' ? path : `${path}/`);
}
