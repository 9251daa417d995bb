/** What would take a change back, on disk before its first step, so that an agent that dies half way leaves nothing behind. */
import { join } from 'node:path';
import { limits } from '../lib/limits.ts';
import { FileError, type Files } from '../world/world.ts';
import { isAction, type NetworkAction } from './actions.ts';

export interface KeptUndo {
  readonly why: string;
  /** Which start of the machine it belongs to: after another one the kernel has nothing to be taken back. */
  readonly boot: string;
  /** In the order in which they are to be done. */
  readonly actions: readonly NetworkAction[];
}

const bootIdPath = '/proc/sys/kernel/random/boot_id';

export class UndoList {
  readonly #files: Files;
  readonly #path: string;

  /** @param directory of the agent's own; must exist */
  constructor(files: Files, directory: string) {
    this.#files = files;
    this.#path = join(directory, 'network-undo.json');
  }

  async keep(why: string, actions: readonly NetworkAction[]): Promise<void> {
    const kept: KeptUndo = { why, boot: await this.#boot(), actions };
    await this.#files.writeAtomic(this.#path, `${JSON.stringify(kept)}\n`, 0o600);
  }

  forget(): Promise<void> {
    return this.#files.remove(this.#path);
  }

  /** What a change left behind that never ended; undefined when there is nothing. Rejects when it cannot be understood. */
  async left(): Promise<KeptUndo | undefined> {
    let text: string;
    try {
      text = new TextDecoder().decode(await this.#files.read(this.#path, limits.smallFileBytes));
    } catch (thrown) {
      if (thrown instanceof FileError && thrown.code === 'not-found') return undefined;
      throw thrown;
    }
    const given = JSON.parse(text) as { readonly [key in keyof KeptUndo]?: unknown };
    const { why, boot, actions } = given;
    if (typeof why !== 'string' || typeof boot !== 'string' || !Array.isArray(actions) || !actions.every(isAction))
      throw new Error('it is no list of actions');
    const sameBoot = boot === (await this.#boot());
    return { why, boot, actions: sameBoot ? actions : actions.filter(isAboutFile) };
  }

  /** Another one at each start of the machine; empty when the kernel does not tell. */
  async #boot(): Promise<string> {
    try {
      return new TextDecoder().decode(await this.#files.read(bootIdPath, limits.smallFileBytes)).trim();
    } catch {
      return '';
    }
  }
}

function isAboutFile({ act }: NetworkAction): boolean {
  return act === 'write-file' || act === 'remove-file' || act === 'reload';
}
