/** The SQLite file itself, used by one thread. Synchronous: the worker around it is what keeps the main loop free. */
import { chmodSync, closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { backup, DatabaseSync, type StatementSync } from 'node:sqlite';
import { JournalError } from '../../database/journal.ts';
import { applicationId, type FlatChanges, type WorkerOptions } from './journal-protocol.ts';
import { holdLock, type Lock } from './sqlite-lock.ts';

const walCheckpointPages = 4000;
/** Text that goes to the main thread at once: more only fills memory before it is read. */
const loadPieceLength = 2_000_000;
const walSizeBytesMax = 67_108_864;

interface Statements {
  readonly put: StatementSync;
  readonly remove: StatementSync;
  readonly setMeta: StatementSync;
  readonly getMeta: StatementSync;
}

/** SQLite's primary result code of an error, or undefined when it is none of its errors. */
function resultCode(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('errcode' in thrown)) return undefined;
  return typeof thrown.errcode === 'number' ? thrown.errcode & 0xff : undefined;
}

/** Any failure of SQLite or of the file system as a JournalError with a way out. */
export function journalError(thrown: unknown, path: string): JournalError {
  if (thrown instanceof JournalError) return thrown;
  const words = thrown instanceof Error ? thrown.message : String(thrown);
  const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined;
  if (resultCode(thrown) === 13 || code === 'ENOSPC' || code === 'EDQUOT') {
    return new JournalError('no-space', path, `no space left for ${path}: free some on its file system`);
  }
  if (code === 'EACCES' || code === 'EPERM' || resultCode(thrown) === 3 || resultCode(thrown) === 8) {
    return new JournalError(
      'not-permitted',
      path,
      `${path} may not be opened or written (${words}); check its owner and mode`,
    );
  }
  if (resultCode(thrown) === 11 || resultCode(thrown) === 26) return damagedFile(path, words);
  return new JournalError('io', path, `${path}: ${words}`);
}

function damagedFile(path: string, words: string): JournalError {
  return new JournalError(
    'damaged',
    path,
    `${path} is damaged (${words}); it was left as it is: put a backup in its place, or restore a dump`,
  );
}

export class SqliteStore {
  readonly path: string;
  readonly #database: DatabaseSync;
  readonly #lock: Lock | undefined;
  readonly #statements: Statements;
  readonly #syncDelayMs: number;
  #reading: ReturnType<StatementSync['iterate']> | undefined;
  /** A commit that was refused may lie in the log and look complete: it goes before the next. */
  #stray = false;

  constructor(options: WorkerOptions) {
    const { path } = options;
    this.path = path;
    this.#syncDelayMs = options.syncDelayMs;
    // Reading needs no lock. The lock comes before the first look: closing another descriptor of the file would
    // drop the locks that SQLite holds on it in this process.
    this.#lock = options.readOnly ? undefined : holdLock(path);
    try {
      this.#database = openFile(options);
      this.#statements = {
        put: this.#database.prepare(
          'INSERT INTO object (ref, class, fields) VALUES (?, ?, ?) ON CONFLICT (ref) DO UPDATE SET class = excluded.class, fields = excluded.fields',
        ),
        remove: this.#database.prepare('DELETE FROM object WHERE ref = ?'),
        setMeta: this.#database.prepare(
          'INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
        ),
        getMeta: this.#database.prepare('SELECT value FROM meta WHERE name = ?'),
      };
    } catch (thrown) {
      this.#lock?.release();
      throw journalError(thrown, path);
    }
  }

  get version(): number {
    return numberOf(this.#database, 'PRAGMA user_version');
  }

  /** Some objects, flat: the first, or those after the last ones. An open query sees one moment of the file. */
  objects(first: boolean): FlatChanges {
    if (first || this.#reading === undefined) {
      const query = this.#database.prepare('SELECT class, ref, fields FROM object ORDER BY rowid');
      query.setReturnArrays(true);
      this.#reading = query.iterate();
    }
    const flat: string[] = [];
    let length = 0;
    while (length < loadPieceLength) {
      const { done, value } = this.#reading.next();
      if (done === true) break;
      const row = value as unknown as readonly string[];
      for (const text of row) flat.push(text);
      length += (row[2]?.length ?? 0) + 100;
    }
    if (flat.length === 0) this.#reading = undefined;
    return flat;
  }

  meta(name: string): number {
    const row = this.#statements.getMeta.get(name);
    return row === undefined ? 0 : Number(row['value']);
  }

  /** Writes changes in one transaction, durable when it returns. */
  write(changes: Iterable<FlatChanges>, meta: Readonly<Record<string, number>>, version?: number): void {
    this.#dropStray();
    const database = this.#database;
    database.exec('BEGIN IMMEDIATE');
    try {
      for (const [ref, change] of latest(changes)) {
        if (change.fields === null) this.#statements.remove.run(ref);
        else this.#statements.put.run(ref, change.class, change.fields);
      }
      for (const [name, value] of Object.entries(meta)) this.#statements.setMeta.run(name, value);
      if (version !== undefined) database.exec(`PRAGMA user_version = ${version}`);
      database.exec('COMMIT');
      if (this.#syncDelayMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, this.#syncDelayMs);
    } catch (thrown) {
      // A full disk stops before the end of the commit is written; only a failed sync leaves one that looks complete.
      this.#stray ||= resultCode(thrown) !== 13;
      if (database.isTransaction) database.exec('ROLLBACK');
      throw journalError(thrown, this.path);
    }
  }

  /** A copy that stands alone: complete, synced and in its place, or not there at all. */
  async backup(path: string, how?: { readonly replace: boolean }): Promise<void> {
    if (how?.replace !== true && existsSync(path))
      throw new JournalError('io', path, `${path} exists already; name a file that does not`);
    const partial = `${path}.partial`;
    try {
      rmSync(partial, { force: true });
      closeSync(openSync(partial, 'wx', 0o600));
      // Our own writes go into a copy under way; those of another process make it begin again, so that one takes it whole.
      await backup(this.#database, partial, { rate: this.#lock === undefined ? 2 ** 31 - 1 : 1000 });
      const copy = new DatabaseSync(partial);
      copy.exec('PRAGMA journal_mode = DELETE');
      copy.close();
      syncFile(partial);
      renameSync(partial, path);
      syncFile(dirname(path));
    } catch (thrown) {
      rmSync(partial, { force: true });
      throw journalError(thrown, path);
    }
  }

  check(): readonly string[] {
    const rows = this.#database.prepare('PRAGMA integrity_check(100)').all();
    const sentences = rows.map((row) => String(row['integrity_check']));
    return sentences.length === 1 && sentences[0] === 'ok' ? [] : sentences;
  }

  close(): void {
    try {
      this.#database.close();
    } finally {
      this.#lock?.release();
    }
  }

  #dropStray(): void {
    if (!this.#stray) return;
    try {
      this.#stray = this.#database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy'] !== 0;
    } catch {
      // Folding the log in needs room too, and readers may hold it: then the next commit overwrites the stray pages.
    }
  }
}

/** Only the last change of each object. */
function latest(all: Iterable<FlatChanges>): Map<string, { readonly class: string; readonly fields: string | null }> {
  const found = new Map<string, { class: string; fields: string | null }>();
  for (const changes of all) {
    for (let index = 0; index + 2 < changes.length; index += 3) {
      found.set(changes[index + 1] ?? '', { class: changes[index] ?? '', fields: changes[index + 2] ?? null });
    }
  }
  return found;
}

function numberOf(database: DatabaseSync, pragma: string): number {
  const row = database.prepare(pragma).get();
  return Number(Object.values(row ?? {})[0] ?? 0);
}

function syncFile(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function openFile(options: WorkerOptions): DatabaseSync {
  const { path, create, readOnly } = options;
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined && !create) {
    throw new JournalError(
      'io',
      path,
      `${path} is not there; name the right file, or let the agent make it at its first start`,
    );
  }
  if (size === undefined || (size === 0 && create)) return makeFile(path, options.schemaVersion);
  const looking = new DatabaseSync(path, { readOnly: true });
  try {
    look(looking, options);
    if (readOnly) return looking;
  } catch (thrown) {
    looking.close();
    throw thrown;
  }
  looking.close();
  chmodSync(path, 0o600);
  const database = new DatabaseSync(path, { timeout: 5000 });
  configure(database);
  return database;
}

/**
 * Looks at a file before anything may change it. SQLite does the reading: were the file opened and closed beside it,
 * the locks that this process has on it elsewhere would be gone.
 */
function look(database: DatabaseSync, options: WorkerOptions): void {
  const { path } = options;
  let owner: number;
  try {
    owner = numberOf(database, 'PRAGMA application_id');
  } catch (thrown) {
    if (resultCode(thrown) !== 26) throw thrown;
    throw new JournalError(
      'not-a-database',
      path,
      `${path} is no database; it was left as it is: name another file, or put a backup in its place`,
    );
  }
  if (owner !== applicationId) {
    const sentence = `${path} is a SQLite database of another program (application id ${owner}, ours is ${applicationId}); it was left as it is: name another file`;
    throw new JournalError('not-a-database', path, sentence);
  }
  const version = numberOf(database, 'PRAGMA user_version');
  if (version > options.schemaVersion) {
    const sentence = `${path} has schema version ${version}, this program supports up to ${options.schemaVersion}; it was left as it is: run the newer program, or restore a backup of the older one`;
    throw new JournalError('newer', path, sentence);
  }
  const problems = database.prepare('PRAGMA quick_check(1)').all();
  const words = Object.values(problems[0] ?? {})[0];
  if (words !== 'ok') throw damagedFile(path, String(words));
}

function configure(database: DatabaseSync): void {
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = ${walCheckpointPages};
    PRAGMA journal_size_limit = ${walSizeBytesMax};
  `);
}

/** Makes the file under another name first, so that a crash half way leaves nothing that looks like a database. */
function makeFile(path: string, schemaVersion: number): DatabaseSync {
  const partial = `${path}.partial`;
  rmSync(partial, { force: true });
  closeSync(openSync(partial, 'wx', 0o600));
  const making = new DatabaseSync(partial);
  try {
    making.exec(`
      PRAGMA application_id = ${applicationId};
      PRAGMA user_version = ${schemaVersion};
      CREATE TABLE object (ref TEXT PRIMARY KEY NOT NULL, class TEXT NOT NULL, fields TEXT NOT NULL);
      CREATE TABLE meta (name TEXT PRIMARY KEY NOT NULL, value INTEGER NOT NULL);
    `);
  } finally {
    making.close();
  }
  syncFile(partial);
  renameSync(partial, path);
  syncFile(dirname(path));
  const database = new DatabaseSync(path, { timeout: 5000 });
  configure(database);
  return database;
}
