import { Buffer } from 'node:buffer';
import { FileError, type FileErrorCode, type Files } from '../../src/world/world.ts';

interface Held {
  /** What a reader sees. */
  seen: Buffer;
  /** What survives a crash for certain. */
  synced: Buffer;
}

/** Files in memory that lose and tear what was not synced when `crash` is called, and fail when told to. */
export class FaultyFiles implements Files {
  readonly held = new Map<string, Held>();
  /** The next operations that write fail with these, in order. */
  readonly failures: (FileErrorCode | undefined)[] = [];

  async read(path: string, maxBytes: number): Promise<Uint8Array> {
    const file = this.#file(path);
    if (file.seen.length > maxBytes) throw new FileError('too-large', path, 'longer than wanted');
    return Buffer.from(file.seen);
  }

  async writeAtomic(path: string, contents: Uint8Array | string): Promise<void> {
    this.#fail(path);
    const bytes = Buffer.from(contents);
    this.held.set(path, { seen: bytes, synced: bytes });
  }

  async append(path: string, contents: Uint8Array): Promise<void> {
    const file = this.held.get(path) ?? { seen: Buffer.alloc(0), synced: Buffer.alloc(0) };
    this.held.set(path, file);
    const code = this.failures[0];
    // A disk that fills up takes a part.
    const part = code === undefined ? contents.length : Math.floor(contents.length / 2);
    file.seen = Buffer.concat([file.seen, contents.subarray(0, part)]);
    this.#fail(path);
  }

  async truncate(path: string, length: number): Promise<void> {
    this.#fail(path);
    const file = this.#file(path);
    file.seen = file.seen.subarray(0, length);
  }

  async sync(path: string): Promise<void> {
    this.#fail(path);
    const file = this.#file(path);
    file.synced = file.seen;
  }

  /**
   * The power goes: of what was not synced any part may be there, and any byte of it may be wrong.
   * Returns the disk as the next start finds it; whoever still holds this one changes nothing there.
   */
  crash(random: (below: number) => number): FaultyFiles {
    const next = new FaultyFiles();
    for (const [path, file] of this.held) {
      const kept = random(file.seen.length - Math.min(file.synced.length, file.seen.length) + 1);
      const shorter = file.seen.length < file.synced.length;
      const after = shorter
        ? random(2) === 0
          ? file.synced
          : file.seen
        : Buffer.from(file.seen.subarray(0, file.synced.length + kept));
      if (!shorter && kept > 0 && random(2) === 0) after[file.synced.length + random(kept)] = random(256);
      next.held.set(path, { seen: after, synced: after });
    }
    return next;
  }

  async makeDirectory(): Promise<void> {
    await Promise.resolve();
  }

  async list(): Promise<readonly string[]> {
    return [...this.held.keys()];
  }

  async link(): Promise<undefined> {
    return undefined;
  }

  async status(path: string): ReturnType<Files['status']> {
    const file = this.held.get(path);
    return file && { size: file.seen.length, mode: 0o600, uid: 0, modifiedMs: 0, kind: 'file' };
  }

  async entry(path: string): ReturnType<Files['entry']> {
    const file = this.held.get(path);
    const usual = { uid: 0, modifiedMs: 0, changedMs: 0, inode: 0 };
    return file && { ...usual, kind: 'file', mode: 0o600, size: file.seen.length };
  }

  async remove(path: string): Promise<void> {
    this.held.delete(path);
  }

  watch(): () => void {
    return () => undefined;
  }

  #file(path: string): Held {
    const file = this.held.get(path);
    if (file === undefined) throw new FileError('not-found', path, 'is not there');
    return file;
  }

  #fail(path: string): void {
    const code = this.failures.shift();
    if (code !== undefined) throw new FileError(code, path, `injected ${code}`);
  }
}
