/**
 * Opens 50,000 objects in a process of its own, so that its memory and time are its own. Arguments: `bare` and a file of
 * JSON lines, or `database` and a database. Prints milliseconds and the resident bytes that came with it.
 */
import { readFileSync } from 'node:fs';
import { openDatabase } from '../../src/database/database.ts';
import { journalOptions } from '../../src/database/format.ts';
import { sqliteJournals } from '../../src/world/linux/sqlite-journal.ts';
import { collectingLog, countingRandom, datamodel, idleClock } from '../lib/database.ts';

const [, , kind = '', path = ''] = process.argv;

function bare(): unknown {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line));
}

async function database(): Promise<unknown> {
  const journal = await sqliteJournals().open(path, journalOptions({ create: false }));
  return openDatabase({ datamodel, clock: idleClock, random: countingRandom(), log: collectingLog(), journal });
}

const collect = (globalThis as { gc?: () => void }).gc ?? (() => undefined);
collect();
const before = process.memoryUsage.rss();
const startedMs = performance.now();
const opened = kind === 'bare' ? bare() : await database();
const tookMs = performance.now() - startedMs;
collect();
collect();
process.stdout.write(JSON.stringify({ tookMs, bytes: process.memoryUsage.rss() - before, ok: opened !== undefined }));
process.exit(0);
