/** The cluster stacks of this host, as the agent and its API use them. */

import { posix } from 'node:path';
import type { StackChoice, StackService } from '../api/stack-service.ts';
import type { Database } from '../database/types.ts';
import { limits } from '../lib/limits.ts';
import type { World } from '../world/world.ts';
import { assertPluggable, chooseStack, chosenStack } from './choice.ts';
import { choiceFacts, plugFacts, storageOf } from './choice-facts.ts';
import { type ScriptName, scripts } from './contract.ts';
import { StackFault } from './fault.ts';
import { apiErrorOf, livesetTexts } from './liveset-texts.ts';
import { applyStacks } from './objects.ts';
import { type RegistrySettings, StackRegistry } from './registry.ts';
import { StackRunner } from './runner.ts';

export interface StackSettings extends RegistrySettings {
  /** The stack that is used when nothing demands another one. */
  readonly stackDefault: string;
  /** How long each script may take. */
  readonly stackTimeLimitsMs: Readonly<Partial<Record<ScriptName, number>>>;
}

export interface HostStacksOptions {
  readonly world: Pick<World, 'clock' | 'files' | 'log' | 'process' | 'programs'>;
  readonly database: Database;
  readonly hostRef: string;
  readonly settings: StackSettings;
}

export class HostStacks implements StackService {
  readonly #registry: StackRegistry;
  readonly #database: Database;
  readonly #world: HostStacksOptions['world'];
  readonly #runners = new Map<string, StackRunner>();
  #settings: StackSettings;

  constructor({ world, database, hostRef, settings }: HostStacksOptions) {
    this.#database = database;
    this.#world = world;
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
    // What runs below another root is none of these stacks.
    if (settings.stackRoot !== this.#settings.stackRoot) this.#closeRunners();
    this.#settings = settings;
    this.#registry.configure(settings);
  }

  scan(): Promise<void> {
    return this.#registry.scan();
  }

  async queryLiveset(name: string, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    try {
      return livesetTexts(await this.runner(name).queryLiveset(signal));
    } catch (thrown) {
      throw thrown instanceof StackFault ? apiErrorOf(name, thrown) : thrown;
    }
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

  /** Runs the scripts of a stack. Each is looked at right before it is run: one that is refused is not run. */
  runner(name: string): StackRunner {
    const known = this.#runners.get(name);
    if (known !== undefined) return known;
    const runner = new StackRunner({
      world: this.#world,
      stack: name,
      directory: posix.join(this.#registry.root, name),
      limits,
      timeLimitMs: (script) => this.#settings.stackTimeLimitsMs[script] ?? scripts[script].timeLimitMs,
      permit: (script) => this.#registry.refusal(name, script),
    });
    this.#runners.set(name, runner);
    return runner;
  }

  stop(): Promise<void> {
    this.#closeRunners();
    return this.#registry.stop();
  }

  #closeRunners(): void {
    for (const runner of this.#runners.values()) runner.close();
    this.#runners.clear();
  }
}
