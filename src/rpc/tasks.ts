/** Tasks: long work that clients follow, cancel and collect results from. */
import type { RunningTask, Session, Tasks } from '../api/call.ts';
import type { Database } from '../database/types.ts';
import { ApiError, type RecordOf } from '../datamodel/index.ts';
import { formatDatetime, neverDatetime, parseDatetime } from '../lib/datetime.ts';
import { limits } from '../lib/limits.ts';
import type { Cancel, World } from '../world/world.ts';
import { permits } from './permission.ts';
import type { RequestContext } from './request-context.ts';

const nullRef = 'OpaqueRef:NULL';

/** How a task's work ended. */
export type Outcome =
  | { readonly kind: 'success' /** XML-RPC fragment of the result. */; readonly result: string }
  | { readonly kind: 'failure'; readonly error: readonly string[] };

class Running implements RunningTask {
  readonly ref: string;
  readonly controller = new AbortController();
  readonly #tasks: TaskTable;

  constructor(ref: string, tasks: TaskTable) {
    this.ref = ref;
    this.#tasks = tasks;
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  progress(fraction: number): void {
    this.#tasks.advance(this.ref, fraction);
  }
}

/** How long tasks last; can change at any time. */
export interface TaskBounds {
  /** A pending task without progress is given up after this. */
  readonly staleMs: number;
  /** An ended task is kept for this long. */
  readonly keptMs: number;
}

export interface TasksOptions {
  readonly world: World;
  readonly database: Database;
  readonly hostRef: string;
}

export class TaskTable implements Tasks {
  readonly #options: TasksOptions;
  readonly #running = new Map<string, Running>();
  #sweep: Cancel = () => {};
  #bounds: TaskBounds = { staleMs: limits.taskStaleMs, keptMs: limits.taskKeptMs };
  #closed = false;

  constructor(options: TasksOptions) {
    this.#options = options;
    this.#planSweep();
  }

  configure(bounds: TaskBounds): void {
    this.#bounds = bounds;
  }

  create(label: string, description: string, session: Session | undefined, context?: RequestContext): string {
    const { world, database, hostRef } = this.#options;
    if (database.count('task') >= limits.tasksPending + limits.tasksKept) {
      throw new ApiError('TOO_BUSY');
    }
    const subtaskOf = context?.subtaskOf ?? nullRef;
    return database.transaction((tx) =>
      tx.create('task', {
        name_label: label,
        name_description: description,
        status: 'pending',
        type: '<none/>',
        created: formatDatetime(world.clock.nowMs()),
        finished: neverDatetime,
        resident_on: hostRef,
        session: session === undefined || session.kind === 'local' ? nullRef : session.ref,
        subtask_of: tx.get('task', subtaskOf) === undefined ? nullRef : subtaskOf,
        other_config: context?.otherConfig ?? {},
        allowed_operations: ['cancel', 'destroy'],
      }),
    ).value;
  }

  /** Makes a task for work that begins now. */
  start(label: string, session: Session, context: RequestContext): RunningTask {
    return this.attach(this.create(label, '', session, context));
  }

  /** Work begins on a task that is there already. @throws ApiError HANDLE_INVALID */
  attach(ref: string): RunningTask {
    const row = this.#options.database.require('task', ref);
    if (row.status !== 'pending' || this.#running.has(ref)) {
      throw new ApiError('OPERATION_NOT_ALLOWED', `The task ${ref} has already been used.`);
    }
    const running = new Running(ref, this);
    this.#running.set(ref, running);
    return running;
  }

  /** Writes down how the work ended. A task that its owner had destroyed meanwhile goes away now. */
  finish(ref: string, outcome: Outcome): void {
    const running = this.#running.get(ref);
    this.#running.delete(ref);
    const { world, database } = this.#options;
    const row = database.get('task', ref);
    // Tasks end with the agent, and the database may be closed before the last piece of work is.
    if (row === undefined || this.#closed) return;
    if (Object.values(row.current_operations).includes('destroy')) {
      database.transaction((tx) => tx.destroy('task', ref));
      return;
    }
    const finished = formatDatetime(world.clock.nowMs());
    const cancelled = outcome.kind === 'failure' && running?.signal.aborted === true;
    const ended: Partial<RecordOf<'task'>> =
      outcome.kind === 'success'
        ? { status: 'success', progress: 1, result: outcome.result }
        : cancelled
          ? { status: 'cancelled', error_info: ['TASK_CANCELLED', ref] }
          : { status: 'failure', error_info: outcome.error };
    database.transaction((tx) =>
      tx.update('task', ref, { ...ended, finished, allowed_operations: ['destroy'], current_operations: {} }),
    );
  }

  /** Removes a task that lived only as long as a synchronous call. */
  discard(ref: string): void {
    this.#running.delete(ref);
    const { database } = this.#options;
    if (database.get('task', ref) === undefined || this.#closed) return;
    database.transaction((tx) => tx.destroy('task', ref));
  }

  advance(ref: string, fraction: number): void {
    const { database } = this.#options;
    const row = database.get('task', ref);
    if (row === undefined || row.status !== 'pending') return;
    const progress = Math.min(1, Math.max(row.progress, fraction));
    if (progress !== row.progress) database.transaction((tx) => tx.update('task', ref, { progress }));
  }

  cancel(ref: string): void {
    const { database, world } = this.#options;
    // Named like a task that is not in the database: what cancels has no task of its own, and its session is a secret.
    const by = `DummyRef:|${world.random.uuid()}|task.cancel`;
    const row = database.require('task', ref);
    if (row.status === 'cancelling') return;
    if (row.status !== 'pending') {
      throw new ApiError('OPERATION_NOT_ALLOWED', `The task has ended already (${row.status}).`);
    }
    const running = this.#running.get(ref);
    if (running === undefined) {
      // A client made it and nothing works on it, so there is nobody to wait for.
      const finished = formatDatetime(world.clock.nowMs());
      database.transaction((tx) =>
        tx.update('task', ref, {
          status: 'cancelled',
          error_info: ['TASK_CANCELLED', ref],
          finished,
          allowed_operations: ['destroy'],
        }),
      );
      return;
    }
    database.transaction((tx) =>
      tx.update('task', ref, {
        status: 'cancelling',
        current_operations: { ...row.current_operations, [by]: 'cancel' },
        allowed_operations: ['destroy'],
      }),
    );
    running.controller.abort(new ApiError('TASK_CANCELLED', ref));
  }

  destroy(ref: string): void {
    const { database } = this.#options;
    const row = database.require('task', ref);
    if (row.status === 'pending' || row.status === 'cancelling') {
      if (this.#running.has(ref)) {
        database.transaction((tx) =>
          tx.update('task', ref, { current_operations: { ...row.current_operations, [ref]: 'destroy' } }),
        );
        return;
      }
    }
    database.transaction((tx) => tx.destroy('task', ref));
  }

  setStatus(ref: string, status: RecordOf<'task'>['status']): void {
    this.#requireClientMade(ref);
    const ended = status === 'success' || status === 'failure' || status === 'cancelled';
    const finished = ended ? formatDatetime(this.#options.world.clock.nowMs()) : neverDatetime;
    this.#options.database.transaction((tx) =>
      tx.update('task', ref, {
        status,
        finished,
        allowed_operations: ended ? ['destroy'] : ['cancel', 'destroy'],
        ...(status === 'success' ? { progress: 1 } : {}),
      }),
    );
  }

  setProgress(ref: string, fraction: number): void {
    this.#requireClientMade(ref);
    if (!(fraction >= 0 && fraction <= 1)) throw new ApiError('INVALID_VALUE', 'progress', String(fraction));
    this.#options.database.transaction((tx) => tx.update('task', ref, { progress: fraction }));
  }

  setResult(ref: string, result: string): void {
    this.#requireClientMade(ref);
    this.#options.database.transaction((tx) => tx.update('task', ref, { result }));
  }

  setErrorInfo(ref: string, info: readonly string[]): void {
    this.#requireClientMade(ref);
    this.#options.database.transaction((tx) => tx.update('task', ref, { error_info: info }));
  }

  assertOwner(ref: string, session: Session): void {
    const row = this.#options.database.require('task', ref);
    if (row.session === session.ref || permits(session, 'pool-operator')) return;
    throw new ApiError('RBAC_PERMISSION_DENIED', 'task.destroy/any', 'The task belongs to another session.');
  }

  close(): void {
    this.#closed = true;
    this.#sweep();
    for (const running of this.#running.values()) running.controller.abort(new ApiError('TASK_CANCELLED', running.ref));
  }

  #requireClientMade(ref: string): void {
    const row = this.#options.database.require('task', ref);
    if (this.#running.has(ref) || row.status === 'cancelled' || row.status === 'cancelling') {
      throw new ApiError('OPERATION_NOT_ALLOWED', 'The agent itself works on this task, or it was cancelled.');
    }
  }

  #planSweep(): void {
    this.#sweep = this.#options.world.clock.after(limits.taskSweepMs, () => {
      this.sweep();
      this.#planSweep();
    });
  }

  /** Throws away ended tasks that are old or too many, and pending ones that nobody has moved for a day. */
  sweep(): void {
    const { world, database } = this.#options;
    const now = world.clock.nowMs();
    const all = database.refs('task').map((ref) => ({ ref, row: database.require('task', ref) }));
    const ended = all
      .filter(({ row }) => row.status !== 'pending' && row.status !== 'cancelling')
      .toSorted((a, b) => (a.row.finished < b.row.finished ? -1 : a.row.finished > b.row.finished ? 1 : 0));
    const surplus = ended.slice(0, Math.max(0, ended.length - limits.tasksKept));
    const old = ended.filter(({ row }) => now - parseDatetime(row.finished) > this.#bounds.keptMs);
    const stale = all.filter(
      ({ ref, row }) =>
        row.status === 'pending' && !this.#running.has(ref) && now - parseDatetime(row.created) > this.#bounds.staleMs,
    );
    const gone = new Set([...surplus, ...old, ...stale].map(({ ref }) => ref));
    if (gone.size === 0) return;
    database.transaction((tx) => {
      for (const ref of gone) tx.destroy('task', ref);
    });
    world.log.write('debug', 'tasks-swept', 'Tasks that nobody needs any more were removed.', { count: gone.size });
  }
}
