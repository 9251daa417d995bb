/** Agents on simulated hosts: started, restarted as a service manager would, and looked at from within. */
import { type Agent, startAgent } from '../../../src/agent.ts';
import { JournalError } from '../../../src/database/journal.ts';
import type { ClassName, Datamodel } from '../../../src/datamodel/index.ts';
import { makeSettings } from '../../../src/settings.ts';
import type { SimulatedHost } from '../../../src/world/simulated/host.ts';
import type { Simulation } from '../../../src/world/simulated/simulation.ts';
import { Expectations, stateOf } from './expectation.ts';

const directory = '/agent';
export const agentSettings = makeSettings(
  new Map([
    ['listen', '0.0.0.0:443'],
    // Looking at a machine that never changes takes time and finds nothing.
    ['host-figures-interval', '20'],
    ['host-scan-interval', '60'],
  ]),
  directory,
);

/** A service manager waits so long before it starts a program again that has ended. */
const restartMs = 1000;

/** An invariant does not hold. */
export class Violation extends Error {}

export class SimulatedAgent {
  readonly host: SimulatedHost;
  readonly expectations = new Expectations();
  readonly #simulation: Simulation;
  readonly #datamodel: Datamodel;
  readonly #violated: (violation: Violation) => void;
  /** Highest generation that anybody has seen. */
  #generation = 0;
  #agent: Agent | undefined;
  starts = 0;

  constructor(parts: {
    readonly name: string;
    readonly simulation: Simulation;
    readonly datamodel: Datamodel;
    readonly violated: (violation: Violation) => void;
  }) {
    this.#simulation = parts.simulation;
    this.#datamodel = parts.datamodel;
    this.#violated = parts.violated;
    this.host = parts.simulation.host(parts.name);
    this.host.programs.set('pamtester', () => ({ exitCode: 0 }));
    this.host.programs.set('id', ({ args }) => ({ stdout: args[0] === '-u' ? '0\n' : 'root\0' }));
  }

  get isUp(): boolean {
    return this.#agent !== undefined && this.host.alive;
  }

  /** Starts the agent on a host that is on; what it finds must be what was promised. */
  start(): void {
    const { world } = this.host;
    const { trace } = this.#simulation;
    this.#agent = undefined;
    startAgent(world, agentSettings, '1.0', this.#datamodel).then(
      (agent) => {
        this.#agent = agent;
        this.starts += 1;
        trace.tell(this.host.name, `is up at generation ${agent.database.generation}`);
        this.#check(() => this.#recovered(agent));
      },
      (thrown: unknown) => {
        const reason = thrown instanceof Error ? thrown.message : String(thrown);
        trace.tell(this.host.name, `could not start: ${reason}`);
        const fatal = thrown instanceof JournalError && !['io', 'no-space'].includes(thrown.refusal);
        if (fatal) this.#violated(new Violation(`${this.host.name} refuses its own database: ${reason}`));
        this.host.kill();
        this.startLater(restartMs);
      },
    );
  }

  /** Starts a new life of the host, and the agent in it. */
  startLater(delayMs: number): void {
    this.#simulation.after(delayMs, () => {
      if (this.host.alive) return;
      this.host.restart();
      this.start();
    });
  }

  /** Stops it as an administrator would, then starts it again. */
  stopAndStart(delayMs: number): void {
    const agent = this.#agent;
    if (agent === undefined) return;
    this.#agent = undefined;
    this.#simulation.trace.tell(this.host.name, 'is told to stop');
    void agent.stop().then(() => {
      this.#simulation.trace.tell(this.host.name, 'has stopped');
      this.host.kill();
      this.startLater(delayMs);
    });
  }

  crash(): void {
    this.#agent = undefined;
    this.host.crash();
  }

  kill(): void {
    this.#agent = undefined;
    this.host.kill();
  }

  /** Somebody was told of this generation, by a call that began when `seen` was the highest. */
  saw(generation: number, seen: number): void {
    if (generation < seen) this.#violated(new Violation(`${this.host.name}: generation ${generation} after ${seen}`));
    this.#generation = Math.max(this.#generation, generation);
  }

  get highestGeneration(): number {
    return this.#generation;
  }

  /** What holds at every moment. */
  inspect(): void {
    const agent = this.#agent;
    if (agent === undefined || !this.host.alive) return;
    this.#check(() => {
      this.#relationsHold(agent);
      this.#expectedHolds(agent);
    });
  }

  #check(look: () => void): void {
    try {
      look();
    } catch (thrown) {
      if (!(thrown instanceof Violation)) throw thrown;
      this.#violated(thrown);
    }
  }

  #recovered(agent: Agent): void {
    const { generation } = agent.database;
    if (generation <= this.#generation) {
      throw new Violation(`${this.host.name} starts at generation ${generation}, after ${this.#generation}`);
    }
    this.#expectedHolds(agent);
    this.#relationsHold(agent);
  }

  #expectedHolds({ database }: Agent): void {
    for (const expected of this.expectations.vms.values()) {
      const row = database.get('VM', expected.ref);
      const wrong = this.expectations.contradiction(expected, row === undefined ? undefined : stateOf(row));
      if (wrong !== undefined) throw new Violation(`${this.host.name}: ${wrong}`);
    }
    for (const ref of database.refs('VM')) {
      const ghost = this.expectations.ghost(ref, stateOf(database.require('VM', ref)));
      if (ghost !== undefined) throw new Violation(`${this.host.name}: ${ghost}`);
    }
  }

  /** Each end of each relation, found from the other by looking at every object. */
  #relationsHold({ database }: Agent): void {
    for (const { from, to } of this.#datamodel.relations) {
      const [fromClass, fromField] = from as [ClassName, string];
      const [toClass, toField] = to as [ClassName, string];
      const wanted = new Map<string, string[]>();
      for (const ref of database.refs(fromClass)) {
        const row = database.require(fromClass, ref) as unknown as Readonly<Record<string, unknown>>;
        for (const target of [row[fromField]].flat() as string[]) {
          if (target === 'OpaqueRef:NULL') continue;
          wanted.set(target, [...(wanted.get(target) ?? []), ref]);
          if (database.get(toClass, target) === undefined) {
            throw new Violation(`${this.host.name}: ${fromClass} ${ref} refers in ${fromField} to nothing: ${target}`);
          }
        }
      }
      for (const ref of database.refs(toClass)) {
        const row = database.require(toClass, ref) as unknown as Readonly<Record<string, unknown>>;
        const found = (row[toField] as string[]).toSorted().join();
        const other = (wanted.get(ref) ?? []).toSorted().join();
        if (found === other) continue;
        throw new Violation(
          `${this.host.name}: ${toClass} ${ref} has in ${toField} ${found}, and should have ${other}`,
        );
      }
    }
  }
}
