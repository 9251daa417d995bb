import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openDatabase } from '../../src/database/database.ts';
import { journalOptions } from '../../src/database/format.ts';
import { JournalError } from '../../src/database/journal.ts';
import { ApiError } from '../../src/datamodel/index.ts';
import { sqliteJournals } from '../../src/world/linux/sqlite-journal.ts';
import { collectingLog, countingRandom, datamodel, idleClock } from '../lib/database.ts';
import { skip } from '../lib/skip.ts';

const writer = fileURLToPath(new URL('../lib/full-disk-writer.ts', import.meta.url));

interface Seen {
  readonly written: number;
  readonly refusals: readonly string[];
  readonly whileFull: boolean;
  readonly afterRoom?: string;
  readonly after: boolean;
  readonly reopened: boolean;
  readonly events: readonly string[];
}

async function run(script: string, ...args: readonly string[]): Promise<Seen> {
  const { stdout } = await promisify(execFile)('sh', ['-c', script, 'sh', ...args]);
  return JSON.parse(stdout) as Seen;
}

function check(seen: Seen, words: RegExp): void {
  assert.ok(seen.written > 1 && seen.written < 1000);
  for (const refusal of seen.refusals) assert.match(refusal, words);
  assert.equal(seen.whileFull, true, 'memory and disk are the same while it is full');
  assert.equal(seen.afterRoom, undefined, 'it is written again once there is room');
  assert.equal(seen.after, true, 'memory and disk are the same afterwards');
  assert.equal(seen.reopened, true);
  assert.deepEqual(new Set(seen.events), new Set(['database-not-writable', 'database-writable']));
  assert.equal(seen.events.at(-1), 'database-writable');
}

describe('database on a bad disk', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'quorate-disk-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('says that no space is left, loses nothing, and goes on when there is some', async function () {
    const mount = 'mount -t tmpfs -o size=3m none "$1"';
    if (spawnSync('unshare', ['-rm', 'sh', '-c', mount, 'sh', directory]).status !== 0) {
      skip(this, 'a small file system cannot be mounted here: unshare -rm is refused');
    }
    const script = `exec unshare -rm sh -c '${mount} && head -c 1000000 /dev/zero > "$1/ballast" && exec "$2" "$3" "$1/state" unlink "$1/ballast"' sh "$@"`;
    const seen = await run(script, directory, process.execPath, writer);
    check(seen, /INTERNAL_ERROR: the database cannot be written: no space left on the file system of .*; free some/);
  });

  it('names an error of the disk, loses nothing, and goes on when it is gone', async function () {
    if (spawnSync('prlimit', ['--version']).status !== 0) skip(this, 'prlimit is not installed');
    // A file may not grow beyond 1 MiB: writes fail with EFBIG.
    const script = `trap '' XFSZ; ulimit -S -f 1024; exec "$1" "$2" "$3" prlimit`;
    const seen = await run(script, process.execPath, writer, join(directory, 'state'));
    check(seen, /INTERNAL_ERROR: the database cannot be written: .*state: .*; look at the disk/);
  });

  it('answers everybody when the thread dies', async () => {
    const thread = new URL('../lib/dying-worker.ts', import.meta.url);
    const path = join(directory, 'state');
    const journal = await sqliteJournals({ thread }).open(path, journalOptions({ create: true }));
    const database = await openDatabase({
      datamodel,
      clock: idleClock,
      random: countingRandom(),
      log: collectingLog(),
      journal,
    });
    const dead = (thrown: unknown): boolean => {
      assert.ok(thrown instanceof ApiError);
      assert.match(thrown.message, /state is closed: its thread has ended.*; restart the agent/);
      return true;
    };
    const first = database.transaction((tx) => tx.create('VM', {}));
    await assert.rejects(async () => first.durable, dead);
    assert.equal(database.count('VM'), 0);
    const second = database.transaction((tx) => tx.create('VM', {}));
    await assert.rejects(async () => second.durable, dead);
    await assert.rejects(database.backup(join(directory, 'copy')), JournalError);
    await database.close();
  });
});
