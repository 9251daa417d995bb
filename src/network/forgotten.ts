/** Devices of which no objects are made because somebody had them forgotten, by their Ethernet addresses. */
import { join } from 'node:path';
import { elements, readJson, textOf } from '../host/inventory/loose.ts';
import { limits } from '../lib/limits.ts';
import { FileError, type Files } from '../world/world.ts';

export class ForgottenDevices {
  readonly #files: Files;
  readonly #path: string;
  readonly #addresses = new Set<string>();

  constructor(files: Files, directory: string) {
    this.#files = files;
    this.#path = join(directory, 'network-forgotten.json');
  }

  /** To be called once, before anything else. A list that cannot be read is empty: all devices have objects then. */
  async load(): Promise<void> {
    try {
      const text = new TextDecoder().decode(await this.#files.read(this.#path, limits.smallFileBytes));
      for (const address of elements(readJson(text))) this.#addresses.add(textOf(address));
    } catch (thrown) {
      if (!(thrown instanceof FileError)) throw thrown;
    }
  }

  has(address: string): boolean {
    return this.#addresses.has(address);
  }

  async add(address: string): Promise<void> {
    this.#addresses.add(address);
    await this.#save();
  }

  /** Forgets that it was forgotten; all of them when no address is given. */
  async remove(address?: string): Promise<void> {
    if (address === undefined) this.#addresses.clear();
    else this.#addresses.delete(address);
    await this.#save();
  }

  #save(): Promise<void> {
    return this.#files.writeAtomic(this.#path, `${JSON.stringify([...this.#addresses])}\n`, 0o600);
  }
}
