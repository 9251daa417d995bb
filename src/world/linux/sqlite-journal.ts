/** The journal of the Linux world: SQLite in a worker thread, seen from the main thread. */
import { Worker } from 'node:worker_threads';
import {
  type Journal,
  type JournalDelta,
  JournalError,
  type JournalObject,
  type Journals,
  loadAll,
  type OpenOptions,
} from '../../database/journal.ts';
import type { Failure, FlatChanges, Opened, Reply, Request, WorkerOptions } from './journal-protocol.ts';

/** Bundled, the worker lies beside the bundle; in the sources, beside this file. */
function workerUrl(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './journal-worker.ts' : './journal-worker.js', import.meta.url);
}

interface Pending {
  readonly kind: Request['kind'];
  resolve(value: unknown): void;
  reject(error: JournalError): void;
}

class SqliteJournal implements Journal {
  readonly path: string;
  schemaVersion = 0;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #epoch = 0;
  #outgoing: { id: number; request: Request }[] = [];
  #ended: JournalError | undefined;
  #opened: PromiseWithResolvers<Opened>;

  constructor(options: WorkerOptions, thread: URL) {
    this.path = options.path;
    this.#opened = Promise.withResolvers<Opened>();
    // A larger nursery would only hold texts that were written long ago.
    const resourceLimits = { maxYoungGenerationSizeMb: 8 };
    this.#worker = new Worker(thread, { workerData: options, resourceLimits });
    this.#worker.once('message', (opened: Opened) => {
      this.#worker.on('message', (reply: Reply) => this.#take(reply));
      this.#opened.resolve(opened);
    });
    this.#worker.on('error', (error) => this.#end(`its thread failed: ${String(error)}`));
    this.#worker.on('exit', () => this.#end('its thread has ended'));
  }

  /** Resolves with the version that was found. */
  async opened(): Promise<number> {
    const opened = await this.#opened.promise;
    if ('failure' in opened) {
      await this.#worker.terminate();
      throw this.#error(opened.failure);
    }
    this.schemaVersion = opened.version;
    return opened.version;
  }

  async upgrade(options: OpenOptions): Promise<void> {
    const changes: (string | null)[] = [];
    for (const object of await loadAll(this)) {
      const upgraded = options.upgrade(object, this.schemaVersion);
      if (upgraded?.ref !== object.ref) changes.push(object.class, object.ref, null);
      if (upgraded !== undefined) changes.push(upgraded.class, upgraded.ref, upgraded.fields);
    }
    await this.#ask({ kind: 'upgrade', version: options.schemaVersion, changes });
    this.schemaVersion = options.schemaVersion;
  }

  async *load(): AsyncIterable<readonly JournalObject[]> {
    let next = this.#ask({ kind: 'load', first: true });
    for (;;) {
      const flat = (await next) as FlatChanges;
      if (flat.length === 0) return;
      // The thread reads on while these are used.
      next = this.#ask({ kind: 'load', first: false });
      next.catch(() => undefined);
      const objects: JournalObject[] = [];
      for (let at = 0; at + 2 < flat.length; at += 3) {
        objects.push({ class: flat[at] ?? '', ref: flat[at + 1] ?? '', fields: flat[at + 2] ?? '' });
      }
      yield objects;
    }
  }

  async generationCeiling(): Promise<number> {
    return (await this.#ask({ kind: 'ceiling' })) as number;
  }

  async raiseGenerationCeiling(ceiling: number): Promise<void> {
    await this.#ask({ kind: 'raise', ceiling });
  }

  async append(delta: JournalDelta): Promise<void> {
    const changes: (string | null)[] = [];
    for (const change of delta.changes) changes.push(change.class, change.ref, change.fields ?? null);
    await this.#ask({
      kind: 'append',
      epoch: this.#epoch,
      generation: delta.generation,
      changes,
    });
  }

  async backup(path: string): Promise<void> {
    await this.#ask({ kind: 'backup', path });
  }

  async check(): Promise<readonly string[]> {
    return (await this.#ask({ kind: 'check' })) as readonly string[];
  }

  async close(): Promise<void> {
    if (this.#ended !== undefined) return;
    await this.#ask({ kind: 'close' });
    await this.#worker.terminate();
  }

  #ask(request: Request): Promise<unknown> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const id = this.#nextId;
    this.#nextId += 1;
    this.#pending.set(id, { kind: request.kind, resolve, reject });
    this.#outgoing.push({ id, request });
    if (this.#outgoing.length === 1) queueMicrotask(() => this.#send());
    return promise;
  }

  #send(): void {
    const batch = this.#outgoing;
    this.#outgoing = [];
    if (this.#ended === undefined) this.#worker.postMessage(batch, []);
  }

  #take(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    if (pending === undefined) return;
    this.#pending.delete(reply.id);
    if ('failure' in reply) {
      // From here on appends build on memory without what was refused.
      if (pending.kind === 'append') this.#epoch += 1;
      pending.reject(this.#error(reply.failure));
    } else {
      pending.resolve(reply.value);
    }
  }

  #error(failure: Failure): JournalError {
    return new JournalError(failure.refusal, this.path, failure.sentence);
  }

  #end(why: string): void {
    this.#ended ??= new JournalError('closed', this.path, `${this.path} is closed: ${why}`);
    this.#opened.resolve({ failure: { refusal: 'closed', sentence: this.#ended.message } });
    for (const pending of this.#pending.values()) pending.reject(this.#ended);
    this.#pending.clear();
  }
}

export interface SqliteJournalsOptions {
  /** Added to every sync; only tests and measurements set it. */
  readonly syncDelayMs?: number;
  /** Another program in place of the journal's thread; only tests set it. */
  readonly thread?: URL;
}

/** Opens SQLite journals. */
export function sqliteJournals(settings: SqliteJournalsOptions = {}): Journals {
  return {
    async open(path, options) {
      const workerOptions = {
        path,
        create: options.create,
        readOnly: options.readOnly ?? false,
        schemaVersion: options.schemaVersion,
        syncDelayMs: settings.syncDelayMs ?? 0,
      };
      const journal = new SqliteJournal(workerOptions, settings.thread ?? workerUrl());
      const version = await journal.opened();
      if (version < options.schemaVersion && options.readOnly !== true) {
        try {
          await journal.upgrade(options);
        } catch (thrown) {
          await journal.close();
          throw thrown;
        }
      }
      return journal;
    },
  };
}
