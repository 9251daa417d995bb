/** A client that follows an agent by its events alone, and must know everything that was acknowledged. */
import type { World } from '../../../src/world/world.ts';
import { type SimulatedAgent, Violation } from './agents.ts';
import { Connection } from './connection.ts';
import { type Expected, isCertain, stateOf } from './expectation.ts';

const classes = ['vm', 'network', 'VM_appliance', 'VIF', 'pool', 'host', 'not_a_class'];

interface Event {
  readonly class: string;
  readonly operation: 'add' | 'mod' | 'del';
  readonly ref: string;
  readonly snapshot?: Readonly<Record<string, unknown>>;
}

interface Batch {
  readonly events: readonly Event[];
  readonly token: string;
  readonly valid_ref_counts: Readonly<Record<string, number>>;
}

export class Follower {
  readonly #agent: SimulatedAgent;
  readonly #world: World;
  readonly #connection: Connection;
  /** What the events have told: class and snapshot by reference. */
  readonly #known = new Map<string, { readonly class: string; readonly snapshot: Readonly<Record<string, unknown>> }>();
  #token = '';
  #stopping = false;
  /** How often everything had to be fetched anew. */
  lost = 0;

  constructor(agent: SimulatedAgent, world: World, tell: (what: string) => void) {
    this.#agent = agent;
    this.#world = world;
    this.#connection = new Connection(world, agent.host.name, tell);
  }

  /** Follows until it is told to stop, and once more after that. */
  async follow(): Promise<void> {
    let last = false;
    while (!last) {
      last = this.#stopping;
      const heard = await this.#listen(last ? 0 : 2);
      if (heard) continue;
      last = false;
      await this.#world.clock.sleep(200);
    }
  }

  stop(): void {
    this.#stopping = true;
  }

  async #listen(timeoutSeconds: number): Promise<boolean> {
    const before = this.#expected();
    const seen = this.#agent.highestGeneration;
    const outcome = await this.#connection.call('event.from', [classes, this.#token, timeoutSeconds], 8_000);
    if (outcome.kind === 'unknown') return false;
    if (outcome.kind === 'refused') {
      if (outcome.error[0] === 'EVENTS_LOST') {
        this.#token = '';
        this.lost += 1;
        return false;
      }
      if (!['no login', 'SESSION_INVALID', 'TOO_BUSY'].includes(outcome.error[0] ?? '')) {
        throw new Violation(`${this.#who}: event.from was refused: ${outcome.error.join(', ')}`);
      }
      return false;
    }
    const batch = outcome.value as Batch;
    if (this.#token === '') this.#known.clear();
    else if (batch.token < this.#token) {
      throw new Violation(`${this.#who}: the token ${batch.token} comes after ${this.#token}`);
    }
    this.#token = batch.token;
    this.#agent.saw(Number(batch.token.split(',')[0]), seen);
    for (const event of batch.events) this.#take(event);
    this.#compareCounts(batch);
    this.#compareExpected(before);
    return true;
  }

  get #who(): string {
    return `the follower of ${this.#agent.host.name}`;
  }

  #take(event: Event): void {
    const known = this.#known.get(event.ref);
    if ((event.operation === 'add') !== (known === undefined)) {
      throw new Violation(
        `${this.#who} is told "${event.operation}" of ${event.class} ${event.ref}, which it ${known === undefined ? 'does not know' : 'knows'}`,
      );
    }
    if (event.operation === 'del') this.#known.delete(event.ref);
    else if (event.snapshot !== undefined) {
      this.#known.set(event.ref, { class: event.class, snapshot: event.snapshot });
    } else throw new Violation(`${this.#who} is told of ${event.ref} without its record`);
  }

  #compareCounts(batch: Batch): void {
    for (const [className, count] of Object.entries(batch.valid_ref_counts)) {
      const mine = [...this.#known.values()].filter((object) => object.class === className).length;
      if (mine === count) continue;
      throw new Violation(`${this.#who} knows ${mine} objects of ${className}, and there are ${count}`);
    }
  }

  #expected(): readonly (readonly [Expected, number])[] {
    return [...this.#agent.expectations.vms.values()].filter(isCertain).map((vm) => [vm, vm.revision] as const);
  }

  /** Whatever was certain when the call began, and has not been touched since, must have been heard of. */
  #compareExpected(before: readonly (readonly [Expected, number])[]): void {
    for (const [vm, revision] of before) {
      if (vm.revision !== revision || !isCertain(vm)) continue;
      const known = this.#known.get(vm.ref);
      const found = known === undefined ? undefined : stateOf(known.snapshot);
      const wrong = this.#agent.expectations.contradiction(vm, found);
      if (wrong !== undefined) throw new Violation(`${this.#who} has heard otherwise: ${wrong}`);
    }
  }
}
