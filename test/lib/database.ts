import { openDatabase } from '../../src/database/database.ts';
import type { Database } from '../../src/database/types.ts';
import { deriveDatamodel } from '../../src/datamodel/index.ts';
import type { Clock, Log, Random } from '../../src/world/world.ts';
import { MemoryJournal } from './memory-journal.ts';

/** A clock that only knows how to let others run. */
export const idleClock: Clock = {
  nowMs: () => 0,
  monotonicMs: () => 0,
  after: () => () => undefined,
  sleep: () => Promise.resolve(),
  yield: () => new Promise((resolve) => setImmediate(resolve)),
};

export function countingRandom(start = 0): Random {
  let count = start;
  return {
    bytes: (length) => new Uint8Array(length),
    uuid: () => {
      count += 1;
      return `00000000-0000-4000-8000-${count.toString(16).padStart(12, '0')}`;
    },
    integer: () => 0,
  };
}

export interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly sentence: string;
}

export function collectingLog(): Log & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  return {
    debugOn: false,
    lines,
    write: (level, event, sentence) => {
      lines.push({ level, event, sentence });
    },
  };
}

export const datamodel = deriveDatamodel();

export interface TestDatabase {
  readonly database: Database;
  readonly journal: MemoryJournal;
  readonly lines: readonly LogLine[];
}

/** A database over a journal in memory; give it the journal of an earlier one to start again from its disk. */
export async function testDatabase(journal = new MemoryJournal()): Promise<TestDatabase> {
  const log = collectingLog();
  const database = await openDatabase({
    datamodel,
    clock: idleClock,
    random: countingRandom(journal.ceiling),
    log,
    journal,
  });
  return { database, journal, lines: log.lines };
}
