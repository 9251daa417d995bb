/** The cluster stacks of this host, as the agent and its API use them. */
import type { StackChoice, StackService } from '../api/stack-service.ts';
import type { Database } from '../database/types.ts';
import { limits } from '../lib/limits.ts';
import type { World } from '../world/world.ts';
import { assertPluggable, chooseStack, chosenStack } from './choice.ts';
import { choiceFacts, plugFacts, storageOf } from './choice-facts.ts';
import { applyStacks } from './objects.ts';
import { type RegistrySettings, StackRegistry } from './registry.ts';

export interface StackSettings extends RegistrySettings {
  /** The stack that is used when nothing demands another one. */
  readonly stackDefault: string;
}

export interface HostStacksOptions {
  readonly world: Pick<World, 'clock' | 'files' | 'log' | 'process'>;
  readonly database: Database;
  readonly hostRef: string;
  readonly settings: StackSettings;
}

export class HostStacks implements StackService {
  readonly #registry: StackRegistry;
  readonly #database: Database;
  #settings: StackSettings;

  constructor({ world, database, hostRef, settings }: HostStacksOptions) {
    this.#database = database;
    this.#settings = settings;
    this.#registry = new StackRegistry({
      world,
      uid: world.process.uid,
      limits,
      stackRoot: settings.stackRoot,
      stackScanMs: settings.stackScanMs,
      changed: (stacks) => void database.transaction((tx) => applyStacks(tx, hostRef, stacks)),
    });
  }

  /** Reads all once, then follows changes. Never rejects. */
  start(): Promise<void> {
    return this.#registry.start();
  }

  configure(settings: StackSettings): void {
    this.#settings = settings;
    this.#registry.configure(settings);
  }

  scan(): Promise<void> {
    return this.#registry.scan();
  }

  choose(asked: string, statefile: readonly string[]): StackChoice {
    const installed = [...this.#registry.stacks.values()];
    const facts = choiceFacts(this.#database, this.#settings.stackDefault, installed);
    const storage = statefile.map((ref) => storageOf(this.#database, ref));
    return chosenStack(chooseStack(facts, { asked, statefile: storage }));
  }

  assertPluggable(pbd: string): void {
    const { active, required } = plugFacts(this.#database, pbd);
    assertPluggable(active, required);
  }

  stop(): Promise<void> {
    return this.#registry.stop();
  }
}
