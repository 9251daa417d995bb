/** A client that makes, changes and destroys VMs of its own at one agent, and remembers what it was promised. */

import type { Seeded } from '../../../src/world/simulated/seeded.ts';
import type { World } from '../../../src/world/world.ts';
import { vmRecord } from '../../lib/records.ts';
import { type SimulatedAgent, Violation } from './agents.ts';
import { Connection, isPassing, type Outcome } from './connection.ts';
import { type Expected, isCertain, type MaybeVm, stateOf, stateText, type VmState } from './expectation.ts';

const keys = ['a', 'b', '__proto__', 'größe'];
const nullRef = 'OpaqueRef:NULL';

interface Change {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly after: MaybeVm;
}

export class SimulatedClient {
  readonly name: string;
  readonly #agent: SimulatedAgent;
  readonly #world: World;
  readonly #chance: Seeded;
  readonly #connection: Connection;
  readonly #mine = new Set<Expected>();
  #appliance = nullRef;
  #network = '';
  #count = 0;

  constructor(name: string, agent: SimulatedAgent, world: World, chance: Seeded, tell: (what: string) => void) {
    this.name = name;
    this.#agent = agent;
    this.#world = world;
    this.#chance = chance;
    this.#connection = new Connection(world, agent.host.name, tell);
  }

  /** Does so many things, then makes sure of everything that is not certain. */
  async work(actions: number): Promise<void> {
    await this.#settleIn();
    for (let action = 0; action < actions; action += 1) {
      await this.#world.clock.sleep(this.#chance.between(1, 300));
      for (const expected of this.#mine) if (!isCertain(expected)) await this.#settle(expected);
      await this.#act();
    }
    for (const expected of this.#mine) if (!isCertain(expected)) await this.#settle(expected);
    await this.#readAll();
    await this.#connection.logOut();
  }

  /** Things of its own that are always there. */
  async #settleIn(): Promise<void> {
    this.#network = await this.#ensure('network', {
      name_label: `${this.name} network`,
      name_description: '',
      MTU: 1500,
      other_config: {},
      bridge: '',
      managed: true,
      tags: [],
    });
    this.#appliance = await this.#ensure('VM_appliance', {
      name_label: `${this.name} appliance`,
      name_description: '',
    });
  }

  async #ensure(className: string, record: Readonly<Record<string, unknown>>): Promise<string> {
    for (;;) {
      const label = record['name_label'];
      // Only what is found after an acknowledged write is sure to stay.
      await this.#barrier();
      const found = (await this.#connection.insist(`${className}.get_by_name_label`, label)) as string[];
      if (found.length > 1) throw new Violation(`${this.name}: ${found.length} of ${String(label)}`);
      if (found[0] !== undefined) return found[0];
      await this.#connection.call(`${className}.create`, [record]);
    }
  }

  /** Everything that was answered or given up before is decided when this resolves. */
  async #barrier(): Promise<void> {
    const [pool] = (await this.#connection.insist('pool.get_all')) as string[];
    this.#count += 1;
    await this.#connection.insist('pool.set_name_description', pool, `${this.name} ${this.#count}`);
  }

  async #act(): Promise<void> {
    const [vm] = this.#chance.chance(0.25) ? [] : this.#pick();
    if (vm === undefined) return this.#create();
    const roll = this.#chance.fraction();
    if (roll < 0.1) return this.#read(vm);
    if (roll < 0.15) return this.#readAll();
    if (roll < 0.2) return this.#connection.logOut();
    if (roll < 0.3) return this.#useTask();
    return this.#change(vm);
  }

  #pick(): readonly Expected[] {
    const all = [...this.#mine];
    return all.slice(this.#chance.integer(all.length)).slice(0, 1);
  }

  async #create(): Promise<void> {
    const { expectations } = this.#agent;
    this.#count += 1;
    const label = `${this.name}/${this.#count}`;
    const appliance = this.#chance.chance(0.5) ? this.#appliance : nullRef;
    const state: VmState = { label, config: { made: 'yes' }, tags: ['t'], appliance, interfaces: 0 };
    const record = { ...vmRecord(label), other_config: state.config, tags: state.tags, appliance };
    expectations.unknown.add(label);
    const outcome = this.#chance.chance(0.5)
      ? await this.#connection.call('VM.create', [record])
      : await this.#createByTask(record);
    if (outcome.kind === 'done') this.#made(String(outcome.value), state);
    else if (outcome.kind === 'refused') this.#assertPassing('VM.create', outcome.error);
    else await this.#findMade(label, state);
    expectations.unknown.delete(label);
  }

  #made(ref: string, state: VmState): void {
    const expected: Expected = { ref, states: [state], revision: 0 };
    this.#agent.expectations.vms.set(ref, expected);
    this.#mine.add(expected);
  }

  async #findMade(label: string, state: VmState): Promise<void> {
    await this.#barrier();
    const found = (await this.#connection.insist('VM.get_by_name_label', label)) as string[];
    if (found.length > 1) throw new Violation(`${found.length} VMs are called ${label}`);
    if (found[0] !== undefined) this.#made(found[0], state);
  }

  /** What came of a creation in the background, as far as its task tells. */
  async #createByTask(record: object): Promise<Outcome> {
    const started = await this.#connection.call('Async.VM.create', [record]);
    if (started.kind !== 'done') return started;
    for (;;) {
      const looked = await this.#connection.call('task.get_record', [started.value]);
      if (looked.kind !== 'done') return { kind: 'unknown', reason: 'the task cannot be followed' };
      const { status, result, error_info } = looked.value as { status: string; result: string; error_info: string[] };
      if (status === 'success') return { kind: 'done', value: result.replace(/<\/?value>/g, '') };
      if (status === 'failure') {
        if (error_info[0] !== 'INTERNAL_ERROR')
          throw new Violation(`${this.name}: a task failed: ${error_info.join(', ')}`);
        return { kind: 'unknown', reason: 'the disk refused it' };
      }
      await this.#world.clock.sleep(20);
    }
  }

  async #change(vm: Expected): Promise<void> {
    const before = vm.states[0];
    if (before === undefined) throw new Error('a VM that is gone was picked');
    const { method, params, after } = this.#someChange(vm.ref, before);
    vm.revision += 1;
    vm.states = [before, after];
    const outcome = await this.#connection.call(method, params);
    if (outcome.kind === 'done') this.#decide(vm, after);
    if (outcome.kind === 'refused') {
      this.#assertPassing(method, outcome.error);
      this.#decide(vm, before);
    }
  }

  #someChange(ref: string, before: VmState): Change {
    this.#count += 1;
    const key = keys[this.#chance.integer(keys.length)] ?? '';
    const value = `${this.#count}`;
    const without = Object.fromEntries(Object.entries(before.config).filter(([name]) => name !== key));
    const withIt = Object.fromEntries([...Object.entries(without), [key, value]]);
    const tags = before.tags.includes(key) ? before.tags.filter((tag) => tag !== key) : [...before.tags, key];
    const interfaceRecord = {
      device: String(before.interfaces),
      network: this.#network,
      VM: ref,
      MAC: '',
      MTU: 1500,
      other_config: {},
      qos_algorithm_type: '',
      qos_algorithm_params: {},
    };
    const choices: Change[] = [
      { method: 'VM.set_name_label', params: [ref, value], after: { ...before, label: value } },
      { method: 'VM.set_other_config', params: [ref, withIt], after: { ...before, config: withIt } },
      Object.hasOwn(before.config, key)
        ? { method: 'VM.remove_from_other_config', params: [ref, key], after: { ...before, config: without } }
        : { method: 'VM.add_to_other_config', params: [ref, key, value], after: { ...before, config: withIt } },
      { method: 'VM.set_tags', params: [ref, tags], after: { ...before, tags } },
      { method: 'VM.destroy', params: [ref], after: undefined },
    ];
    if (before.interfaces < 4) {
      const after = { ...before, interfaces: before.interfaces + 1 };
      choices.push({ method: 'VIF.create', params: [interfaceRecord], after });
    }
    return choices[this.#chance.integer(choices.length)] as Change;
  }

  #decide(vm: Expected, state: MaybeVm): void {
    vm.states = [state];
    if (state === undefined) this.#mine.delete(vm);
  }

  /** Finds out what came of a call that was not answered. */
  async #settle(vm: Expected): Promise<void> {
    await this.#barrier();
    this.#decide(vm, await this.#lookAt(vm));
  }

  async #read(vm: Expected): Promise<void> {
    await this.#lookAt(vm);
  }

  /** The state of a VM at the agent, which must be one of those that are possible. */
  async #lookAt(vm: Expected): Promise<MaybeVm> {
    for (;;) {
      const outcome = await this.#connection.call('VM.get_record', [vm.ref]);
      const gone = outcome.kind === 'refused' && outcome.error[0] === 'HANDLE_INVALID';
      if (outcome.kind === 'refused' && !gone) this.#assertPassing('VM.get_record', outcome.error);
      if (outcome.kind === 'done' || gone) {
        const found = gone ? undefined : stateOf((outcome as { value: Record<string, unknown> }).value);
        const wrong = this.#agent.expectations.contradiction(vm, found);
        if (wrong !== undefined) throw new Violation(`${this.name} reads: ${wrong}`);
        return found;
      }
      await this.#world.clock.sleep(200);
    }
  }

  /** Reads all VMs at once: its own must be as expected, and there must be no others of its own. */
  async #readAll(): Promise<void> {
    const records = (await this.#connection.insist('VM.get_all_records')) as Record<string, Record<string, unknown>>;
    for (const vm of this.#mine) {
      const record = records[vm.ref];
      const wrong = this.#agent.expectations.contradiction(vm, record === undefined ? undefined : stateOf(record));
      if (wrong !== undefined) throw new Violation(`${this.name} reads all: ${wrong}`);
    }
    const known = new Set(this.#agent.expectations.vms.keys());
    for (const [ref, record] of Object.entries(records)) {
      const state = stateOf(record);
      if (known.has(ref) || !state.label.startsWith(`${this.name}/`)) continue;
      throw new Violation(`${this.name} finds a VM that it did not make: ${ref} ${stateText(state)}`);
    }
  }

  /** A task of its own, which lives as long as the agent at most. */
  async #useTask(): Promise<void> {
    const made = await this.#connection.call('task.create', [`${this.name} task`, '']);
    if (made.kind !== 'done') return;
    await this.#connection.call('task.set_progress', [made.value, 0.5]);
    const read = await this.#connection.call('task.get_record', [made.value]);
    if (read.kind === 'done') {
      const { status, name_label: label } = read.value as Record<string, string>;
      if (status !== 'pending' || label !== `${this.name} task`) {
        throw new Violation(`${this.name}: its task is ${JSON.stringify(read.value)}`);
      }
    }
    await this.#connection.call(this.#chance.chance(0.5) ? 'task.cancel' : 'task.destroy', [made.value]);
  }

  #assertPassing(method: string, error: readonly string[]): void {
    if (!isPassing(error)) throw new Violation(`${this.name}: ${method} was refused: ${error.join(', ')}`);
  }
}
