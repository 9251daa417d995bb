/** Runs its share of the seeds in a thread of its own, and tells what was wrong with each. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { Runner } from './runner.ts';

const port = parentPort as MessagePort;
const { seeds } = workerData as { readonly seeds: readonly number[] };
const runner = await Runner.make();
for (const seed of seeds) {
  const faults = await runner.faultsOf(seed);
  port.postMessage({ seed, faults }, []);
}
