/** A call while it runs: what its implementation may use, and what must be on disk before it is answered. */
import type { AnyHandler, Call, Events, Figures, RunningTask, Session, Sessions, Tasks } from '../api/call.ts';
import type { HostService } from '../api/host-service.ts';
import type { NetworkService } from '../api/network-service.ts';
import type { StackService } from '../api/stack-service.ts';
import type { Database, Transaction } from '../database/types.ts';
import { ApiError, type Datamodel, type Message, type RoleName } from '../datamodel/index.ts';
import { limits } from '../lib/limits.ts';
import type { Timings } from '../lib/timings.ts';
import type { Peer, World } from '../world/world.ts';
import type { MethodTable } from './method-table.ts';
import { permits } from './permission.ts';

/** What every call may use. */
export interface CallServices {
  readonly world: World;
  readonly datamodel: Datamodel;
  readonly database: Database;
  readonly table: MethodTable;
  readonly sessions: Sessions;
  readonly tasks: Tasks;
  readonly events: Events;
  readonly host: HostService;
  readonly figures: Figures;
  readonly timings: Timings;
  readonly network: NetworkService;
  readonly stacks: StackService;
  /** This agent's own host. */
  readonly hostRef: string;
}

/** Where a call stands: whose it is, and what ends it early. */
export interface Circumstances {
  readonly session: Session;
  readonly peer: Peer;
  readonly task: RunningTask | undefined;
  /** Whatever aborts first ends the call. Asked for only by calls that wait. */
  readonly endedBy: () => readonly AbortSignal[];
  /** How many calls this one is within. */
  readonly depth: number;
}

export class RunningCall implements Call {
  readonly message: Message;
  readonly #services: CallServices;
  readonly #circumstances: Circumstances;
  readonly #durable: Promise<void>[] = [];
  #signal: AbortSignal | undefined;

  constructor(services: CallServices, message: Message, circumstances: Circumstances) {
    this.#services = services;
    this.message = message;
    this.#circumstances = circumstances;
  }

  get session(): Session {
    return this.#circumstances.session;
  }
  get peer(): Peer {
    return this.#circumstances.peer;
  }
  get task(): RunningTask | undefined {
    return this.#circumstances.task;
  }
  get signal(): AbortSignal {
    this.#signal ??= AbortSignal.any([...this.#circumstances.endedBy()]);
    return this.#signal;
  }

  get world(): World {
    return this.#services.world;
  }
  get datamodel(): Datamodel {
    return this.#services.datamodel;
  }
  get database(): Database {
    return this.#services.database;
  }
  get sessions(): Sessions {
    return this.#services.sessions;
  }
  get tasks(): Tasks {
    return this.#services.tasks;
  }
  get events(): Events {
    return this.#services.events;
  }
  get host(): HostService {
    return this.#services.host;
  }
  get figures(): Figures {
    return this.#services.figures;
  }
  get network(): NetworkService {
    return this.#services.network;
  }
  get stacks(): StackService {
    return this.#services.stacks;
  }
  get hostRef(): string {
    return this.#services.hostRef;
  }

  change<T>(work: (tx: Transaction) => T): T {
    const { value, durable } = this.#services.database.transaction(work);
    if (durable !== undefined) this.#durable.push(durable);
    return value;
  }

  async invoke(name: string, args: Readonly<Record<string, unknown>>): Promise<unknown> {
    const depth = this.#circumstances.depth + 1;
    if (depth > limits.nestedCalls) throw new ApiError('INTERNAL_ERROR', `too many calls within ${this.message.name}`);
    const method = this.#services.table.methods.get(name);
    if (method === undefined) throw new ApiError('MESSAGE_METHOD_UNKNOWN', name);
    return new RunningCall(this.#services, method.message, { ...this.#circumstances, depth }).finish(method.run, args);
  }

  permits(least: RoleName): boolean {
    return permits(this.session, least);
  }

  /** Runs the implementation; the value comes at once when nothing has to be waited for. */
  finish(run: AnyHandler, args: Readonly<Record<string, unknown>>): unknown {
    const value = run(this, args);
    if (value instanceof Promise) return this.#settled(value);
    return this.#durable.length === 0 ? value : this.#settled(value);
  }

  async #settled(value: unknown): Promise<unknown> {
    const result = await value;
    if (this.#durable.length > 0) await this.#onDisk();
    return result;
  }

  async #onDisk(): Promise<void> {
    const { world, timings } = this.#services;
    const startMs = world.clock.monotonicMs();
    await Promise.all(this.#durable);
    timings.durable.observe(world.clock.monotonicMs() - startMs);
  }
}
