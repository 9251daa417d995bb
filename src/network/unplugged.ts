/** Routes and addresses that devices lost when they were taken down, for when they are brought up again. */
import { join } from 'node:path';
import { elements, members, readJson } from '../host/inventory/loose.ts';
import { limits } from '../lib/limits.ts';
import { FileError, type Files } from '../world/world.ts';
import type { Route } from './actions.ts';
import type { Released } from './planner.ts';

export class Unplugged {
  readonly #files: Files;
  readonly #path: string;

  constructor(files: Files, directory: string) {
    this.#files = files;
    this.#path = join(directory, 'network-unplugged.json');
  }

  async of(device: string): Promise<Released> {
    const lost = members((await this.#all())[device]);
    const addresses = elements(lost['addresses']).filter((one) => typeof one === 'string');
    const routes = elements(lost['routes']).filter((one) => typeof members(one)['destination'] === 'string');
    return { from: device, addresses, routes: routes as Route[] };
  }

  async keep(device: string, lost: Released = { from: device, addresses: [], routes: [] }): Promise<void> {
    const { [device]: before, ...others } = await this.#all();
    const empty = lost.addresses.length + lost.routes.length === 0;
    if (before === undefined && empty) return;
    const all = empty ? others : { ...others, [device]: lost };
    await this.#files.writeAtomic(this.#path, `${JSON.stringify(all)}\n`, 0o600);
  }

  async #all(): Promise<Readonly<Record<string, unknown>>> {
    try {
      return members(readJson(new TextDecoder().decode(await this.#files.read(this.#path, limits.smallFileBytes))));
    } catch (thrown) {
      if (thrown instanceof FileError) return {};
      throw thrown;
    }
  }
}
