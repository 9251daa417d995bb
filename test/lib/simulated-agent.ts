/** One agent on one simulated host, and a client of it: for tests in which virtual time or a faulty disk matters. */
import { type Agent, startAgent } from '../../src/agent.ts';
import { makeSettings, type Settings } from '../../src/settings.ts';
import type { SimulatedHost } from '../../src/world/simulated/host.ts';
import { createSimulation, type Simulation } from '../../src/world/simulated/simulation.ts';
import { ApiClient } from './api-client.ts';

export const settings: Settings = makeSettings(new Map([['host-figures-interval', '0']]), '/agent');

export interface SimulatedAgent {
  readonly simulation: Simulation;
  readonly host: SimulatedHost;
  readonly agent: Agent;
  /** A client on the host's own socket, logged in. */
  client(): Promise<ApiClient>;
  /** Makes time pass until the promise is settled. */
  finish<T>(promise: Promise<T>): Promise<T>;
}

export async function startSimulatedAgent(seed: string): Promise<SimulatedAgent> {
  const simulation = createSimulation(seed);
  const host = simulation.host('host');
  const agent = await simulation.finish(startAgent(host.world, settings, '1.0'));
  const { socketPath } = settings;
  return {
    simulation,
    host,
    agent,
    client: () => simulation.finish(new ApiClient(host.world.http, { socketPath }).login()),
    finish: (promise) => simulation.finish(promise),
  };
}
