/** One agent on one simulated host, and clients of it: for tests in which virtual time or a faulty disk matters. */
import { type Agent, startAgent } from '../../src/agent.ts';
import { makeSettings, type Settings } from '../../src/settings.ts';
import type { SimulatedHost } from '../../src/world/simulated/host.ts';
import { createSimulation, type Simulation } from '../../src/world/simulated/simulation.ts';
import { type Account, accountPrograms } from './accounts.ts';
import { ApiClient } from './api-client.ts';

const chosen: Readonly<Record<string, string>> = {
  listen: '0.0.0.0:443',
  'host-figures-interval': '0',
  'host-scan-interval': '0',
};

export const settings: Settings = makeSettings(new Map(Object.entries(chosen)), '/agent');

export interface SimulatedAgent {
  readonly simulation: Simulation;
  readonly host: SimulatedHost;
  readonly agent: Agent;
  /** A client on the host's own socket, logged in. */
  client(): Promise<ApiClient>;
  /** A client on another host, which has to log in with a name and a password. */
  remote(from?: string): ApiClient;
  /** Stops the agent and starts it again on what it left behind. */
  restart(): Promise<SimulatedAgent>;
  /** Makes time pass until the promise is settled. */
  finish<T>(promise: Promise<T>): Promise<T>;
}

export interface SimulatedAgentOptions {
  /** Settings that differ from those above. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Makes the host what it is before the agent starts. */
  readonly prepare?: (host: SimulatedHost) => void;
}

/** `accounts` are those of the host, for logins from elsewhere. */
export async function startSimulatedAgent(
  seed: string,
  accounts: Readonly<Record<string, Account>> = {},
  options: SimulatedAgentOptions = {},
): Promise<SimulatedAgent> {
  const simulation = createSimulation(seed);
  const host = simulation.host('host');
  for (const [name, program] of Object.entries(accountPrograms(accounts))) {
    host.programs.set(name, ({ args, input }) => program(args, input));
  }
  options.prepare?.(host);
  const inForce = makeSettings(new Map(Object.entries({ ...chosen, ...options.settings })), '/agent');
  return started(simulation, host, inForce);
}

async function started(simulation: Simulation, host: SimulatedHost, inForce: Settings): Promise<SimulatedAgent> {
  const { socketPath } = inForce;
  const agent = await simulation.finish(startAgent(host.world, inForce, '1.0'));
  return {
    simulation,
    host,
    agent,
    restart: async () => {
      await simulation.finish(agent.stop());
      return started(simulation, host, inForce);
    },
    client: () => simulation.finish(new ApiClient(host.world.http, { socketPath }).login()),
    remote: (from = 'elsewhere') => new ApiClient(simulation.host(from).world.http, { url: 'https://host/' }),
    finish: (promise) => simulation.finish(promise),
  };
}
