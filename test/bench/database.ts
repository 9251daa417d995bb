/** How fast and how large the database is, against what the disk and a bare script can do in the same run. */
import { execFile } from 'node:child_process';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openDatabase } from '../../src/database/database.ts';
import { journalOptions } from '../../src/database/format.ts';
import { dumpDatabase } from '../../src/database/tools.ts';
import type { Database } from '../../src/database/types.ts';
import { createFiles } from '../../src/world/linux/files.ts';
import { createRandom } from '../../src/world/linux/random.ts';
import { sqliteJournals } from '../../src/world/linux/sqlite-journal.ts';
import { collectingLog, datamodel, idleClock } from '../lib/database.ts';
import type { BenchRow } from './row.ts';

const objects = 50_000;
const child = fileURLToPath(new URL('./database-child.ts', import.meta.url));

/** A directory on the disk that is to be measured: `QUORATE_BENCH_DIR`, or the one for temporary files. */
async function inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(process.env['QUORATE_BENCH_DIR'] ?? tmpdir(), 'quorate-bench-'));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function open(path: string, syncDelayMs = 0): Promise<Database> {
  const journal = await sqliteJournals({ syncDelayMs }).open(path, journalOptions({ create: true }));
  return openDatabase({ datamodel, clock: idleClock, random: createRandom(), log: collectingLog(), journal });
}

type VmFields = Parameters<Parameters<Parameters<Database['transaction']>[0]>[0]['create']>[1];

/** A VM with as much in it as a real one has: about 4.5 kB of JSON. */
function realisticVm(number: number): Record<string, unknown> {
  const id = number.toString(16).padStart(12, '0');
  const keys = (count: number, prefix: string): Record<string, string> =>
    Object.fromEntries(
      Array.from({ length: count }, (_zero, key) => [`${prefix}-${key}`, `${prefix} value ${key} of ${id}`]),
    );
  return {
    name_label: `web server ${number}`,
    name_description: `Serves the shop, rack ${number % 40}, installed from the usual template`,
    memory_static_max: 4_294_967_296,
    memory_dynamic_max: 4_294_967_296,
    memory_dynamic_min: 4_294_967_296,
    VCPUs_max: 4,
    VCPUs_at_startup: 4,
    VCPUs_params: keys(2, 'weight'),
    platform: keys(12, 'platform'),
    other_config: keys(12, 'config'),
    xenstore_data: keys(6, 'vm-data'),
    bios_strings: keys(12, 'bios'),
    HVM_boot_params: { order: 'cdn', firmware: 'uefi' },
    tags: ['production', `rack ${number % 40}`],
    recommendations: `<restrictions>${'<restriction field="memory-static-max" max="137438953472" />'.repeat(6)}</restrictions>`,
  };
}

async function createVms(database: Database, count: number): Promise<readonly string[]> {
  const refs: string[] = [];
  for (let start = 0; start < count; start += 1000) {
    const size = Math.min(1000, count - start);
    const made = database.transaction((tx) =>
      Array.from({ length: size }, (_zero, index) => tx.create('VM', realisticVm(start + index) as VmFields)),
    );
    refs.push(...made.value);
    await made.durable;
  }
  return refs;
}

/** Appends of 4 KiB that this disk takes in a second, each with its sync. */
function syncsPerSecond(directory: string, forMs: number): number {
  const descriptor = openSync(join(directory, 'syncs'), 'w');
  const block = Buffer.alloc(4096, 7);
  const startedMs = performance.now();
  let count = 0;
  while (performance.now() - startedMs < forMs) {
    writeSync(descriptor, block);
    fdatasyncSync(descriptor);
    count += 1;
  }
  const rate = (count * 1000) / (performance.now() - startedMs);
  closeSync(descriptor);
  return rate;
}

async function commitsPerSecond(
  database: Database,
  refs: readonly string[],
  writers: number,
  forMs: number,
): Promise<number> {
  const startedMs = performance.now();
  let count = 0;
  const write = async (writer: number): Promise<void> => {
    for (let turn = 0; performance.now() - startedMs < forMs; turn += 1) {
      const ref = refs[(writer * 17 + turn) % refs.length] ?? '';
      await database.transaction((tx) => tx.update('VM', ref, { name_label: `${writer} ${turn} ${count}` })).durable;
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: writers }, (_zero, writer) => write(writer)));
  return (count * 1000) / (performance.now() - startedMs);
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;
}

/** Durable commits of one writer against the disk's own rate, and what 64 writers get out of it. */
export function durableCommits(): Promise<readonly BenchRow[]> {
  return inDirectory(async (directory) => {
    const database = await open(join(directory, 'state'));
    const refs = await createVms(database, 1000);
    await commitsPerSecond(database, refs, 64, 500);
    const rounds: { disk: number; one: number; many: number }[] = [];
    for (let round = 0; round < 5; round += 1) {
      rounds.push({
        disk: syncsPerSecond(directory, 400),
        one: await commitsPerSecond(database, refs, 1, 400),
        many: await commitsPerSecond(database, refs, 64, 400),
      });
    }
    await database.close();
    const disk = median(rounds.map((round) => round.disk));
    const one = median(rounds.map((round) => round.one));
    const many = median(rounds.map((round) => round.many));
    const share = median(rounds.map((round) => (100 * round.one) / round.disk));
    const gain = median(rounds.map((round) => round.many / round.one));
    return [
      { name: 'appends of 4 KiB with fdatasync', value: disk, unit: '/s', target: '', ok: undefined },
      { name: 'durable commits, one writer', value: one, unit: '/s', target: '', ok: undefined },
      { name: 'one writer against the disk', value: share, unit: '%', target: 'at least 50 %', ok: share >= 50 },
      { name: 'durable commits, 64 writers', value: many, unit: '/s', target: '', ok: undefined },
      { name: '64 writers against one', value: gain, unit: 'times', target: 'at least 6 times', ok: gain >= 6 },
    ];
  });
}

/** How late timers of this thread are while something runs, in milliseconds: all but one in a hundred, and the latest. */
async function lateness<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly p99: number; readonly max: number }> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const value = await work();
  delays.disable();
  // The histogram counts the wanted millisecond too.
  return { value, p99: delays.percentile(99) / 1e6 - 1, max: delays.max / 1e6 - 1 };
}

/** How long the main loop stands still while 64 writers wait for a disk that takes 10 ms for each sync. */
export function loopStalls(): Promise<readonly BenchRow[]> {
  return inDirectory(async (directory) => {
    const database = await open(join(directory, 'state'), 10);
    const refs = await createVms(database, 1000);
    await commitsPerSecond(database, refs, 64, 500);
    const idle = await lateness(() => setTimeout(2000));
    const busy = await lateness(() => commitsPerSecond(database, refs, 64, 2000));
    await database.close();
    return [
      { name: 'main loop stalls without work, p99', value: idle.p99, unit: 'ms', target: '', ok: undefined },
      { name: 'commits, 64 writers, syncs of 10 ms', value: busy.value, unit: '/s', target: '', ok: undefined },
      { name: 'main loop stalls, p99', value: busy.p99, unit: 'ms', target: 'under 5 ms', ok: busy.p99 < 5 },
      { name: 'main loop stalls, longest', value: busy.max, unit: 'ms', target: '', ok: undefined },
    ];
  });
}

async function openInChild(kind: 'bare' | 'database', path: string): Promise<{ tookMs: number; bytes: number }> {
  const args = ['--expose-gc', child, kind, path];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1_048_576 });
  return JSON.parse(stdout) as { tookMs: number; bytes: number };
}

/** Opening 50,000 VMs against a script that only reads and parses the same data, and what one VM takes in memory. */
export function opening(): Promise<readonly BenchRow[]> {
  return inDirectory(async (directory) => {
    const path = join(directory, 'state');
    const database = await open(path);
    await createVms(database, objects);
    await database.close();
    const world = { files: createFiles(createRandom()), journals: sqliteJournals() };
    const lines = [...(await dumpDatabase(world, path))].slice(1).map((line) => {
      const { fields } = JSON.parse(line) as { fields: unknown };
      return JSON.stringify(fields);
    });
    const textPath = join(directory, 'objects.jsonl');
    writeFileSync(textPath, lines.join('\n'));
    const bare = [];
    const ours = [];
    for (let round = 0; round < 3; round += 1) {
      bare.push(await openInChild('bare', textPath));
      ours.push(await openInChild('database', path));
    }
    const textBytes = lines.reduce((sum, line) => sum + line.length, 0) / objects;
    const bareMs = median(bare.map(({ tookMs }) => tookMs));
    const oursMs = median(ours.map(({ tookMs }) => tookMs));
    const times = oursMs / bareMs;
    const bytes = median(ours.map((run) => run.bytes)) / objects;
    const bareBytes = median(bare.map((run) => run.bytes)) / objects;
    return [
      { name: 'JSON of a VM', value: textBytes, unit: 'bytes', target: '', ok: undefined },
      { name: 'reading and parsing 50,000 VMs', value: bareMs, unit: 'ms', target: '', ok: undefined },
      { name: 'opening 50,000 VMs', value: oursMs, unit: 'ms', target: '', ok: undefined },
      { name: 'opening against parsing', value: times, unit: 'times', target: 'at most 4 times', ok: times <= 4 },
      { name: 'resident memory of a parsed VM', value: bareBytes, unit: 'bytes', target: '', ok: undefined },
      { name: 'resident memory of a VM', value: bytes, unit: 'bytes', target: '', ok: undefined },
    ];
  });
}
