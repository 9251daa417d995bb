/** What a full inventory of the host costs beside the tools that it runs. */
import { readDisks } from '../../src/host/inventory/disks.ts';
import { readLogging } from '../../src/host/inventory/logging.ts';
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
import type { BenchRow } from './row.ts';

const rounds = 15;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** A full inventory against its tools, each run once by itself, one after the other. */
export async function benchInventory(): Promise<readonly BenchRow[]> {
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
      readDisks(sources),
      readLogging(sources),
      world.hardware(signal),
    ]);
    if (facts !== undefined) planNetwork(facts);
  };
  const options = { timeoutMs: 10_000, maxOutputBytes: 16_777_216 };
  const { signal } = new AbortController();
  const tools = async (): Promise<void> => {
    // What asks the tools behind it is a program, too.
    await world.hardware(signal);
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
  return [{ name: 'full inventory / its tools', value, unit: 'x', target: '<= 1.3 x', ok: value <= 1.3 }];
}
