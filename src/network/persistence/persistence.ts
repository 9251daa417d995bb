/** Makes changes of the network last: through the system that configures this machine's network, in files of our own. */
import { join } from 'node:path';
import { elements, members, readJson, textOf } from '../../host/inventory/loose.ts';
import type { Sources } from '../../host/inventory/sources.ts';
import type { Log } from '../../world/world.ts';
import type { NetworkAction, Step } from '../actions.ts';
import { ChangeFailed } from '../change-failed.ts';
import type { Command, ConfigurationFile, ConfigurationSystem, DeviceConfiguration, PresentDevice } from './device.ts';
import { ownerOf, readOwnerFacts } from './owner.ts';

export interface PersistenceOptions {
  readonly sources: Sources;
  readonly log: Log;
  /** Where the agent keeps its own things. */
  readonly directory: string;
}

export interface LastingChange {
  /** Devices as they are to be from now on. */
  readonly set: readonly DeviceConfiguration[];
  /** Devices of which nothing is to be said any more. */
  readonly unset: readonly string[];
  /** A device that is there and by which the configuration system is recognised. */
  readonly by: { readonly name: string; readonly index: number | undefined };
  /** Devices that a system which acts by itself must leave alone meanwhile. */
  readonly held: readonly PresentDevice[];
  /** Devices that lose what they have of addresses, and with it who keeps a lease for them. */
  readonly cleared: readonly string[];
}

export interface LastingPlan {
  /** Before anything else is done. */
  readonly first: readonly Step[];
  readonly steps: readonly Step[];
  /** Undefined when nothing on this machine makes the change last. */
  readonly system: ConfigurationSystem | undefined;
}

interface Kept {
  readonly system: string;
  readonly devices: readonly DeviceConfiguration[];
}

export class Persistence {
  readonly #options: PersistenceOptions;
  readonly #path: string;

  constructor(options: PersistenceOptions) {
    this.#options = options;
    this.#path = join(options.directory, 'network-devices.json');
  }

  /** The steps that make a change last. Where nothing can, there are none, and the log says so. */
  async plan(change: LastingChange): Promise<LastingPlan> {
    const { sources, log } = this.#options;
    const { system, obstacle: own } = ownerOf(await readOwnerFacts(sources, change.by.name, change.by.index));
    const obstacle = own || (await this.#obstacleOf(change));
    const hold = system?.hold(change.held);
    const holding = change.held.length > 0 ? hold : undefined;
    if (system === undefined || obstacle !== '') {
      // It would go on as its files say, against the change.
      if (holding !== undefined) throw new ChangeFailed(obstacle);
      const sentence = 'A change of the network holds until the next start of the machine only.';
      log.write('warn', 'network-change-passing', sentence, { device: change.by.name, reason: obstacle });
      return { first: await this.#clientSteps(system, change), steps: [], system: undefined };
    }
    const clients = await this.#clientSteps(system, change);
    const before = await this.#kept();
    const devices = joined(before?.system === system.name ? before.devices : [], change);
    const after: Kept = { system: system.name, devices };
    const files = await this.#changes(system, system.render(devices));
    if (files.length === 0 && holding === undefined) return { first: clients, steps: [], system };
    const kept = await this.#write({ path: this.#path, contents: `${JSON.stringify(after)}\n`, mode: 0o600 });
    // The commands that a system understands after its files were restored are those for what was there before.
    const earlier = (before?.devices ?? []).filter(
      ({ name }) => change.unset.includes(name) || change.set.some((one) => one.name === name),
    );
    const back = undone(told(system.reload(earlier, change.held)));
    const staying = change.held.filter(({ name }) => !change.unset.includes(name));
    const again = forward(told(system.reload(change.set, staying)));
    if (holding === undefined) return { first: clients, steps: [...back, kept, ...files, ...again], system };
    const begin = [...told(holding.begin), ...holding.signs.map((sign) => ({ act: 'await', ...sign }) as const)];
    const put = holding.files.map((file) => ({ action: { act: 'write-file', ...file }, undo: gone(file) }) as const);
    const taken = put.map(({ action, undo }) => ({ action: undo, undo: action }));
    return {
      first: [...clients, ...back, ...put, ...forward(begin)],
      // What is taken back afterwards must not meet the system at work either.
      steps: [...undone(begin), kept, ...files, ...taken, ...again],
      system,
    };
  }

  async #clientSteps(system: ConfigurationSystem | undefined, { cleared }: LastingChange): Promise<Step[]> {
    const steps: Step[] = [];
    for (const client of cleared.flatMap((device) => system?.clients(device) ?? [])) {
      if ((await this.#options.sources.file(client.pidFile)) === undefined) continue;
      const [[action], [undo]] = [told([client.stop]), told([client.start])];
      if (action !== undefined && undo !== undefined) steps.push({ action, undo });
    }
    return steps;
  }

  /** What stands in the way of the other devices that a change is about; empty for nothing. */
  async #obstacleOf({ held, by }: LastingChange): Promise<string> {
    for (const { name, index } of held) {
      const { obstacle } =
        name === by.name ? { obstacle: '' } : ownerOf(await readOwnerFacts(this.#options.sources, name, index));
      if (obstacle !== '') return obstacle;
    }
    return '';
  }

  async #changes(system: ConfigurationSystem, wanted: readonly ConfigurationFile[]): Promise<Step[]> {
    const there = (await this.#options.sources.list(system.folder)).filter((name) => name.startsWith(system.prefix));
    const paths = new Set(wanted.map(({ path }) => path));
    const steps: Step[] = [];
    for (const file of wanted) {
      if ((await this.#options.sources.file(file.path)) !== file.contents) steps.push(await this.#write(file));
    }
    for (const name of there) {
      const path = `${system.folder}/${name}`;
      const contents = paths.has(path) ? undefined : await this.#options.sources.file(path);
      const mode = wanted[0]?.mode ?? 0o600;
      if (contents !== undefined)
        steps.push({ action: { act: 'remove-file', path }, undo: { act: 'write-file', path, contents, mode } });
    }
    return steps;
  }

  async #write({ path, contents, mode }: ConfigurationFile): Promise<Step> {
    const before = await this.#options.sources.file(path);
    const undo = before === undefined ? ({ act: 'remove-file', path } as const) : undefined;
    return {
      action: { act: 'write-file', path, contents, mode },
      undo: undo ?? { act: 'write-file', path, contents: before ?? '', mode },
    };
  }

  /** What was written last. A file that is not understood counts as none: the devices are described anew as they change. */
  async #kept(): Promise<Kept | undefined> {
    const given = members(readJson((await this.#options.sources.file(this.#path)) ?? ''));
    const devices = elements(given['devices']).filter((one) => textOf(members(one)['name']) !== '');
    return textOf(given['system']) === ''
      ? undefined
      : { system: textOf(given['system']), devices: devices as DeviceConfiguration[] };
  }
}

function joined(before: readonly DeviceConfiguration[], { set, unset }: LastingChange): DeviceConfiguration[] {
  const changed = new Set([...unset, ...set.map(({ name }) => name)]);
  return [...before.filter(({ name }) => !changed.has(name)), ...set].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function told(commands: readonly Command[]): NetworkAction[] {
  return commands.map(([program, ...args]) => ({ act: 'reload', program, args }));
}

/** Steps that are for going forward only. */
function forward(actions: readonly NetworkAction[]): Step[] {
  return actions.map((action) => ({ action, undo: { act: 'nothing' } }));
}

/** Steps that only their undo has, in whose order the actions are given. */
function undone(actions: readonly NetworkAction[]): Step[] {
  return actions.map((undo): Step => ({ action: { act: 'nothing' }, undo })).toReversed();
}

function gone({ path }: ConfigurationFile): NetworkAction {
  return { act: 'remove-file', path };
}
