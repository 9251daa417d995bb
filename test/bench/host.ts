/** What describing the host costs: a full inventory beside its tools, an idle agent, and the start beside a bare Node.js. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  readAllFirmware,
  readMemory,
  readNames,
  readProcessors,
  readSystem,
} from '../../src/host/inventory/machine.ts';
import { NetworkReader } from '../../src/host/inventory/network.ts';
import { Sources } from '../../src/host/inventory/sources.ts';
import { planNetwork } from '../../src/host/objects/network-plan.ts';
import { limits } from '../../src/lib/limits.ts';
import { createLinuxWorld } from '../../src/world/linux/world.ts';
import { startAgentProcess, stopProcess, untilPrinted } from './agent-process.ts';
import type { BenchRow } from './row.ts';

const rounds = 15;
const idleMs = 30_000;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** A full inventory against its tools, each run once by itself, one after the other. */
async function inventory(): Promise<BenchRow> {
  const world = createLinuxWorld({ log: { level: 'error' } });
  const commands: string[] = [];
  const programs = {
    ...world.programs,
    run: (program: string, args: readonly string[], options: Parameters<typeof world.programs.run>[2]) => {
      commands.push([program, ...args].join(' '));
      return world.programs.run(program, args, options);
    },
  };
  const full = async (): Promise<void> => {
    commands.length = 0;
    const sources = new Sources({ world: { ...world, programs }, limits });
    const reader = new NetworkReader(sources);
    const [facts] = await Promise.all([
      reader.read().then(async (found) => {
        await reader.readDetails();
        return found && reader.withDetails(found);
      }),
      readNames(sources),
      readProcessors(sources).then((found) => readSystem(sources, found?.list[0]?.flags ?? '')),
      readMemory(sources),
      readAllFirmware(sources),
    ]);
    if (facts !== undefined) planNetwork(facts);
  };
  const options = { timeoutMs: 10_000, maxOutputBytes: 16_777_216 };
  const tools = async (): Promise<void> => {
    for (const command of new Set(commands)) {
      const [program = '', ...args] = command.split(' ');
      await world.programs.run(program, args, options).catch(() => undefined);
    }
  };
  await full();
  const times: [number, number][] = [];
  for (let round = 0; round < rounds; round += 1) times.push([await timed(full), await timed(tools)]);
  await world.close();
  const value = median(times.map(([own, theirs]) => own / theirs));
  return { name: 'full inventory / its tools', value, unit: 'x', target: '<= 1.3 x', ok: value <= 1.3 };
}

/** Processor time in seconds of a process and all its children, from /proc. */
async function processorSeconds(pid: number): Promise<number> {
  let ticks = 0;
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const text = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    if (Number(name) !== pid && fields[1] !== pid) continue;
    ticks += fields.slice(11, 15).reduce((sum, value) => sum + value, 0);
  }
  return ticks / 100;
}

function residentMebibytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

async function idle(): Promise<readonly BenchRow[]> {
  const agent = await startAgentProcess();
  await wait(3000);
  const before = await processorSeconds(agent.pid);
  await wait(idleMs);
  const share = ((await processorSeconds(agent.pid)) - before) / (idleMs / 1000);
  const memory = residentMebibytes(agent.pid);
  await agent.stop();
  return [
    { name: 'idle agent, of one processor', value: share * 100, unit: '%', target: '< 1 %', ok: share < 0.01 },
    { name: 'idle agent, resident memory', value: memory, unit: 'MiB', target: '', ok: undefined },
  ];
}

/** From nothing to the first answer, against a Node.js that does nothing. */
async function start(): Promise<BenchRow> {
  const program = join(import.meta.dirname, '../../dist/quorated.js');
  const directory = mkdtempSync(join(tmpdir(), 'quorate-bench-'));
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const bare = await timed(() => once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit'));
    const child = spawn(process.execPath, [program, '--dir', directory, '--log-level', 'error'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const up = await timed(() => untilPrinted(child, 'is up'));
    await stopProcess(child);
    // The first start makes a database.
    if (round > 0) ratios.push(up / bare);
  }
  rmSync(directory, { recursive: true });
  const value = median(ratios);
  return { name: 'start of the agent / node -e 0', value, unit: 'x', target: '<= 10 x', ok: value <= 10 };
}

export async function benchHost(): Promise<readonly BenchRow[]> {
  return [await inventory(), await start(), ...(await idle())];
}
