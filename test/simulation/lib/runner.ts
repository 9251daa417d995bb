import { setImmediate } from 'node:timers/promises';
import { type Datamodel, deriveDatamodel } from '../../../src/datamodel/index.ts';
import { quickDatamodel } from './datamodel.ts';
import { InstalledDisks } from './installed.ts';
import { type RunResult, run } from './run.ts';

/** Every so many seeds the agents have all role objects. */
const seedsPerWholeDatamodel = 50;

/** Runs seeds, with what they can share made once. */
export class Runner {
  readonly #quick: Datamodel;
  readonly #whole: Datamodel;
  readonly #installed: InstalledDisks;

  static async make(): Promise<Runner> {
    const quick = quickDatamodel();
    return new Runner(quick, await InstalledDisks.make(quick));
  }

  private constructor(quick: Datamodel, installed: InstalledDisks) {
    this.#quick = quick;
    this.#whole = deriveDatamodel();
    this.#installed = installed;
  }

  async run(seed: number): Promise<RunResult> {
    // A run never leaves the queue of promises, and until that happens every target of a weak reference stays in memory.
    await setImmediate();
    const datamodel = seed % seedsPerWholeDatamodel === 0 ? this.#whole : this.#quick;
    return run(seed, datamodel, this.#installed);
  }

  /** What is wrong with a seed: an invariant that did not hold, or two runs that are not the same. */
  async faultsOf(seed: number): Promise<readonly string[]> {
    const first = await this.run(seed);
    const second = await this.run(seed);
    const faults = first.failure === undefined ? [] : [`seed ${seed}: ${first.failure}`];
    if (first.digest !== second.digest) faults.push(`seed ${seed}: ${difference(first, second)}`);
    return faults;
  }
}

function difference(first: RunResult, second: RunResult): string {
  const at = first.lines.findIndex((line, index) => line !== second.lines[index]);
  return `two runs differ at line ${at}: "${first.lines[at]}" and "${second.lines[at]}"`;
}
