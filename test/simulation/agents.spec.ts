/**
 * Three agents in virtual time, under faults that are drawn from a seed.
 *
 * `QUORATE_SEEDS=5000` runs more seeds than usual; `QUORATE_SEED=17` runs one and prints its whole trace.
 */
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { Runner } from './lib/runner.ts';

const seedCount = Number(process.env['QUORATE_SEEDS'] ?? 500);
const onlySeed = process.env['QUORATE_SEED'];
const threads = Math.min(2, availableParallelism());

/** Runs seeds in a thread; resolves to what was wrong with them. */
function runShare(seeds: readonly number[]): Promise<readonly string[]> {
  return new Promise((resolve) => {
    const faults: string[] = [];
    let last = 'before the first seed';
    const worker = new Worker(new URL('./lib/worker.ts', import.meta.url), { workerData: { seeds } });
    worker.on('message', (message: { readonly seed: number; readonly faults: readonly string[] }) => {
      last = `after seed ${message.seed}`;
      faults.push(...message.faults);
    });
    worker.on('error', (error) => faults.push(`${last}: ${String(error.stack)}`));
    worker.on('exit', () => resolve(faults));
  });
}

describe('three agents in virtual time', function () {
  this.timeout(0);

  it(`keep their promises under ${onlySeed === undefined ? `${seedCount} seeds` : `seed ${onlySeed}`}, the same way twice`, async () => {
    if (onlySeed !== undefined) {
      const runner = await Runner.make();
      console.log((await runner.run(Number(onlySeed))).lines.join('\n'));
      assert.deepEqual(await runner.faultsOf(Number(onlySeed)), []);
      return;
    }
    const seeds = Array.from({ length: seedCount }, (_, index) => index + 1);
    const shares = Array.from({ length: threads }, (_, thread) => seeds.filter((seed) => seed % threads === thread));
    const faults = (await Promise.all(shares.map(runShare))).flat();
    assert.deepEqual(
      faults,
      [],
      'run one of them with QUORATE_SEED=<seed> npx mocha --spec test/simulation/agents.spec.ts',
    );
  });
});
