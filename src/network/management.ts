/** Where the agent is reached over the network: at all addresses of the settings, at those of one device, or not at all. */
import { join } from 'node:path';
import type { Database } from '../database/types.ts';
import { members, readJson, textOf } from '../host/inventory/loose.ts';
import { limits } from '../lib/limits.ts';
import { FileError, type World } from '../world/world.ts';

/** An empty name: nobody has chosen a device, so the settings alone count. */
export interface ManagementChoice {
  readonly device: string;
  readonly off: boolean;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

export interface ManagementOptions {
  readonly world: Pick<World, 'files' | 'log'>;
  readonly directory: string;
  readonly database: Database;
  readonly hostRef: string;
  /** Listens where `listen` says now. Rejects when it cannot; then it listens where it did before. */
  readonly serve: () => Promise<void>;
}

export class Management {
  readonly #options: ManagementOptions;
  readonly #path: string;
  #choice: ManagementChoice = { device: '', off: false };
  #served = '';

  constructor(options: ManagementOptions) {
    this.#options = options;
    this.#path = join(options.directory, 'management.json');
  }

  /** To be called once, before anything is served. What cannot be read counts as no choice, so that the host stays reachable. */
  async load(): Promise<void> {
    try {
      const text = new TextDecoder().decode(await this.#options.world.files.read(this.#path, limits.smallFileBytes));
      const given = members(readJson(text));
      this.#choice = { device: textOf(given['device']), off: given['off'] === true };
    } catch (thrown) {
      if (!(thrown instanceof FileError)) throw thrown;
    }
  }

  /** Name of the device that was chosen; empty for none. */
  get device(): string {
    return this.#choice.device;
  }

  /** Where to listen of what the settings say. A device that lost its address leaves the host reachable as the settings have it. */
  listen(configured: readonly Address[]): readonly Address[] {
    if (this.#choice.off) return [];
    const host = this.#address();
    this.#served = host;
    if (host === '') return configured;
    return [...new Set(configured.map(({ port }) => port))].map((port) => ({ host, port }));
  }

  /** Rejects when the agent cannot listen there; then all is as it was. */
  async choose(choice: ManagementChoice): Promise<void> {
    const before = this.#choice;
    this.#choice = choice;
    try {
      await this.#options.serve();
    } catch (thrown) {
      this.#choice = before;
      throw thrown;
    }
    await this.#options.world.files.writeAtomic(this.#path, `${JSON.stringify(choice)}\n`, 0o600);
  }

  /** Goes with the address of the chosen device. To be called when interfaces changed. */
  follow(): void {
    if (this.#choice.device === '' || this.#choice.off || this.#address() === this.#served) return;
    this.#options.serve().catch((thrown: unknown) => {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      const sentence = 'The agent cannot listen at the new address of the management interface.';
      this.#options.world.log.write('error', 'management-unserved', sentence, { reason });
    });
  }

  #address(): string {
    const { database, hostRef } = this.#options;
    const { device } = this.#choice;
    if (device === '') return '';
    const rows = database.require('host', hostRef).PIFs.map((pif) => database.require('PIF', pif));
    const row = rows.find((one) => (one.device_name || one.device) === device && one.currently_attached);
    return row === undefined ? '' : row.IP || (row.IPv6[0] ?? '').replace(/\/\d+$/, '');
  }
}
