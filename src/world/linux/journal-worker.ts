/**
 * The thread that writes the database: takes requests in order, and whatever appends have gathered goes to disk in one
 * transaction with one sync.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { Failure, FlatChanges, Opened, Reply, Request, RequestBatch, WorkerOptions } from './journal-protocol.ts';
import { journalError, SqliteStore } from './sqlite-store.ts';

if (parentPort === null) throw new Error('the journal worker is a thread of the agent and no program of its own');
const port = parentPort;
const options = workerData as WorkerOptions;

function failureOf(thrown: unknown): Failure {
  const error = journalError(thrown, options.path);
  return { refusal: error.refusal, sentence: error.message };
}

function reply(message: Reply): void {
  port.postMessage(message);
}

interface Append {
  readonly id: number;
  readonly epoch: number;
  readonly generation: number;
  readonly changes: FlatChanges;
}

function serve(store: SqliteStore): void {
  /** Appends of an epoch that failed build on what was lost: they are refused until the main thread has heard. */
  let failedEpoch = -1;
  let lastFailure: Failure = { refusal: 'io', sentence: '' };
  let gathered: Append[] = [];

  function flush(): void {
    const appends = gathered;
    gathered = [];
    const good = appends.filter((append) => append.epoch > failedEpoch);
    const last = good.at(-1);
    if (last !== undefined) {
      try {
        store.write(
          good.map((append) => append.changes),
          { generation: last.generation },
        );
      } catch (thrown) {
        failedEpoch = last.epoch;
        lastFailure = failureOf(thrown);
      }
    }
    for (const { id, epoch } of appends) {
      reply(epoch > failedEpoch ? { id, value: undefined } : { id, failure: lastFailure });
    }
  }

  async function answer(request: Exclude<Request, { kind: 'append' }>): Promise<unknown> {
    switch (request.kind) {
      case 'load':
        return store.objects(request.first);
      case 'upgrade':
        // An upgrade that was cut short has left its copy: the file is as it was then.
        await store.backup(`${options.path}.version-${store.version}`, { replace: true });
        return store.write([request.changes], {}, request.version);
      case 'ceiling':
        return store.meta('ceiling');
      case 'raise':
        return store.write([], { ceiling: request.ceiling });
      case 'backup':
        return store.backup(request.path);
      case 'check':
        return store.check();
      case 'close':
        return store.close();
      default:
        throw new Error('unknown request');
    }
  }

  async function take(first: RequestBatch): Promise<void> {
    let batch: RequestBatch | undefined = first;
    while (batch !== undefined) {
      for (const { id, request } of batch) {
        if (request.kind === 'append') {
          gathered.push({ id, ...request });
          continue;
        }
        flush();
        // A backup copies while the file is written: it must not hold up what comes after.
        const answered = answer(request).then(
          (value) => reply({ id, value }),
          (thrown: unknown) => reply({ id, failure: failureOf(thrown) }),
        );
        if (request.kind !== 'backup') await answered;
        if (request.kind === 'close') port.close();
      }
      batch = receiveMessageOnPort(port)?.message as RequestBatch | undefined;
    }
    flush();
  }

  let taking: Promise<void> = Promise.resolve();
  port.on('message', (batch: RequestBatch) => {
    taking = taking.then(() => take(batch));
  });
}

let opened: Opened;
try {
  const store = new SqliteStore(options);
  opened = { version: store.version };
  serve(store);
} catch (thrown) {
  opened = { failure: failureOf(thrown) };
}
port.postMessage(opened);
