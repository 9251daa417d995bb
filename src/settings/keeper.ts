/** Keeps the settings in force those of the files: reads them again when one changes, all or nothing. */
import { limits } from '../lib/limits.ts';
import type { Settings } from '../settings.ts';
import type { Cancel, World } from '../world/world.ts';
import {
  type Configuration,
  loadConfiguration,
  resolveConfiguration,
  type SettingsPlaces,
  settingsFiles,
} from './load.ts';
import { type Placed, SettingsError } from './sources.ts';
import { settingDefinitions } from './table.ts';

/** A setting whose new value counts when the agent is started anew. */
export interface WaitingSetting {
  readonly key: string;
  readonly inForce: string;
  readonly wanted: string;
  readonly source: string;
}

/** The settings of a running agent, for people. */
export interface SettingsReport {
  /** The settings file; null when none is read. */
  readonly file: string | null;
  /** What is in force, by key. */
  readonly values: Readonly<Record<string, Placed>>;
  readonly waiting: readonly WaitingSetting[];
  /** Why the files as they are now are not in force; empty when they are. */
  readonly refused: readonly string[];
}

export interface SettingsKeeperParts {
  readonly world: Pick<World, 'clock' | 'files' | 'log'>;
  readonly places: SettingsPlaces;
  /** What the agent was started with. */
  readonly started: Configuration;
  /** Puts settings in force; those that need a new start are as they were. Rejects when that is not possible; then nothing was changed. */
  readonly apply: (settings: Settings) => Promise<void>;
}

export class SettingsKeeper {
  readonly #parts: SettingsKeeperParts;
  readonly #stops: Cancel[] = [];
  #inForce: Configuration;
  #waiting: readonly WaitingSetting[] = [];
  #refused: readonly string[] = [];
  #turn: Promise<void> = Promise.resolve();
  #rest: Cancel = () => {};

  constructor(parts: SettingsKeeperParts) {
    this.#parts = parts;
    this.#inForce = parts.started;
    this.#remark(parts.started);
  }

  get report(): SettingsReport {
    return {
      file: settingsFiles(this.#parts.places).file ?? null,
      values: Object.fromEntries(this.#inForce.values),
      waiting: this.#waiting,
      refused: this.#refused,
    };
  }

  /** Follows the files from now on. Returns how to stop that. */
  watch(): Cancel {
    const { world, places } = this.#parts;
    const { file, directory } = settingsFiles(places);
    const changed = (): void => {
      this.#rest();
      this.#rest = world.clock.after(limits.settingsRestMs, () => void this.reload());
    };
    for (const path of [file, directory]) if (path !== undefined) this.#stops.push(world.files.watch(path, changed));
    // What changed since they were read at the start.
    changed();
    return () => {
      this.#rest();
      for (const stop of this.#stops.splice(0)) stop();
    };
  }

  /** Reads everything again and puts it in force, or says in the log why not. Never rejects. */
  reload(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#reload());
    return this.#turn;
  }

  async #reload(): Promise<void> {
    const { world, places, apply } = this.#parts;
    try {
      const read = await loadConfiguration(world.files, places);
      const next = withoutRestart(this.#inForce, read, places.ownDirectory);
      const changed = keysThatDiffer(this.#inForce, next);
      if (changed.length > 0) await apply(next.settings);
      this.#inForce = next;
      this.#remark(read);
      this.#note(changed, read);
    } catch (thrown) {
      this.#refuse(thrown);
    }
  }

  #note(changed: readonly string[], read: Configuration): void {
    const { log } = this.#parts.world;
    const mended = this.#refused.length > 0;
    this.#refused = [];
    if (changed.length > 0) {
      const settings = changed.map((key) => `${key} = ${this.#inForce.values.get(key)?.value ?? ''}`);
      log.write('info', 'settings-reloaded', 'Changed settings are in force.', { settings });
    } else if (mended) {
      log.write('info', 'settings-reloaded', 'The settings can be used again; those in force are the same.');
    }
    const before = JSON.stringify(this.#waiting);
    this.#waiting = keysThatDiffer(this.#inForce, read).map((key) => ({
      key,
      inForce: this.#inForce.values.get(key)?.value ?? '',
      wanted: read.values.get(key)?.value ?? '',
      source: read.values.get(key)?.source ?? '',
    }));
    if (this.#waiting.length === 0 || JSON.stringify(this.#waiting) === before) return;
    log.write('warn', 'settings-need-restart', 'Changed settings wait until the agent is started anew.', {
      settings: this.#waiting.map(({ key }) => key),
    });
  }

  #refuse(thrown: unknown): void {
    const before = this.#refused.join('\n');
    this.#refused =
      thrown instanceof SettingsError
        ? thrown.sentences
        : [`${thrown instanceof Error ? thrown.message : String(thrown)}.`];
    if (this.#refused.join('\n') === before) return;
    const sentence = 'The settings cannot be used; those before stay in force.';
    this.#parts.world.log.write('warn', 'settings-refused', sentence, { reason: this.#refused.join(' ') });
  }

  #remark({ remarks }: Configuration): void {
    for (const sentence of remarks) this.#parts.world.log.write('warn', 'setting-unknown', sentence);
  }
}

/** What was read, but for the settings that need a new start: they are as they are in force, with all that follows from them. */
function withoutRestart(inForce: Configuration, read: Configuration, ownDirectory: string | undefined): Configuration {
  const given = new Map(read.given);
  for (const [key, { change }] of Object.entries(settingDefinitions)) {
    if (change === 'live') continue;
    const before = inForce.given.get(key);
    // The same value from another place is the same value.
    if (before?.value === given.get(key)?.value) continue;
    if (before === undefined) given.delete(key);
    else given.set(key, before);
  }
  return resolveConfiguration(given, ownDirectory);
}

function keysThatDiffer(before: Configuration, after: Configuration): readonly string[] {
  return Object.keys(settingDefinitions).filter(
    (key) => before.values.get(key)?.value !== after.values.get(key)?.value,
  );
}
