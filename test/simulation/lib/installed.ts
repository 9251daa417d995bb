/** Disks of hosts on which the agent has been started before: a first start takes much longer than a later one. */
import { startAgent } from '../../../src/agent.ts';
import type { Datamodel } from '../../../src/datamodel/index.ts';
import type { SimulatedHost } from '../../../src/world/simulated/host.ts';
import { createSimulation } from '../../../src/world/simulated/simulation.ts';
import { agentSettings } from './agents.ts';

const files = ['host-uuid', 'pool-secret', 'state.db', 'tls/certificate.pem', 'tls/key.pem'];

export class InstalledDisks {
  readonly #contents = new Map<string, Uint8Array>();

  /** Starts an agent once, in a simulation of its own. */
  static async make(datamodel: Datamodel): Promise<InstalledDisks> {
    const made = new InstalledDisks();
    const simulation = createSimulation('installation');
    const host = simulation.host('installed');
    const agent = await simulation.finish(startAgent(host.world, agentSettings, '1.0', datamodel));
    await simulation.finish(agent.stop());
    for (const name of files) {
      const path = `${agentSettings.directory}/${name}`;
      const contents = host.disk.peek(path);
      if (contents === undefined) throw new Error(`the agent made no ${path}`);
      made.#contents.set(path, contents);
    }
    return made;
  }

  install(host: SimulatedHost): void {
    for (const [path, contents] of this.#contents) host.disk.put(path, contents);
  }
}
