/**
 * One agent for one file. The lock is a POSIX record lock that SQLite takes on an empty file beside the database: the
 * kernel drops it when the process ends however it ends, so none can be left behind, and readers of the database itself
 * are not kept out.
 */
import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { JournalError } from '../../database/journal.ts';

export interface Lock {
  release(): void;
}

/** @throws JournalError `locked` when another process, or another journal of this one, has it. */
export function holdLock(path: string): Lock {
  const lockPath = `${path}.lock`;
  // 'a' creates it with our mode. Closing a descriptor would drop a lock that this process held: SQLite's own, which
  // a second journal of one process meets first, is refused below without one.
  try {
    closeSync(openSync(lockPath, 'ax', 0o600));
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST')) throw thrown;
  }
  const holder = new DatabaseSync(lockPath, { timeout: 0 });
  try {
    holder.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (thrown) {
    holder.close();
    if (!(typeof thrown === 'object' && thrown !== null && 'errcode' in thrown && thrown.errcode === 5)) throw thrown;
    throw new JournalError(
      'locked',
      path,
      `${path} is in use by another agent; stop that one, or give this one a directory of its own`,
    );
  }
  return { release: () => holder.close() };
}
