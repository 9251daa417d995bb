/**
 * Fills a disk with a database, looks whether memory and disk stay the same, makes room, and goes on. Prints what it saw
 * as JSON. Arguments: the file, and how room is made: `unlink` and a file to remove, or `prlimit`.
 */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { openDatabase } from '../../src/database/database.ts';
import { journalOptions } from '../../src/database/format.ts';
import { loadAll } from '../../src/database/journal.ts';
import { sqliteJournals } from '../../src/world/linux/sqlite-journal.ts';
import { collectingLog, countingRandom, datamodel, idleClock } from './database.ts';

const [, , path = '', how = '', ballast = ''] = process.argv;
const log = collectingLog();
const open = (readOnly: boolean) => sqliteJournals().open(path, journalOptions({ create: !readOnly, readOnly }));
const database = await openDatabase({
  datamodel,
  clock: idleClock,
  random: countingRandom(),
  log,
  journal: await open(false),
});

async function write(label: string, length: number): Promise<string | undefined> {
  const made = database.transaction((tx) =>
    tx.create('VM', { name_label: label, name_description: 'x'.repeat(length) }),
  );
  return made.durable?.then(
    () => undefined,
    (thrown: unknown) => String(thrown),
  );
}

/** References on disk, read beside the running database. */
async function onDisk(): Promise<readonly string[]> {
  const journal = await open(true);
  try {
    return (await loadAll(journal)).map((object) => object.ref);
  } finally {
    await journal.close();
  }
}

function same(left: readonly string[], right: readonly string[]): boolean {
  return left.toSorted().join() === right.toSorted().join();
}

// A first refusal may find room by itself, by folding the log into the file: full is what stays full.
let written = 0;
let refusals: string[] = [];
while (refusals.length < 6 && written < 1000) {
  const refused = await write(`vm ${written}`, 100_000);
  if (refused === undefined) refusals = [];
  else refusals.push(refused);
  written += 1;
}
const whileFull = same(await onDisk(), database.refs('VM'));
if (how === 'unlink') rmSync(ballast);
else execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=unlimited']);
const afterRoom = await write('after', 100_000);
const after = same(await onDisk(), database.refs('VM'));
await database.close();
const reopened = same(await onDisk(), database.refs('VM'));
const events = log.lines.map((line) => line.event);
process.stdout.write(JSON.stringify({ written, refusals, whileFull, afterRoom, after, reopened, events }));
