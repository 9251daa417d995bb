/** One agent on one simulated host, and clients of it: for tests in which virtual time or a faulty disk matters. */
import { type Agent, startAgent } from '../../src/agent.ts';
import { makeSettings, type Settings } from '../../src/settings.ts';
import type { SimulatedHost } from '../../src/world/simulated/host.ts';
import { createSimulation, type Simulation } from '../../src/world/simulated/simulation.ts';
import { type Account, accountPrograms } from './accounts.ts';
import { ApiClient } from './api-client.ts';

export const settings: Settings = makeSettings(
  new Map([
    ['listen', '0.0.0.0:443'],
    ['host-figures-interval', '0'],
    ['host-scan-interval', '0'],
  ]),
  '/agent',
);

export interface SimulatedAgent {
  readonly simulation: Simulation;
  readonly host: SimulatedHost;
  readonly agent: Agent;
  /** A client on the host's own socket, logged in. */
  client(): Promise<ApiClient>;
  /** A client on another host, which has to log in with a name and a password. */
  remote(from?: string): ApiClient;
  /** Makes time pass until the promise is settled. */
  finish<T>(promise: Promise<T>): Promise<T>;
}

/** `accounts` are those of the host, for logins from elsewhere. */
export async function startSimulatedAgent(
  seed: string,
  accounts: Readonly<Record<string, Account>> = {},
): Promise<SimulatedAgent> {
  const simulation = createSimulation(seed);
  const host = simulation.host('host');
  for (const [name, program] of Object.entries(accountPrograms(accounts))) {
    host.programs.set(name, ({ args, input }) => program(args, input));
  }
  const agent = await simulation.finish(startAgent(host.world, settings, '1.0'));
  const { socketPath } = settings;
  return {
    simulation,
    host,
    agent,
    client: () => simulation.finish(new ApiClient(host.world.http, { socketPath }).login()),
    remote: (from = 'elsewhere') => new ApiClient(simulation.host(from).world.http, { url: 'https://host/' }),
    finish: (promise) => simulation.finish(promise),
  };
}
