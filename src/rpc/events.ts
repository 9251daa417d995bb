/** Events: who waits for which changes, and what they are told. Nobody is woken by a timer for a change. */
import type { Events, Session } from '../api/call.ts';
import type { Change, Commit, Database } from '../database/types.ts';
import { ApiError, type ClassName, type Datamodel } from '../datamodel/index.ts';
import { limits } from '../lib/limits.ts';
import type { Timings } from '../lib/timings.ts';
import type { World } from '../world/world.ts';
import { Events as Batch, type Event, type ExistingObjects } from './marshal/results.ts';
import { formatToken, parseToken, Subscription } from './subscription.ts';

interface Waiter {
  readonly subscription: Subscription;
  /** Something that it waits for was committed, at this time; or there is nothing to wait for any more. */
  readonly wake: (committedMs: number) => void;
}

/** The queue of one session that uses event.register and event.next. */
interface Registration {
  subscription: Subscription;
  /** Everything up to this generation was told. */
  position: number;
}

export interface EventsOptions {
  readonly world: World;
  readonly database: Database;
  readonly datamodel: Datamodel;
  readonly timings: Timings;
}

export class EventHub implements Events {
  readonly #options: EventsOptions;
  readonly #waiters = new Set<Waiter>();
  readonly #waitsOf = new Map<string, number>();
  readonly #registrations = new Map<string, Registration>();
  readonly #classes: ReadonlyMap<string, string>;
  readonly #stop: () => void;

  constructor(options: EventsOptions) {
    this.#options = options;
    const told = [...options.datamodel.classes.values()].filter((apiClass) => apiClass.spec.events);
    this.#classes = new Map(told.map((apiClass) => [apiClass.name.toLowerCase(), apiClass.name]));
    this.#stop = options.database.onCommit((commit) => this.#committed(commit));
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  register(session: Session, classes: readonly string[]): void {
    // The manual of 2007 says that an empty list means every class.
    const added = Subscription.parse(classes.length === 0 ? ['*'] : classes, this.#classes);
    const known = this.#registrations.get(session.ref);
    if (known !== undefined) {
      known.subscription = known.subscription.with(added);
      return;
    }
    this.#registrations.set(session.ref, { subscription: added, position: this.#options.database.generation });
    session.signal.addEventListener('abort', () => this.#registrations.delete(session.ref), { once: true });
  }

  unregister(session: Session, classes: readonly string[]): void {
    const known = this.#registrations.get(session.ref);
    const removed = Subscription.parse(classes, this.#classes);
    if (known === undefined) return;
    const left = known.subscription.without(removed);
    if (left.isEmpty) this.#registrations.delete(session.ref);
    else known.subscription = left;
  }

  async next(session: Session, signal: AbortSignal): Promise<Batch> {
    let committedMs: number | undefined;
    for (;;) {
      const registration = this.#registrations.get(session.ref);
      if (registration === undefined) throw new ApiError('SESSION_NOT_REGISTERED', session.ref);
      const { database, world } = this.#options;
      const commits = database.changesSince(registration.position);
      if (commits === undefined) {
        this.#registrations.delete(session.ref);
        throw new ApiError('EVENTS_LOST');
      }
      const events = this.#coalesce(commits, registration.subscription, String(world.clock.nowMs() / 1000));
      // Moved on in the same turn in which it was read, so that calls side by side get different events.
      registration.position = database.generation;
      if (events.length > 0) return this.#told(new Batch(events), committedMs);
      committedMs = await this.#wait(session, registration.subscription, limits.eventWaitMs, signal);
    }
  }

  from(
    session: Session,
    classes: readonly string[],
    token: string,
    timeoutSeconds: number,
    signal: () => AbortSignal,
  ): Batch | Promise<Batch> {
    const subscription = Subscription.parse(classes, this.#classes);
    const since = parseToken(token);
    if (since === undefined) return this.#everything(subscription);
    const first = this.#changes(subscription, since);
    const waitMs = Math.min(timeoutSeconds * 1000, limits.eventWaitMs);
    if (first.events.length > 0 || !(waitMs > 0)) return first;
    return this.#later(session, subscription, since, waitMs, signal());
  }

  inject(className: string, ref: string): string {
    const { database } = this.#options;
    const name = this.#classes.get(className.toLowerCase());
    if (name === undefined) throw new ApiError('HANDLE_INVALID', className, ref);
    const before = database.generation;
    database.transaction((tx) => tx.touch(name as ClassName, ref));
    return formatToken(before);
  }

  currentId(): number {
    return this.#options.database.generation;
  }

  close(): void {
    this.#stop();
    for (const waiter of this.#waiters) waiter.wake(this.#options.world.clock.monotonicMs());
  }

  #told(batch: Batch, committedMs: number | undefined): Batch {
    const { timings, world } = this.#options;
    if (committedMs !== undefined) timings.eventLag.observe(world.clock.monotonicMs() - committedMs);
    return batch;
  }

  async #later(
    session: Session,
    subscription: Subscription,
    since: number,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<Batch> {
    const { clock } = this.#options.world;
    const deadlineMs = clock.monotonicMs() + waitMs;
    for (;;) {
      const leftMs = deadlineMs - clock.monotonicMs();
      const committedMs = leftMs > 0 ? await this.#wait(session, subscription, leftMs, signal) : undefined;
      const batch = this.#changes(subscription, since);
      if (batch.events.length > 0) return this.#told(batch, committedMs);
      if (committedMs === undefined) return batch;
    }
  }

  /** Every object of the classes, as if it had just been made. */
  #everything(subscription: Subscription): Batch {
    const { database } = this.#options;
    const id = String(database.generation);
    const timestamp = '0.0';
    const existing: ExistingObjects[] = [];
    const events: Event[] = [];
    for (const className of subscription.classes) {
      if (subscription.coversClass(className)) {
        existing.push({ class: className, segments: database.segments(className as ClassName), id, timestamp });
        continue;
      }
      for (const ref of subscription.objectsOf(className)) {
        const row = database.get(className as ClassName, ref);
        if (row !== undefined) events.push({ id, timestamp, class: className, operation: 'add', ref, row });
      }
    }
    return this.#batch(subscription, events, existing);
  }

  #changes(subscription: Subscription, since: number): Batch {
    const { database } = this.#options;
    const commits = since > database.generation ? undefined : database.changesSince(since);
    if (commits === undefined) throw new ApiError('EVENTS_LOST');
    return this.#batch(subscription, this.#coalesce(commits, subscription, '0.0'));
  }

  #batch(subscription: Subscription, events: readonly Event[], existing: readonly ExistingObjects[] = []): Batch {
    const { database } = this.#options;
    const validRefCounts: Record<string, number> = {};
    for (const name of subscription.classes) validRefCounts[name.toLowerCase()] = database.count(name as ClassName);
    return new Batch(events, { token: formatToken(database.generation), validRefCounts }, existing);
  }

  /** One event an object: what it is now against what it was at the start. Adds first, then mods, then dels. */
  #coalesce(commits: Iterable<Commit>, subscription: Subscription, timestamp: string): Event[] {
    const latest = new Map<string, Event>();
    for (const commit of commits) {
      for (const change of commit.changes) {
        if (!subscription.covers(change.class, change.ref)) continue;
        const known = latest.get(change.ref);
        const operation = merge(known, change);
        if (operation === undefined) {
          latest.delete(change.ref);
          continue;
        }
        // Put at the end again, so that the order is that of the last change.
        if (known !== undefined) latest.delete(change.ref);
        latest.set(change.ref, {
          id: String(commit.generation),
          timestamp,
          class: change.class,
          operation,
          ref: change.ref,
          row: operation === 'del' ? undefined : change.row,
        });
      }
    }
    const all = [...latest.values()];
    if (all.length < 2) return all;
    const rank = { add: 0, mod: 1, del: 2 } as const;
    return all.toSorted((a, b) => rank[a.operation] - rank[b.operation]);
  }

  #committed(commit: Commit): void {
    this.#options.timings.commits += 1;
    if (this.#waiters.size === 0) return;
    const nowMs = this.#options.world.clock.monotonicMs();
    for (const waiter of this.#waiters) {
      if (commit.changes.some((change) => waiter.subscription.covers(change.class, change.ref))) waiter.wake(nowMs);
    }
  }

  /** Adds to how many waits a session has. @throws ApiError TOO_BUSY */
  #countWait(session: string, by: 1 | -1): void {
    const waits = (this.#waitsOf.get(session) ?? 0) + by;
    const full = waits > limits.eventWaitersPerSession || this.#waiters.size >= limits.eventWaiters;
    if (by === 1 && full) throw new ApiError('TOO_BUSY');
    if (waits === 0) this.#waitsOf.delete(session);
    else this.#waitsOf.set(session, waits);
  }

  /** When something relevant was committed; undefined when the time was up. */
  #wait(
    session: Session,
    subscription: Subscription,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    this.#countWait(session.ref, 1);
    return new Promise<number | undefined>((resolve, reject) => {
      const settle = (finish: () => void): void => {
        this.#waiters.delete(waiter);
        this.#countWait(session.ref, -1);
        cancel();
        signal.removeEventListener('abort', aborted);
        finish();
      };
      const waiter: Waiter = { subscription, wake: (atMs) => settle(() => resolve(atMs)) };
      const aborted = (): void => settle(() => reject(signal.reason as Error));
      const cancel = this.#options.world.clock.after(waitMs, () => settle(() => resolve(undefined)));
      if (signal.aborted) {
        aborted();
        return;
      }
      this.#waiters.add(waiter);
      signal.addEventListener('abort', aborted, { once: true });
    });
  }
}

/** What a further change makes of an event that was going to be told; undefined when nothing is left to tell. */
function merge(known: Event | undefined, change: Change): Event['operation'] | undefined {
  if (known === undefined) return change.kind;
  if (known.operation === 'add') return change.kind === 'del' ? undefined : 'add';
  if (known.operation === 'del') return change.kind === 'del' ? 'del' : 'mod';
  return change.kind === 'del' ? 'del' : 'mod';
}
