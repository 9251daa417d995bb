import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { openDatabase } from '../../src/database/database.ts';
import { journalOptions, schemaVersion } from '../../src/database/format.ts';
import { JournalError, loadAll } from '../../src/database/journal.ts';
import type { Database } from '../../src/database/types.ts';
import { sqliteJournals } from '../../src/world/linux/sqlite-journal.ts';
import { collectingLog, countingRandom, datamodel, idleClock } from '../lib/database.ts';

async function open(path: string): Promise<Database> {
  const journal = await sqliteJournals().open(path, journalOptions({ create: true }));
  return openDatabase({ datamodel, clock: idleClock, random: countingRandom(), log: collectingLog(), journal });
}

function refusal(wanted: string, words: RegExp): (thrown: unknown) => boolean {
  return (thrown) => {
    assert.ok(thrown instanceof JournalError, String(thrown));
    assert.equal(thrown.refusal, wanted);
    assert.match(thrown.message, words);
    return true;
  };
}

describe('SQLite journal', () => {
  let directory = '';
  let path = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'quorate-journal-'));
    path = join(directory, 'state.db');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('keeps what was written, for its owner only', async () => {
    const first = await open(path);
    const made = first.transaction((tx) => tx.create('VM', { name_label: 'kept' }));
    await made.durable;
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(statSync(`${path}-wal`).mode & 0o777, 0o600);
    await first.close();
    const second = await open(path);
    assert.equal(second.require('VM', made.value).name_label, 'kept');
    assert.ok(second.generation > first.generation);
    await second.close();
  });

  it('lets others read while it is written, and refuses a second agent', async () => {
    const database = await open(path);
    await database.transaction((tx) => tx.create('VM', { name_label: 'seen' })).durable;
    await assert.rejects(open(path), refusal('locked', /in use by another agent/));
    const reader = new DatabaseSync(path, { readOnly: true });
    assert.equal(reader.prepare("SELECT count(*) AS n FROM object WHERE class = 'VM'").get()?.['n'], 1);
    await database.transaction((tx) => tx.create('VM', { name_label: 'seen too' })).durable;
    assert.equal(reader.prepare("SELECT count(*) AS n FROM object WHERE class = 'VM'").get()?.['n'], 2);
    reader.close();
    await database.close();
    await (await open(path)).close();
  });

  it('refuses a second process, and takes over at once from one that was killed', async () => {
    const writer = fileURLToPath(new URL('../lib/crash-writer.ts', import.meta.url));
    const child = spawn(process.execPath, [writer, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const closed = once(child, 'close');
    child.stdout.resume();
    await once(child.stdout, 'data');
    await assert.rejects(open(path), refusal('locked', /in use by another agent/));
    child.kill('SIGKILL');
    await closed;
    await (await open(path)).close();
  });

  it('refuses files that are newer, damaged or not ours, and leaves them as they are', async () => {
    const untouched = async (refused: string, words: RegExp) => {
      const before = readFileSync(path);
      await assert.rejects(open(path), refusal(refused, words));
      assert.deepEqual(readFileSync(path), before);
    };
    writeFileSync(
      path,
      'this is a text and no database, but long enough to have a header of 100 bytes in it somewhere..',
    );
    await untouched('not-a-database', /is no database;/);
    rmSync(path);
    new DatabaseSync(path).exec('CREATE TABLE other (a); PRAGMA application_id = 7');
    await untouched('not-a-database', /application id 7/);
    rmSync(path);
    await (await open(path)).close();
    const newer = new DatabaseSync(path);
    newer.exec(`PRAGMA user_version = ${schemaVersion + 1}`);
    newer.close();
    await untouched('newer', new RegExp(`version ${schemaVersion + 1}, this program supports up to ${schemaVersion}`));
    rmSync(path);
    const full = await open(path);
    await full.transaction((tx) => {
      for (let count = 0; count < 200; count += 1) tx.create('VM', {});
    }).durable;
    await full.close();
    const sound = readFileSync(path);
    truncateSync(path, sound.length - 4096);
    await untouched('damaged', /is damaged/);
    writeFileSync(path, sound.fill(0xa5, 8192, 8192 + 4096));
    await untouched('damaged', /is damaged/);
  });

  it('opens a damaged file or refuses it with a reason, and never anything else', async () => {
    const database = await open(path);
    await database.transaction((tx) => {
      for (let count = 0; count < 50; count += 1) tx.create('VM', { name_label: `vm ${count}` });
    }).durable;
    await database.close();
    const sound = readFileSync(path);
    const random = fc.sample(fc.tuple(fc.nat(sound.length - 1), fc.nat(255), fc.boolean(), fc.boolean()), 40);
    let refused = 0;
    for (const [place, byte, early, cut] of random) {
      // Half of them in the first pages, where the header and the roots of the tables are.
      const at = early ? place % 8192 : place;
      const bytes = cut ? sound.subarray(0, at) : Buffer.from(sound).fill(byte, at, Math.min(at + 16, sound.length));
      writeFileSync(path, bytes);
      rmSync(`${path}-wal`, { force: true });
      rmSync(`${path}-shm`, { force: true });
      try {
        await (await open(path)).close();
      } catch (thrown) {
        refused += 1;
        assert.ok(thrown instanceof JournalError, String(thrown));
        assert.ok(['damaged', 'not-a-database', 'newer'].includes(thrown.refusal), `${at} ${thrown.message}`);
        assert.ok(thrown.message.startsWith(path));
        assert.deepEqual(readFileSync(path), Buffer.from(bytes));
      }
    }
    assert.ok(refused > 10, `${refused} refused`);
  });

  it('copies itself while running', async () => {
    const database = await open(path);
    const made = database.transaction((tx) => tx.create('VM', { name_label: 'copied' }));
    await made.durable;
    const copy = join(directory, 'copy.db');
    await database.backup(copy);
    await assert.rejects(database.backup(copy), refusal('io', /exists already/));
    await database.transaction((tx) => tx.update('VM', made.value, { name_label: 'later' })).durable;
    await database.close();
    assert.equal(statSync(copy).mode & 0o777, 0o600);
    const copied = await open(copy);
    assert.equal(copied.require('VM', made.value).name_label, 'copied');
    await copied.close();
  });

  it('upgrades an older file in one step and keeps a copy of it', async () => {
    const database = await open(path);
    const made = database.transaction((tx) => tx.create('VM', { name_label: 'old' }));
    await made.durable;
    await database.close();
    const older = new DatabaseSync(path);
    older.exec('PRAGMA user_version = 0');
    older.close();
    writeFileSync(`${path}.version-0`, 'left by an upgrade that was cut short');
    const journal = await sqliteJournals().open(path, {
      create: false,
      schemaVersion: 1,
      upgrade: (object, from) => ({ ...object, fields: object.fields.replace('"old"', `"from ${from}"`) }),
    });
    assert.equal(journal.schemaVersion, 1);
    assert.match((await loadAll(journal))[0]?.fields ?? '', /"from 0"/);
    await journal.close();
    const copy = new DatabaseSync(`${path}.version-0`, { readOnly: true });
    assert.match(String(copy.prepare('SELECT fields FROM object').get()?.['fields']), /"old"/);
    copy.close();
  });
});
