/**
 * One run: three agents, a client and a follower for each, and much that goes wrong. Everything follows from the seed. What is
 * asserted: what was acknowledged is there after every recovery, generations never go back, events tell of every acknowledged
 * change, both ends of every relation agree, and when the faults are over everything comes to an end.
 */
import type { Datamodel } from '../../../src/datamodel/index.ts';
import { createSimulation } from '../../../src/world/simulated/simulation.ts';
import { SimulatedAgent, Violation } from './agents.ts';
import { SimulatedClient } from './client.ts';
import { Faults } from './faults.ts';
import { Follower } from './follower.ts';
import type { InstalledDisks } from './installed.ts';

const agentNames = ['alpha', 'beta', 'gamma'];
const actionsPerClient = 12;
const faultsPerRun = 10;
/** Longest wait, in virtual time, for everything to come to an end once nothing goes wrong any more. */
const endMs = 600_000;

export interface RunResult {
  readonly digest: string;
  readonly lines: readonly string[];
  readonly events: number;
  readonly starts: number;
  readonly lost: number;
  /** The invariant that did not hold. */
  readonly failure: string | undefined;
}

export async function run(seed: number, datamodel: Datamodel, installed: InstalledDisks): Promise<RunResult> {
  const simulation = createSimulation(seed);
  const { trace } = simulation;
  let failure: string | undefined;
  const violated = (thrown: unknown): void => {
    const reason = thrown instanceof Violation ? thrown.message : String((thrown as Error).stack ?? thrown);
    trace.tell('run', `VIOLATION ${reason}`);
    failure ??= reason;
  };
  const agents = agentNames.map((name) => new SimulatedAgent({ name, simulation, datamodel, violated }));
  // Now and then an agent starts on an empty disk; doing so takes long.
  for (const agent of agents) if (!simulation.chance.chance(0.03)) installed.install(agent.host);
  for (const agent of agents) agent.start();

  let working = agents.length;
  const followers: Follower[] = [];
  for (const agent of agents) {
    const name = `client-${agent.host.name}`;
    const { world } = simulation.host(name);
    const tell = (who: string) => (what: string) => trace.tell(who, what);
    const client = new SimulatedClient(name, agent, world, simulation.chance.derive(name), tell(name));
    const follower = new Follower(agent, world, tell(`follower-${agent.host.name}`));
    followers.push(follower);
    const done = (): void => {
      working -= 1;
    };
    client.work(actionsPerClient).catch(violated).finally(done);
  }
  let following = followers.length;
  for (const follower of followers) {
    follower
      .follow()
      .catch(violated)
      .finally(() => {
        following -= 1;
      });
  }

  const faults = new Faults({ simulation, agents, others: agentNames.map((name) => `client-${name}`) });
  const over = (): boolean => failure !== undefined;
  try {
    for (let fault = 0; fault < faultsPerRun && !over(); fault += 1) {
      await simulation.run(simulation.chance.between(10, 600));
      faults.strike();
      for (const agent of agents) agent.inspect();
    }
    await simulation.until('every client is done', () => working === 0 || over(), endMs);
    for (const follower of followers) follower.stop();
    await simulation.until('every follower is done', () => following === 0 || over(), endMs);
    for (const agent of agents) agent.inspect();
    if (!over())
      await lookOnceMore(agents, (holds) => simulation.until('all agents are up', () => holds() || over(), endMs));
  } catch (thrown) {
    violated(thrown);
  }
  return {
    digest: trace.digest,
    lines: trace.lines,
    events: simulation.events,
    starts: agents.reduce((sum, agent) => sum + agent.starts, 0),
    lost: followers.reduce((sum, follower) => sum + follower.lost, 0),
    failure,
  };
}

/** Power is lost everywhere after the end: what was promised must be on the disks. */
async function lookOnceMore(
  agents: readonly SimulatedAgent[],
  until: (holds: () => boolean) => Promise<void>,
): Promise<void> {
  await until(() => agents.every((agent) => agent.isUp));
  for (const agent of agents) {
    agent.crash();
    agent.startLater(10);
  }
  await until(() => agents.every((agent) => agent.isUp));
  for (const agent of agents) agent.inspect();
}
