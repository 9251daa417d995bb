/** What the runner of cluster stacks costs: over bare child processes of the same scripts, and over JSON of the same data. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { limits } from '../../src/lib/limits.ts';
import { type ScriptName, scriptNames } from '../../src/stack/contract.ts';
import { readLiveset } from '../../src/stack/liveset.ts';
import { StackRegistry } from '../../src/stack/registry.ts';
import { StackRunner } from '../../src/stack/runner.ts';
import { LivesetSource } from '../../src/stack/watch-liveset.ts';
import { createLinuxWorld, type LinuxWorld } from '../../src/world/linux/world.ts';
import { hostUuids, livesetText } from '../lib/liveset.ts';
import { writeStack } from '../lib/stack.ts';
import type { BenchRow } from './row.ts';

const name = 'stack';
/** Of what was measured, so much was disturbed by nobody else on the machine: ratios are those of the fastest tenth. */
const undisturbed = 0.1;
const pairs = 300;
const warmUpPairs = 200;
const parses = 60;
const changes = 600;
const changeEveryMs = 5;

function percentile(values: readonly number[], fraction: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * fraction)] ?? Number.NaN;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

async function withWorld<T>(work: (world: LinuxWorld, directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-bench-'));
  const output = new Writable({ write: (_piece, _encoding, taken) => taken() });
  const world = createLinuxWorld({ log: { level: 'info', output, style: 'plain' } });
  try {
    return await work(world, directory);
  } finally {
    await world.close();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Where the kernel schedules by sessions, a program in one of its own fares differently while others keep the machine busy. */
function bare(directory: string, script: string, detached: boolean): ChildProcess {
  const env = { PATH: `${process.env['PATH']}:${directory}` };
  return spawn(join(directory, script), [], { cwd: '/', env, detached, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The least that anybody does who calls a script: both outputs gathered until it has ended. */
function bareCall(directory: string, script: string, detached: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = bare(directory, script, detached);
    const texts = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream]?.setEncoding('utf8').on('data', (piece: string) => {
        texts[stream] += piece;
      });
    child.once('error', reject);
    child.once('close', () => resolve(texts.stdout));
  });
}

/** Calls of one script, ours and bare ones in turn, so that whatever else the machine does befalls both. */
async function ratioOf(ours: () => Promise<unknown>, theirs: () => Promise<unknown>): Promise<[number, number]> {
  const times: [number[], number[]] = [[], []];
  for (let pair = -warmUpPairs; pair < pairs; pair++) {
    const first = pair % 2 === 0;
    const one = await timed(first ? ours : theirs);
    const other = await timed(first ? theirs : ours);
    if (pair < 0) continue;
    times[0].push(first ? one : other);
    times[1].push(first ? other : one);
  }
  const [our, their] = times;
  return [percentile(our, undisturbed) / percentile(their, undisturbed), percentile(our, 0.5)];
}

/** A stack with all its scripts, looked at before each call as the agent does. */
async function stackWithLook(world: LinuxWorld, root: string, scripts: Readonly<Record<string, string>>) {
  const everything = Object.fromEntries(scriptNames.map((script) => [script, 'exit 0']));
  const directory = await writeStack(root, 'three', { ...everything, ...scripts });
  await writeFile(join(directory, 'stack.json'), '{"contract": "1.0"}');
  const registry = new StackRegistry({
    world,
    uid: process.getuid?.() ?? 0,
    limits,
    stackRoot: root,
    stackScanMs: 600_000,
    changed: () => undefined,
  });
  await registry.start();
  // Files that have just changed are read at each look.
  await world.clock.sleep(2_500);
  const options = { world, stack: 'three', directory, limits };
  return {
    directory,
    registry,
    runner: new StackRunner({ ...options, permit: (script) => registry.refusal('three', script) }),
    unasked: new StackRunner(options),
  };
}

interface Call {
  readonly what: string;
  readonly directory: string;
  readonly script: ScriptName;
  readonly ours: () => Promise<unknown>;
  readonly detached: boolean;
  /** What it may cost at most; undefined where it is only told. */
  readonly most: number | undefined;
}

async function rowsOf({ what, directory, script, ours, detached, most }: Call): Promise<BenchRow[]> {
  const [ratio, ms] = await ratioOf(ours, () => bareCall(directory, script, detached));
  const peer = detached ? 'a bare spawn of its script in a session of its own' : 'a bare spawn of its script';
  const target = most === undefined ? '' : `<= ${most}`;
  return [
    {
      name: `${name}: ${what}, over ${peer}`,
      value: ratio,
      unit: 'x',
      target,
      ok: most === undefined ? undefined : ratio <= most,
    },
    { name: `${name}: ${what}: median`, value: ms, unit: 'ms', target: '', ok: undefined },
  ];
}

export function benchStackCall(): Promise<BenchRow[]> {
  return withWorld(async (world, parent) => {
    const print = `cat <<'END'\n${livesetText({ hosts: hostUuids(3) })}END`;
    const { directory, registry, runner, unasked } = await stackWithLook(world, parent, { ha_query_liveset: print });
    const query = { directory, script: 'ha_query_liveset', detached: false } as const;
    const smallest = 'the smallest query';
    const calls: readonly Call[] = [
      { ...query, what: smallest, ours: () => runner.queryLiveset(), most: 1.15 },
      { ...query, what: smallest, ours: () => runner.queryLiveset(), detached: true, most: 1.15 },
      {
        ...query,
        what: `${smallest}, without the look at its files before`,
        ours: () => unasked.queryLiveset(),
        most: undefined,
      },
      {
        what: 'a change that prints nothing',
        directory,
        script: 'ha_set_excluded',
        ours: () => runner.setExcluded(),
        detached: false,
        most: 1.15,
      },
    ];
    const rows: BenchRow[] = [];
    for (const call of calls) rows.push(...(await rowsOf(call)));
    await registry.stop();
    return rows;
  });
}

export function benchStackLiveset(): BenchRow[] {
  const document = Buffer.from(livesetText({ hosts: hostUuids(64) }));
  const json = Buffer.from(JSON.stringify(readLiveset(document, limits)));
  const times: [number[], number[]] = [[], []];
  const readers = [() => readLiveset(document, limits), () => JSON.parse(json.toString()) as unknown] as const;
  for (let turn = -10; turn < parses; turn++) {
    for (const [index, read] of readers.entries()) {
      const startedMs = performance.now();
      read();
      if (turn >= 0) times[index]?.push(performance.now() - startedMs);
    }
  }
  const [ours, theirs] = [percentile(times[0], undisturbed), percentile(times[1], undisturbed)];
  const what = `${name}: a liveset of 64 hosts (${Math.round(document.length / 1000)} kB)`;
  return [
    {
      name: `${what}, over JSON.parse of its data (${Math.round(json.length / 1000)} kB)`,
      value: ours / theirs,
      unit: 'x',
      target: '<= 5',
      ok: ours / theirs <= 5,
    },
    { name: `${what}: read in`, value: ours, unit: 'ms', target: '', ok: undefined },
  ];
}

/** Prints a liveset every few milliseconds, with the instant at which it does as the text of an error. */
function watchProgram(documentPath: string): string {
  return `
const { readFileSync } = require('node:fs');
const document = readFileSync(${JSON.stringify(documentPath)}, 'utf8');
let left = ${changes};
const timer = setInterval(() => {
  if (left-- === 0) return clearInterval(timer);
  const text = document.replace('<xapi_error_string></', '<xapi_error_string>' + process.hrtime.bigint() + '</');
  require('node:fs').writeSync(1, text + '\\n');
}, ${changeEveryMs});
setTimeout(() => {}, 600000);
`;
}

const sinceUs = (at: string | undefined): number => Number(process.hrtime.bigint() - BigInt(at ?? 0)) / 1000;

export function benchStackWatch(): Promise<BenchRow[]> {
  return withWorld(async (world, parent) => {
    const document = join(parent, 'document');
    await writeFile(document, livesetText({ hosts: hostUuids(3) }));
    const program = join(parent, 'watch.cjs');
    await writeFile(program, watchProgram(document));
    const script = `exec ${process.execPath} ${program}`;
    const directory = await writeStack(parent, 'watching', { ha_watch_liveset: script, ha_query_liveset: 'exit 14' });
    const runner = new StackRunner({ world, stack: 'watching', directory, limits });
    const source = new LivesetSource({
      world,
      runner,
      stack: 'watching',
      watch: true,
      limits: { ...limits, stackPollMs: 600_000 },
    });
    const ours: number[] = [];
    const theirs: number[] = [];
    const child = bare(directory, 'ha_watch_liveset', false);
    const heard = Promise.withResolvers<void>();
    const count = (): void => {
      if (ours.length >= changes && theirs.length >= changes) heard.resolve();
    };
    source.subscribe({
      onReading: ({ liveset }) => {
        ours.push(sinceUs(liveset.raw?.hosts[0]?.errorText));
        count();
      },
    });
    if (child.stdout === null) throw new Error('no output');
    let printed: string | undefined;
    createInterface({ input: child.stdout }).on('line', (line) => {
      printed = /<xapi_error_string>(\d+)</.exec(line)?.[1] ?? printed;
      if (line !== '') return;
      theirs.push(sinceUs(printed));
      count();
    });
    source.start();
    await heard.promise;
    source.stop();
    runner.close();
    child.kill();
    const [our, their] = [percentile(ours, 0.99), percentile(theirs, 0.99)];
    const what = `${name}: change printed by ha_watch_liveset to the subscriber's event`;
    return [
      { name: `${what}: p99`, value: our / 1000, unit: 'ms', target: '', ok: undefined },
      { name: `${what}: p50`, value: percentile(ours, 0.5) / 1000, unit: 'ms', target: '', ok: undefined },
      {
        name: `${what}: p99 against a bare spawn and readline`,
        value: our / their,
        unit: 'x',
        target: '',
        ok: undefined,
      },
    ];
  });
}
