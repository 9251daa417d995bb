/** From a read call to its result: name, arity, session, parameters, permission, task, implementation, durability. */
import type { Session } from '../api/call.ts';
import { ApiError, type ApiType, asApiError, type Message, type RoleName, rolesFrom } from '../datamodel/index.ts';
import { unknownCall } from '../lib/timings.ts';
import type { HttpRequest } from '../world/world.ts';
import type { RpcCall } from './call.ts';
import { keyPermissions } from './key-roles.ts';
import type { Method } from './method-table.ts';
import { permits } from './permission.ts';
import { type RequestContext, requestContext } from './request-context.ts';
import { type CallServices, RunningCall } from './running-call.ts';
import type { OpenSession, SessionTable } from './sessions.ts';
import type { TaskTable } from './tasks.ts';

/** A value and the type that tells how to write it; `bare` results have no envelope over XML-RPC. */
export interface Answer {
  readonly type: ApiType;
  readonly value: unknown;
  readonly bare?: boolean;
}

export interface DispatchOptions extends CallServices {
  readonly sessions: SessionTable;
  readonly tasks: TaskTable;
  /** Writes a result as the XML fragment that task.result holds. */
  readonly fragment: (type: ApiType, value: unknown) => string;
}

const stringType: ApiType = { kind: 'string' };
const stringSet: ApiType = { kind: 'set', of: stringType };
const refType: ApiType = { kind: 'ref', class: 'task' };
const nobody: Session = {
  ref: 'OpaqueRef:NULL',
  kind: 'user',
  userName: '',
  originator: '',
  superuser: false,
  role: undefined,
  subjectIdentifier: '',
  signal: new AbortController().signal,
};

/** Calls that are being answered, by what they are for; nothing here knows a transport. */
export class Dispatcher {
  readonly options: DispatchOptions;

  constructor(options: DispatchOptions) {
    this.options = options;
  }

  /** @throws ApiError, at once or as a rejection. */
  dispatch(call: RpcCall, request: HttpRequest): Answer | Promise<Answer> {
    if (call.method.startsWith('system.')) return this.#system(call);
    const asynchronous = /^(?:Internal)?Async\./.exec(call.method);
    const name = asynchronous === null ? call.method : call.method.slice(asynchronous[0].length);
    const method = this.options.table.methods.get(name);
    const { world, timings } = this.options;
    const measured = method?.message.name ?? unknownCall;
    const startMs = world.clock.monotonicMs();
    let answer: Answer | Promise<Answer>;
    try {
      answer = this.#answer(call, name, method, asynchronous !== null, request);
    } catch (thrown) {
      timings.called(measured, world.clock.monotonicMs() - startMs, true);
      throw thrown;
    }
    if (answer instanceof Promise) return this.#timed(measured, startMs, answer);
    // What goes on in the background is measured when it ends.
    if (asynchronous === null) timings.called(measured, world.clock.monotonicMs() - startMs, false);
    return answer;
  }

  async #timed(name: string, startMs: number, answer: Promise<Answer>): Promise<Answer> {
    const { world, timings } = this.options;
    let failed = true;
    try {
      const done = await answer;
      failed = false;
      return done;
    } finally {
      timings.called(name, world.clock.monotonicMs() - startMs, failed);
    }
  }

  #answer(
    call: RpcCall,
    name: string,
    method: Method | undefined,
    asynchronous: boolean,
    request: HttpRequest,
  ): Answer | Promise<Answer> {
    const { sessions } = this.options;
    if (method === undefined) {
      // As other servers: who has no session does not learn which methods there are.
      if (call.params.length > 0) sessions.require(sessionRef(call));
      throw new ApiError('MESSAGE_METHOD_UNKNOWN', name);
    }
    const { message } = method;
    if (asynchronous && !method.hasTask) throw new NoAsyncMode(call.method);
    const first = message.sessionless ? 0 : 1;
    this.#checkArity(message, call.params.length - first, call.params.length < first);
    const session = message.sessionless ? nobody : sessions.require(sessionRef(call));
    const args = this.#arguments(method, call, first);
    if (!message.sessionless) this.#authorise(session, method, args);
    if (asynchronous) return this.#background(method, session as OpenSession, args, request, call.method);
    return this.#foreground(method, session, args, request);
  }

  #system(call: RpcCall): Answer {
    if (call.method === 'system.listMethods') return { type: stringSet, value: this.options.table.listed, bare: true };
    if (call.method.startsWith('system.isAlive')) {
      return { type: stringType, value: typeof call.params[0] === 'string' ? call.params[0] : '' };
    }
    throw new ApiError('MESSAGE_METHOD_UNKNOWN', call.method);
  }

  #checkArity(message: Message, received: number, sessionMissing: boolean): void {
    const tooFew = received < message.required;
    // Surplus parameters are ignored where some have defaults, because newer clients send more of them.
    const tooMany = received > message.params.length && message.required === message.params.length;
    if (sessionMissing || tooFew || tooMany) {
      throw new ApiError(
        'MESSAGE_PARAMETER_COUNT_MISMATCH',
        message.name,
        String(message.required),
        String(Math.max(0, received)),
      );
    }
  }

  #arguments(method: Method, call: RpcCall, first: number): Record<string, unknown> {
    const args: Record<string, unknown> = {};
    for (const [index, param] of method.message.params.entries()) {
      const given = index + first < call.params.length;
      const read = method.unmarshal[index];
      args[param.name] = given && read !== undefined ? read(call.params[index + first] ?? null) : param.default;
    }
    return args;
  }

  #authorise(session: Session, method: Method, args: Readonly<Record<string, unknown>>): void {
    const { message } = method;
    if (message.poolInternal && session.kind === 'user') {
      throw new ApiError('INTERNAL_ERROR', `${message.name} is between the agents of a pool only.`);
    }
    if (session.superuser) return;
    const keys =
      method.guarded === undefined ? [] : keyPermissions(method.guarded, message, args, this.options.database);
    for (const key of keys) {
      if (!permits(session, key.role)) this.#deny(session, key.permission, rolesFrom(key.role));
    }
    const replaced = keys.some((key) => key.replaces);
    if (!replaced && !permits(session, message.role)) this.#deny(session, message.permission, message.roles);
  }

  #deny(session: Session, permission: string, roles: readonly RoleName[]): never {
    const { log } = this.options.world;
    log.write('info', 'permission-denied', 'A call was refused for want of a permission.', {
      user: session.userName,
      permission,
    });
    const who = roles.length === 0 ? 'only root on the host itself' : roles.join(', ');
    throw new ApiError(
      'RBAC_PERMISSION_DENIED',
      permission,
      `No permission in user session. (Roles with this permission: ${who})`,
    );
  }

  #foreground(
    method: Method,
    session: Session,
    args: Record<string, unknown>,
    request: HttpRequest,
  ): Answer | Promise<Answer> {
    const { message } = method;
    const context = requestContext(request);
    if (method.hasTask || context.task !== undefined) return this.#asTask(method, session, args, request, context);
    const call = new RunningCall(this.options, message, {
      session,
      peer: request.peer,
      task: undefined,
      endedBy: () => [request.signal, session.signal],
      depth: 0,
    });
    const value = call.finish(method.run, args);
    if (value instanceof Promise) return value.then((result: unknown) => ({ type: message.result, value: result }));
    return { type: message.result, value };
  }

  /** A synchronous call that others can see and cancel while it runs. */
  async #asTask(
    method: Method,
    session: Session,
    args: Record<string, unknown>,
    request: HttpRequest,
    context: RequestContext,
  ): Promise<Answer> {
    const { tasks } = this.options;
    const existing = context.task;
    const { message } = method;
    if (existing !== undefined) tasks.assertOwner(existing, session);
    const task = existing === undefined ? tasks.start(message.name, session, context) : tasks.attach(existing);
    const endedBy = (): AbortSignal[] => [task.signal, request.signal, session.signal];
    const call = new RunningCall(this.options, message, { session, peer: request.peer, task, endedBy, depth: 0 });
    try {
      const value = await call.finish(method.run, args);
      if (existing !== undefined) tasks.finish(task.ref, { kind: 'success', result: this.#fragment(message, value) });
      return { type: message.result, value };
    } catch (thrown) {
      if (existing !== undefined) tasks.finish(task.ref, { kind: 'failure', error: this.describe(thrown) });
      throw thrown;
    } finally {
      if (existing === undefined) tasks.discard(task.ref);
    }
  }

  /** Answers with a task at once and does the work afterwards. */
  #background(
    method: Method,
    session: OpenSession,
    args: Record<string, unknown>,
    request: HttpRequest,
    label: string,
  ): Answer {
    const { tasks, timings, world } = this.options;
    const { message } = method;
    const startMs = world.clock.monotonicMs();
    const task = tasks.start(label, session, requestContext(request));
    // A logout does not stop work that was begun, and neither does a client that goes away.
    const endedBy = (): AbortSignal[] => [task.signal];
    const call = new RunningCall(this.options, message, { session, peer: request.peer, task, endedBy, depth: 0 });
    const work = async (): Promise<void> => {
      try {
        const value = await call.finish(method.run, args);
        timings.called(message.name, world.clock.monotonicMs() - startMs, false);
        tasks.finish(task.ref, { kind: 'success', result: this.#fragment(message, value) });
      } catch (thrown) {
        timings.called(message.name, world.clock.monotonicMs() - startMs, true);
        tasks.finish(task.ref, { kind: 'failure', error: this.describe(thrown) });
      }
    };
    void work();
    return { type: refType, value: task.ref };
  }

  /** What a caller is told of anything that was thrown; what was not meant for callers is logged. */
  describe(thrown: unknown): readonly string[] {
    if (thrown instanceof NoAsyncMode) return thrown.description;
    const error = asApiError(thrown);
    if (error.cause !== undefined) {
      this.options.world.log.write(
        'error',
        'call-failed',
        'A call failed in a way that its implementation did not foresee.',
        {
          reason: error.message,
          stack: error.cause instanceof Error ? error.cause.stack : undefined,
        },
      );
    }
    return error.description;
  }

  #fragment(message: Message, value: unknown): string {
    return this.options.fragment(message.result, value);
  }
}

/** The first parameter as a session reference; anything but text is none. */
function sessionRef(call: RpcCall): string {
  const [first] = call.params;
  return typeof first === 'string' ? first : '';
}

/** Asynchronous calls of a message that has no such form end as the "Fault" that clients of other servers know. */
export class NoAsyncMode extends Error {
  readonly description: readonly string[];

  constructor(method: string) {
    super(`No async mode for this operation (rpc: ${method})`);
    this.description = ['Fault', this.message];
  }
}
