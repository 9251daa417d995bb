/** How long the built command line takes from start to end, against a Node that does nothing. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { startAgentProcess } from './agent-process.ts';
import type { BenchRow } from './row.ts';

const program = join(import.meta.dirname, '../../dist/quorate.js');
const rounds = 31;

function timeMs(args: readonly string[]): number {
  const begin = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args);
  if (status !== 0) throw new Error(String(stderr));
  return performance.now() - begin;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

export async function benchCliStart(): Promise<BenchRow[]> {
  const agent = await startAgentProcess();
  const commands: readonly (readonly [string, readonly string[]])[] = [
    ['--help', ['--help']],
    ['host-list', ['--dir', agent.directory, 'host-list']],
    ['completion of a uuid', ['--complete', '--dir', agent.directory, 'host-param-list', 'uuid=']],
  ];
  try {
    const times = new Map(commands.map(([name]) => [name, [] as number[]]));
    const bare: number[] = [];
    // In turns, so that whatever else the machine does falls on all of them.
    for (let round = 0; round < rounds; round += 1) {
      bare.push(timeMs(['-e', '0']));
      for (const [name, args] of commands) times.get(name)?.push(timeMs([program, ...args]));
    }
    const base = median(bare);
    return [
      { name: 'node -e 0', value: base, unit: 'ms', target: '', ok: undefined },
      ...commands.map(([name]): BenchRow => {
        const value = median(times.get(name) ?? []) / base;
        return { name: `quorate ${name}, against node -e 0`, value, unit: 'x', target: '<= 3', ok: value <= 3 };
      }),
    ];
  } finally {
    await agent.stop();
  }
}
