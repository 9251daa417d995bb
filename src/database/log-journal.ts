/**
 * A journal over plain files: a log of deltas, written again without the past when it has grown. It needs nothing but
 * `Files`, so it runs in the simulated world too, over disks that lose and tear what was not synced.
 */

import { limits } from '../lib/limits.ts';
import { FileError, type Files } from '../world/world.ts';
import {
  type Journal,
  type JournalDelta,
  JournalError,
  type JournalObject,
  type Journals,
  type OpenOptions,
} from './journal.ts';
import { encodeFrame, type LogRecord, readFrames } from './log-frames.ts';

const fileMode = 0o600;
const objectsPerFrame = 500;
/** A log is written again when it is this many times as long as what it holds, and not small. */
const growthMax = 4;
const compactBytesMin = 1_048_576;

interface Waiting {
  readonly record: LogRecord;
  readonly done: PromiseWithResolvers<void>;
}

function journalError(thrown: unknown, path: string): JournalError {
  if (thrown instanceof JournalError) return thrown;
  const words = thrown instanceof Error ? thrown.message : String(thrown);
  const code = thrown instanceof FileError ? thrown.code : 'io';
  const refusal = code === 'no-space' || code === 'not-permitted' ? code : 'io';
  return new JournalError(refusal, path, `${path}: ${words}`);
}

class LogJournal implements Journal {
  readonly path: string;
  schemaVersion: number;
  readonly #files: Files;
  readonly #released: () => void;
  readonly #readOnly: boolean;
  readonly #objects = new Map<string, JournalObject>();
  #objectBytes = 0;
  #generation = 0;
  #ceiling = 0;
  /** Length of the file up to which everything is on disk. */
  #durableBytes: number;
  /** Something lies beyond that length which was refused, or torn by a crash. */
  #unclean: boolean;
  #queue: Waiting[] = [];
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(parts: {
    readonly path: string;
    readonly files: Files;
    readonly records: readonly LogRecord[];
    readonly soundBytes: number;
    readonly unclean: boolean;
    readonly schemaVersion: number;
    readonly readOnly: boolean;
    readonly released: () => void;
  }) {
    this.path = parts.path;
    this.schemaVersion = parts.schemaVersion;
    this.#files = parts.files;
    this.#released = parts.released;
    this.#readOnly = parts.readOnly;
    this.#durableBytes = parts.soundBytes;
    this.#unclean = parts.unclean;
    for (const record of parts.records) this.#apply(record);
  }

  /**
   * Makes sure that what was read is on disk. A program that was killed leaves bytes that were never synced, or that a failed
   * sync made the kernel forget; they can be read until power is lost. Only bytes that are written again are safe.
   */
  async settle(): Promise<void> {
    try {
      await this.#compact();
    } catch {
      // A disk without room for a second copy: what is there has to do.
      await this.recover();
      await this.#files.sync(this.path);
    }
  }

  /** Cuts off what a crash left behind the last good frame, so that nothing of it can be read as part of a later one. */
  async recover(): Promise<void> {
    if (!this.#unclean || this.#readOnly) return;
    await this.#files.truncate(this.path, this.#durableBytes);
    await this.#files.sync(this.path);
    this.#unclean = false;
  }

  async upgrade(options: OpenOptions): Promise<void> {
    await this.#files.writeAtomic(`${this.path}.version-${this.schemaVersion}`, this.#snapshot(), fileMode);
    const from = this.schemaVersion;
    const upgraded = [...this.#objects.values()].map((object) => options.upgrade(object, from));
    this.#objects.clear();
    for (const object of upgraded) if (object !== undefined) this.#objects.set(object.ref, object);
    this.schemaVersion = options.schemaVersion;
    await this.#compact();
  }

  async *load(): AsyncIterable<readonly JournalObject[]> {
    yield [...this.#objects.values()];
  }

  async generationCeiling(): Promise<number> {
    return this.#ceiling;
  }

  raiseGenerationCeiling(ceiling: number): Promise<void> {
    return this.#add({ kind: 'ceiling', ceiling });
  }

  append(delta: JournalDelta): Promise<void> {
    const changes = delta.changes.flatMap((change) => [change.class, change.ref, change.fields ?? null]);
    return this.#add({ kind: 'delta', generation: delta.generation, changes });
  }

  async backup(path: string): Promise<void> {
    try {
      if ((await this.#files.status(path)) !== undefined) {
        throw new JournalError('io', path, `${path} exists already; name a file that does not`);
      }
      await this.#files.writeAtomic(path, this.#snapshot(), fileMode);
    } catch (thrown) {
      throw journalError(thrown, path);
    }
  }

  async check(): Promise<readonly string[]> {
    await this.#idle();
    try {
      const contents = await this.#files.read(this.path, limits.logJournalBytes);
      const { damagedAt, soundBytes } = readFrames(contents);
      if (damagedAt !== undefined) return [`the log is damaged at byte ${damagedAt}`];
      if (soundBytes < this.#durableBytes) return [`the log ends at byte ${soundBytes} of ${this.#durableBytes}`];
      return [];
    } catch (thrown) {
      return [journalError(thrown, this.path).message];
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#idle();
    this.#released();
  }

  #add(record: LogRecord): Promise<void> {
    if (this.#closed || this.#readOnly) {
      const why = this.#closed ? 'is closed' : 'was opened for reading only';
      return Promise.reject(new JournalError('closed', this.path, `${this.path} ${why}`));
    }
    const done = Promise.withResolvers<void>();
    this.#queue.push({ record, done });
    this.#running ??= this.#run();
    return done.promise;
  }

  async #idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    // Let the caller's turn end first: what else it appends goes into the same sync.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      try {
        await this.#write(batch.map(({ record }) => record));
      } catch (thrown) {
        const error = journalError(thrown, this.path);
        // What came meanwhile builds on what is lost.
        for (const { done } of [...batch, ...this.#queue.splice(0)]) done.reject(error);
        continue;
      }
      for (const { done } of batch) done.resolve();
      await this.#compactWhenGrown();
    }
    this.#running = undefined;
  }

  async #write(records: readonly LogRecord[]): Promise<void> {
    await this.recover();
    const bytes = Buffer.concat(records.map((record) => encodeFrame(record, this.#durableBytes)));
    this.#unclean = true;
    try {
      await this.#files.append(this.path, bytes, fileMode);
      await this.#files.sync(this.path);
    } catch (thrown) {
      // Should this fail too, the next write tries again before anything else.
      await this.recover().catch(() => undefined);
      throw thrown;
    }
    this.#unclean = false;
    this.#durableBytes += bytes.length;
    for (const record of records) this.#apply(record);
  }

  async #compactWhenGrown(): Promise<void> {
    if (this.#durableBytes < Math.max(compactBytesMin, growthMax * this.#objectBytes)) return;
    // A failure leaves the old log, which is whole.
    await this.#compact().catch(() => undefined);
  }

  async #compact(): Promise<void> {
    const bytes = this.#snapshot();
    await this.#files.writeAtomic(this.path, bytes, fileMode);
    this.#durableBytes = bytes.length;
    this.#unclean = false;
  }

  #snapshot(): Uint8Array {
    const objects = [...this.#objects.values()];
    const records: LogRecord[] = [
      { kind: 'head', schemaVersion: this.schemaVersion },
      { kind: 'ceiling', ceiling: this.#ceiling },
    ];
    for (let at = 0; at < objects.length; at += objectsPerFrame) {
      const changes = objects
        .slice(at, at + objectsPerFrame)
        .flatMap(({ class: name, ref, fields }) => [name, ref, fields]);
      records.push({ kind: 'delta', generation: this.#generation, changes });
    }
    return Buffer.concat(records.map((record) => encodeFrame(record, 0)));
  }

  #apply(record: LogRecord): void {
    if (record.kind === 'ceiling') this.#ceiling = Math.max(this.#ceiling, record.ceiling);
    if (record.kind !== 'delta') return;
    this.#generation = record.generation;
    for (let at = 0; at + 2 < record.changes.length; at += 3) {
      const ref = record.changes[at + 1] ?? '';
      const fields = record.changes[at + 2] ?? null;
      this.#objectBytes += (fields?.length ?? 0) - (this.#objects.get(ref)?.fields.length ?? 0);
      if (fields === null) this.#objects.delete(ref);
      else this.#objects.set(ref, { class: record.changes[at] ?? '', ref, fields });
    }
  }
}

async function openLog(files: Files, path: string, options: OpenOptions, released: () => void): Promise<Journal> {
  const readOnly = options.readOnly ?? false;
  if ((await files.status(path)) === undefined) {
    if (!options.create) {
      throw new JournalError('io', path, `${path} is not there; name the right file, or let the agent make it`);
    }
    const head: LogRecord = { kind: 'head', schemaVersion: options.schemaVersion };
    await files.writeAtomic(path, encodeFrame(head, 0), fileMode);
  }
  const contents = await files.read(path, limits.logJournalBytes);
  const { records, soundBytes, damagedAt } = readFrames(contents);
  const [head] = records;
  if (head?.kind !== 'head') {
    throw new JournalError(
      'not-a-database',
      path,
      `${path} is no log of this agent; it was left as it is: name another file`,
    );
  }
  if (head.schemaVersion > options.schemaVersion) {
    const sentence = `${path} has schema version ${head.schemaVersion}, this program supports up to ${options.schemaVersion}; it was left as it is: run the newer program, or restore a backup of the older one`;
    throw new JournalError('newer', path, sentence);
  }
  if (damagedAt !== undefined) {
    throw new JournalError(
      'damaged',
      path,
      `${path} is damaged at byte ${damagedAt}; it was left as it is: put a backup in its place`,
    );
  }
  const unclean = soundBytes < contents.length;
  const { schemaVersion } = head;
  const journal = new LogJournal({ path, files, records, soundBytes, unclean, schemaVersion, readOnly, released });
  if (!readOnly) await journal.settle();
  if (schemaVersion < options.schemaVersion && !readOnly) await journal.upgrade(options);
  return journal;
}

/** Opens log journals. One agent has one of these: it keeps two journals off the same file, not two processes. */
export function logJournals(files: Files): Journals {
  const held = new Set<string>();
  return {
    async open(path, options) {
      const locks = options.readOnly !== true;
      if (locks && held.has(path)) {
        throw new JournalError('locked', path, `${path} is in use; close it there first`);
      }
      if (locks) held.add(path);
      const release = (): void => {
        if (locks) held.delete(path);
      };
      try {
        return await openLog(files, path, options, release);
      } catch (thrown) {
        release();
        throw journalError(thrown, path);
      }
    },
  };
}
