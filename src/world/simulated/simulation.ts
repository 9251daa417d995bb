import { type Limits, limits as usualLimits } from '../../lib/limits.ts';
import { type HostOptions, SimulatedHost } from './host.ts';
import { Network } from './network.ts';
import { Scheduler } from './scheduler.ts';
import { type Seeded, seeded } from './seeded.ts';
import { Trace } from './trace.ts';

export interface SimulationOptions {
  readonly limits?: Partial<Limits>;
  /** Wall time of all hosts at the beginning. */
  readonly epochMs?: number;
  /** Lines of the trace that are kept. */
  readonly traceLines?: number;
}

/** The simulation did not do what it was run for. Its message ends with the last lines of the trace. */
export class SimulationError extends Error {
  constructor(sentence: string, trace: Trace) {
    super(`${sentence}\n${trace.lines.slice(-20).join('\n')}`);
    this.name = 'SimulationError';
  }
}

/**
 * Many hosts in one process, in virtual time. Everything that happens follows from the seed: the same code with the same
 * seed tells the same trace, in every run.
 */
export class Simulation {
  readonly seed: string;
  readonly trace: Trace;
  readonly network: Network;
  /** For the test's own choices. */
  readonly chance: Seeded;
  readonly #scheduler = new Scheduler();
  readonly #hosts = new Map<string, SimulatedHost>();
  readonly #options: SimulationOptions;
  readonly #root: Seeded;

  constructor(seed: number | string, options: SimulationOptions = {}) {
    this.seed = String(seed);
    this.#options = options;
    this.#root = seeded(this.seed);
    this.chance = this.#root.derive('test');
    this.trace = new Trace(() => this.#scheduler.nowMs, options.traceLines ?? 100_000);
    this.network = new Network(this.#scheduler, this.#root.derive('network'), this.trace);
  }

  /** Virtual milliseconds since the beginning. */
  get nowMs(): number {
    return this.#scheduler.nowMs;
  }

  /** Events since the beginning. */
  get events(): number {
    return this.#scheduler.events;
  }

  /** The host of this name, which begins its first life when it is asked for the first time. */
  host(name: string, options: HostOptions = {}): SimulatedHost {
    const known = this.#hosts.get(name);
    if (known !== undefined) return known;
    const host = new SimulatedHost({
      name,
      address: `10.0.${Math.floor((this.#hosts.size + 1) / 250)}.${((this.#hosts.size + 1) % 250) + 1}`,
      options,
      limits: { ...usualLimits, ...this.#options.limits },
      scheduler: this.#scheduler,
      chance: this.#root.derive(`host ${name}`),
      trace: this.trace,
      network: this.network,
      find: (wanted) => this.#find(wanted),
      epochMs: this.#options.epochMs ?? Date.UTC(2027, 0, 1),
    });
    this.#hosts.set(name, host);
    return host;
  }

  /** Calls back at a virtual time from now, whatever happens to the hosts: for faults. */
  after(delayMs: number, happen: () => void): void {
    this.#scheduler.after(delayMs, happen);
  }

  /** Lets one event happen. False when there is none. */
  step(): Promise<boolean> {
    return this.#scheduler.step(Number.POSITIVE_INFINITY);
  }

  /** Lets everything happen that happens within this virtual time, and moves the time on by it. */
  async run(forMs: number): Promise<void> {
    const untilMs = this.nowMs + forMs;
    while (await this.#scheduler.step(untilMs));
    this.#scheduler.advance(untilMs);
  }

  /** Runs until the condition holds. @throws SimulationError when it does not within this virtual time */
  async until(what: string, holds: () => boolean, withinMs: number): Promise<void> {
    const untilMs = this.nowMs + withinMs;
    while (!holds()) {
      if (await this.#scheduler.step(untilMs)) continue;
      if (holds()) return;
      throw new SimulationError(`seed ${this.seed}: not within ${withinMs} ms: ${what}`, this.trace);
    }
  }

  /** Runs until the promise is settled, and is settled like it. @throws SimulationError when it takes longer than that */
  async finish<T>(promise: Promise<T>, withinMs = 600_000): Promise<T> {
    let settled = false;
    const settle = (): void => {
      settled = true;
    };
    promise.then(settle, settle);
    await this.until('the promise is settled', () => settled, withinMs);
    return promise;
  }

  #find(wanted: string): SimulatedHost | undefined {
    for (const host of this.#hosts.values()) if (host.name === wanted || host.address === wanted) return host;
    return undefined;
  }
}

export function createSimulation(seed: number | string, options: SimulationOptions = {}): Simulation {
  return new Simulation(seed, options);
}
