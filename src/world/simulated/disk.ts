import { posix } from 'node:path';
import { type FileEntry, FileError, type FileStatus } from '../world.ts';
import { DiskFile } from './disk-file.ts';
import type { Seeded } from './seeded.ts';
import type { Trace } from './trace.ts';

/** What is wrong with a disk. Probabilities are per operation. */
export interface DiskFaults {
  readErrors: number;
  writeErrors: number;
  syncErrors: number;
  /** Bytes that fit; all of them count, also those not synced. */
  capacityBytes: number;
  /** How long an operation takes, from and to. */
  latencyMs: readonly [number, number];
  /** How much longer a sync takes. */
  syncMs: readonly [number, number];
  /** Operations wait until it is false again. */
  stuck: boolean;
}

interface Directory {
  readonly mode: number;
}

interface SymbolicLink {
  readonly target: string;
}

type Entry = DiskFile | Directory | SymbolicLink;

/** A chain of links longer than this leads nowhere. */
const mostLinks = 8;

/** A disk that outlives crashes. What the methods do, they do at once; when, is for `SimulatedFiles`. */
export class Disk {
  readonly faults: DiskFaults = {
    readErrors: 0,
    writeErrors: 0,
    syncErrors: 0,
    capacityBytes: Number.POSITIVE_INFINITY,
    latencyMs: [0.02, 0.1],
    syncMs: [0.1, 1],
    stuck: false,
  };
  readonly #entries = new Map<string, Entry>([['/', { mode: 0o755 }]]);
  readonly #chance: Seeded;
  readonly #trace: Trace;
  readonly #host: string;
  readonly #now: () => number;
  #watchers: readonly ((path: string) => void)[] = [];

  constructor(host: string, chance: Seeded, trace: Trace, now: () => number) {
    this.#host = host;
    this.#chance = chance;
    this.#trace = trace;
    this.#now = now;
  }

  /** Puts a file there as if it had always been, with the directories above it. Those who watch it are told. */
  put(path: string, contents: Uint8Array | string, mode = 0o600): void {
    this.makeDirectory(posix.dirname(path), 0o755);
    this.replace(path, bytesOf(contents), mode);
  }

  /** Puts a symbolic link there. */
  putLink(path: string, target: string): void {
    this.makeDirectory(posix.dirname(path), 0o755);
    this.#entries.set(clean(path), { target });
    this.#tell(clean(path));
  }

  /** What a program would read now. */
  peek(path: string): Uint8Array | undefined {
    const entry = this.#at(path);
    return entry instanceof DiskFile ? entry.contents : undefined;
  }

  /** Flips one bit of a file. */
  rot(path: string): void {
    this.#file(path).rot(this.#chance);
    this.#trace.tell(this.#host, `disk: a bit of ${path} has flipped`);
  }

  /** Calls back with the path of each change until it is cancelled. */
  watch(changed: (path: string) => void): () => void {
    this.#watchers = [...this.#watchers, changed];
    return () => {
      this.#watchers = this.#watchers.filter((one) => one !== changed);
    };
  }

  read(path: string, maxBytes: number): Uint8Array {
    const file = this.#file(path);
    if (file.length > maxBytes) throw new FileError('too-large', path, `the file is longer than ${maxBytes} bytes`);
    return file.contents;
  }

  /** Like a rename: a link that is there is replaced, not followed. */
  replace(path: string, contents: Uint8Array, mode: number): void {
    const name = this.#place(path);
    const before = this.#entries.get(name);
    if (before !== undefined && 'mode' in before && !(before instanceof DiskFile)) throw isDirectory(path);
    this.#needRoom(path, contents.byteLength, before instanceof DiskFile ? before.length : 0);
    this.#entries.set(name, new DiskFile(mode, this.#now(), contents, true));
    this.#tell(name);
  }

  append(path: string, piece: Uint8Array, mode: number): void {
    const name = this.#place(this.#followed(path), path);
    const before = this.#at(path);
    if (before !== undefined && !(before instanceof DiskFile)) throw isDirectory(path);
    const file = before ?? new DiskFile(mode, this.#now(), new Uint8Array(0), false);
    this.#entries.set(name, file);
    const room = this.faults.capacityBytes - this.#used();
    // A disk that is full takes what still fits.
    file.append(piece.subarray(0, Math.max(0, Math.min(piece.byteLength, room))));
    file.modifiedMs = this.#now();
    this.#tell(name);
    if (room < piece.byteLength) throw new FileError('no-space', path, 'no space left on device');
  }

  truncate(path: string, length: number): void {
    const file = this.#file(path);
    file.truncate(length);
    file.modifiedMs = this.#now();
    this.#tell(clean(path));
  }

  sync(path: string): void {
    const entry = this.#at(path);
    if (entry === undefined) throw notFound(path);
    if (entry instanceof DiskFile) entry.sync();
  }

  syncFailed(path: string): void {
    const entry = this.#at(path);
    if (entry instanceof DiskFile) entry.syncFailed();
  }

  makeDirectory(path: string, mode: number): void {
    const name = clean(path);
    const before = this.#entries.get(name);
    if (before instanceof DiskFile) throw new FileError('exists', path, 'a file of this name exists');
    if (before !== undefined) return;
    const parent = this.#entries.get(posix.dirname(name));
    if (parent instanceof DiskFile) throw new FileError('not-a-directory', path, 'not a directory');
    if (parent === undefined) this.makeDirectory(posix.dirname(name), mode);
    this.#entries.set(name, { mode });
    this.#tell(name);
  }

  list(path: string): readonly string[] {
    const name = clean(path);
    const entry = this.#at(path);
    if (entry === undefined) throw notFound(path);
    if (entry instanceof DiskFile) throw new FileError('not-a-directory', path, 'not a directory');
    const start = name === '/' ? '/' : `${name}/`;
    return [...this.#entries.keys()]
      .filter((each) => each !== '/' && each.startsWith(start) && !each.slice(start.length).includes('/'))
      .map((each) => each.slice(start.length))
      .sort();
  }

  link(path: string): string | undefined {
    const entry = this.#entries.get(clean(path));
    return entry !== undefined && 'target' in entry ? entry.target : undefined;
  }

  status(path: string): FileStatus | undefined {
    const entry = this.#at(path);
    if (entry === undefined) return undefined;
    if (!(entry instanceof DiskFile)) return { size: 0, mode: entry.mode, uid: 0, modifiedMs: 0, kind: 'directory' };
    return { size: entry.length, mode: entry.mode, uid: 0, modifiedMs: entry.modifiedMs, kind: 'file' };
  }

  entry(path: string): FileEntry | undefined {
    const entry = this.#entries.get(clean(path));
    if (entry === undefined) return undefined;
    const usual = { uid: 0, size: 0, modifiedMs: 0, changedMs: 0, inode: 0 };
    if ('target' in entry) return { ...usual, kind: 'link', mode: 0o777, target: entry.target };
    if (!(entry instanceof DiskFile)) return { ...usual, kind: 'directory', mode: entry.mode };
    const { mode, modifiedMs, length } = entry;
    return { ...usual, kind: 'file', mode, size: length, modifiedMs, changedMs: modifiedMs };
  }

  /** `all` false: a removal that power loss interrupts takes some of a directory's files. */
  remove(path: string, all = true): void {
    const name = clean(path);
    const inside = [...this.#entries.keys()].filter((each) => each === name || each.startsWith(`${name}/`));
    for (const each of inside.sort().reverse()) {
      if (!all && !this.#chance.chance(0.5)) return;
      this.#entries.delete(each);
      this.#tell(each);
    }
  }

  /** Power is lost. */
  crash(): void {
    this.#watchers = [];
    for (const [name, entry] of [...this.#entries].sort(([one], [other]) => (one < other ? -1 : 1))) {
      if (!(entry instanceof DiskFile)) continue;
      if (entry.entryIsNew && this.#chance.chance(0.5)) {
        this.#entries.delete(name);
        this.#trace.tell(this.#host, `disk: ${name} was never synced and is gone`);
        continue;
      }
      const outcome = entry.crash(this.#chance);
      if (outcome !== 'whole') this.#trace.tell(this.#host, `disk: ${name} came out ${outcome}`);
    }
  }

  /** What is at a path, or where the link there leads. Links among the directories above are not followed. */
  #at(path: string): DiskFile | Directory | undefined {
    const entry = this.#entries.get(this.#followed(path));
    return entry !== undefined && 'target' in entry ? undefined : entry;
  }

  #followed(path: string): string {
    let name = clean(path);
    for (let links = 0; links < mostLinks; links++) {
      const entry = this.#entries.get(name);
      if (entry === undefined || !('target' in entry)) return name;
      name = posix.resolve(posix.dirname(name), entry.target);
    }
    return name;
  }

  #file(path: string): DiskFile {
    const entry = this.#at(path);
    if (entry === undefined) throw notFound(path);
    if (!(entry instanceof DiskFile)) throw isDirectory(path);
    return entry;
  }

  /** The clean path of an entry whose directory is there. */
  #place(target: string, path = target): string {
    const name = clean(target);
    const parent = this.#entries.get(posix.dirname(name));
    if (parent === undefined) throw notFound(path);
    if (parent instanceof DiskFile) throw new FileError('not-a-directory', path, 'not a directory');
    return name;
  }

  #needRoom(path: string, bytes: number, freed: number): void {
    if (this.#used() - freed + bytes > this.faults.capacityBytes) {
      throw new FileError('no-space', path, 'no space left on device');
    }
  }

  #used(): number {
    if (this.faults.capacityBytes === Number.POSITIVE_INFINITY) return 0;
    return [...this.#entries.values()].reduce((sum, entry) => sum + (entry instanceof DiskFile ? entry.length : 0), 0);
  }

  #tell(name: string): void {
    for (const changed of this.#watchers) changed(name);
  }
}

export function bytesOf(contents: Uint8Array | string): Uint8Array {
  return typeof contents === 'string' ? Buffer.from(contents) : contents;
}

export function clean(path: string): string {
  const name = posix.normalize(path);
  return name.length > 1 && name.endsWith('/') ? name.slice(0, -1) : name;
}

function notFound(path: string): FileError {
  return new FileError('not-found', path, 'no such file or directory');
}

function isDirectory(path: string): FileError {
  return new FileError('is-a-directory', path, 'is a directory');
}
