/** What goes wrong in a run: drawn from the seed, each for a while. */
import type { Seeded } from '../../../src/world/simulated/seeded.ts';
import type { Simulation } from '../../../src/world/simulated/simulation.ts';
import type { SimulatedAgent } from './agents.ts';

export interface FaultsParts {
  readonly simulation: Simulation;
  readonly agents: readonly SimulatedAgent[];
  /** Hosts of clients. */
  readonly others: readonly string[];
}

type Fault = (agent: SimulatedAgent, forMs: number) => void;

export class Faults {
  readonly #parts: FaultsParts;
  readonly #chance: Seeded;
  readonly #kinds: Readonly<Record<string, Fault>>;

  constructor(parts: FaultsParts) {
    this.#parts = parts;
    this.#chance = parts.simulation.chance.derive('faults');
    const { simulation } = parts;
    this.#kinds = {
      'power is lost': (agent, forMs) => {
        agent.crash();
        agent.startLater(forMs);
      },
      'the program is killed': (agent, forMs) => {
        agent.kill();
        agent.startLater(forMs);
      },
      'the program is stopped': (agent, forMs) => agent.stopAndStart(forMs),
      'writing fails': (agent, forMs) => this.#disk(agent, 'writeErrors', forMs),
      'syncing fails': (agent, forMs) => this.#disk(agent, 'syncErrors', forMs),
      'reading fails': (agent, forMs) => this.#disk(agent, 'readErrors', forMs),
      'the disk is full': ({ host }, forMs) => {
        const used = host.disk.peek('/agent/state.db')?.byteLength ?? 0;
        host.disk.faults.capacityBytes = used + this.#chance.integer(2000);
        simulation.after(forMs, () => (host.disk.faults.capacityBytes = Number.POSITIVE_INFINITY));
      },
      'the disk hangs': ({ host }, forMs) => {
        host.disk.faults.stuck = true;
        simulation.after(forMs, () => (host.disk.faults.stuck = false));
      },
      'the disk is slow': ({ host }, forMs) => {
        const usual = host.disk.faults.syncMs;
        host.disk.faults.syncMs = [20, 200];
        simulation.after(forMs, () => (host.disk.faults.syncMs = usual));
      },
      'messages are lost': ({ host }, forMs) =>
        this.#links(host.name, forMs, { loss: this.#chance.between(0.05, 0.6) }),
      'messages are slow': ({ host }, forMs) => this.#links(host.name, forMs, { latencyMs: [50, 900] }),
      'the network is cut': ({ host }, forMs) => {
        const other = this.#otherHost();
        const both = this.#chance.chance(0.5);
        simulation.network.cut(host.name, other);
        if (both) simulation.network.cut(other, host.name);
        simulation.after(forMs, () => {
          simulation.network.mend(host.name, other);
          if (both) simulation.network.mend(other, host.name);
        });
      },
      'the clock jumps': ({ host }) => {
        host.clockFaults.wallOffsetMs += this.#chance.between(-7_200_000, 7_200_000);
      },
      'the clock runs wrong': ({ host }) => {
        host.clockFaults.rate = this.#chance.between(0.9, 1.1);
      },
    };
  }

  /** Lets one thing go wrong; it ends by itself. */
  strike(): void {
    const { agents, simulation } = this.#parts;
    const names = Object.keys(this.#kinds);
    const name = names[this.#chance.integer(names.length)] ?? '';
    const agent = agents[this.#chance.integer(agents.length)];
    const forMs = this.#chance.between(20, 4_000);
    if (agent === undefined) return;
    simulation.trace.tell(agent.host.name, `fault: ${name}, ${forMs.toFixed(0)} ms`);
    this.#kinds[name]?.(agent, forMs);
  }

  #otherHost(): string {
    const { others } = this.#parts;
    return others[this.#chance.integer(others.length)] ?? '';
  }

  #disk({ host }: SimulatedAgent, kind: 'writeErrors' | 'syncErrors' | 'readErrors', forMs: number): void {
    host.disk.faults[kind] = this.#chance.between(0.2, 1);
    this.#parts.simulation.after(forMs, () => (host.disk.faults[kind] = 0));
  }

  #links(name: string, forMs: number, how: { loss?: number; latencyMs?: readonly [number, number] }): void {
    const { simulation, others } = this.#parts;
    const { usual } = simulation.network;
    for (const other of others) {
      for (const link of [simulation.network.link(name, other), simulation.network.link(other, name)]) {
        Object.assign(link, how);
        simulation.after(forMs, () => Object.assign(link, { loss: usual.loss, latencyMs: usual.latencyMs }));
      }
    }
  }
}
