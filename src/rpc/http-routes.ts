/** What is served beside calls: who asks, whether they may, and the task that the answer ends. */
import type { RunningTask, Session } from '../api/call.ts';
import {
  ApiError,
  asApiError,
  type HttpAction,
  type HttpActionName,
  httpActions,
  httpPermission,
  rolesFrom,
} from '../datamodel/index.ts';
import type { HttpReply, HttpRequest, World } from '../world/world.ts';
import { htmlReply } from './html-page.ts';
import { permits } from './permission.ts';
import { cookies, requestContext } from './request-context.ts';
import type { SessionTable } from './sessions.ts';
import type { TaskTable } from './tasks.ts';

/** Answers a request that is permitted. An ApiError becomes a page that says what is wrong with the request. */
export type RouteHandler = (request: HttpRequest, query: URLSearchParams) => HttpReply | Promise<HttpReply>;

export type RouteHandlers = Readonly<Record<HttpActionName, RouteHandler>>;

export interface HttpRoutesOptions {
  readonly world: Pick<World, 'log'>;
  readonly sessions: SessionTable;
  readonly tasks: TaskTable;
  readonly handlers: RouteHandlers;
}

interface Route extends HttpAction {
  readonly name: HttpActionName;
  readonly run: RouteHandler;
}

/** Somebody who was found to be who they say, and what to do when they have their answer. */
interface Caller {
  readonly session: Session;
  readonly leave: () => void;
}

const stay = (): void => {};

/** Root on the socket needs no session. */
function rootOnSocket(signal: AbortSignal): Session {
  return {
    ref: 'OpaqueRef:NULL',
    kind: 'local',
    userName: '',
    originator: '',
    superuser: true,
    role: 'pool-admin',
    subjectIdentifier: '',
    signal,
  };
}

/** Name and password of an Authorization header of the kind Basic. */
function basicCredentials(header: string | undefined): { name: string; password: string } | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header ?? '')?.[1];
  const text = Buffer.from(encoded ?? '', 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 1 ? undefined : { name: text.slice(0, colon), password: text.slice(colon + 1) };
}

const needed = 'This needs a session (the cookie or parameter session_id), or a name and password.';

function unauthorised(name: HttpActionName, sentence: string): HttpReply {
  const headers = { 'www-authenticate': `Basic realm="${name}"` };
  return htmlReply(401, 'Unauthorised', sentence, { close: false, headers });
}

export class HttpRoutes {
  readonly #options: HttpRoutesOptions;
  readonly #routes: ReadonlyMap<string, Route>;

  constructor(options: HttpRoutesOptions) {
    this.#options = options;
    const routes = Object.entries(httpActions).map(([key, action]): [string, Route] => {
      const name = key as HttpActionName;
      return [`${action.method} ${action.path}`, { ...action, name, run: options.handlers[name] }];
    });
    this.#routes = new Map(routes);
  }

  /** Undefined when nothing is served there. */
  handle(request: HttpRequest): Promise<HttpReply> | undefined {
    const route = this.#routes.get(`${request.method} ${request.path}`);
    return route === undefined ? undefined : this.#answer(route, request);
  }

  async #answer(route: Route, request: HttpRequest): Promise<HttpReply> {
    const query = new URLSearchParams(request.query);
    const caller = await this.#caller(request, query);
    if (typeof caller === 'string') return unauthorised(route.name, caller);
    try {
      const { task } = requestContext(request);
      return task === undefined
        ? await this.#permitted(route, request, query, caller.session)
        : await this.#asTask(task, route, request, query, caller.session);
    } catch (thrown) {
      return refusal(thrown);
    } finally {
      caller.leave();
    }
  }

  /** The socket first, then a session, then the pool's secret, then name and password. A sentence when it is nobody who is known. */
  async #caller(request: HttpRequest, query: URLSearchParams): Promise<Caller | string> {
    if (request.peer.trusted) return { session: rootOnSocket(request.signal), leave: stay };
    const { sessions } = this.#options;
    const inCookies = cookies(request.headers['cookie']);
    const ref = inCookies.get('session_id') ?? query.get('session_id');
    const secret = inCookies.get('pool_secret');
    const basic = basicCredentials(request.headers['authorization']);
    try {
      if (ref !== null) return { session: sessions.require(ref), leave: stay };
      if (secret !== undefined) {
        return this.#forOneRequest(await sessions.poolLogin(secret, 'pool', request.peer.address));
      }
      if (basic === undefined) return needed;
      return this.#forOneRequest(await sessions.login(request.peer, basic.name, basic.password, 'http'));
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      if (ref !== null) return 'The session of this request is not valid, or not any more.';
      if (secret !== undefined) return 'The secret of this request is not that of the pool.';
      return 'The name and password of this request were not accepted; the log of the agent says why.';
    }
  }

  #forOneRequest(ref: string): Caller {
    const { sessions } = this.#options;
    const leave = (): void => {
      // It may have been ended meanwhile, by an administrator or to make room.
      if (sessions.has(ref)) sessions.logout(ref);
    };
    return { session: sessions.require(ref), leave };
  }

  async #permitted(route: Route, request: HttpRequest, query: URLSearchParams, session: Session): Promise<HttpReply> {
    if (!permits(session, route.role)) {
      const permission = httpPermission(route.name);
      const { log } = this.#options.world;
      log.write('info', 'permission-denied', 'A request was refused for want of a permission.', {
        user: session.userName,
        permission,
      });
      const who = rolesFrom(route.role).join(', ');
      throw new ApiError('RBAC_PERMISSION_DENIED', permission, `Roles with this permission: ${who}`);
    }
    return route.run(request, query);
  }

  /** The task that a client made for the transfer ends as the transfer does. */
  async #asTask(
    ref: string,
    route: Route,
    request: HttpRequest,
    query: URLSearchParams,
    session: Session,
  ): Promise<HttpReply> {
    const { tasks } = this.#options;
    tasks.assertOwner(ref, session);
    const task: RunningTask = tasks.attach(ref);
    try {
      const reply = await this.#permitted(route, request, query, session);
      tasks.finish(task.ref, { kind: 'success', result: '' });
      return { ...reply, headers: { ...reply.headers, 'task-id': task.ref } };
    } catch (thrown) {
      tasks.finish(task.ref, { kind: 'failure', error: asApiError(thrown).description });
      throw thrown;
    }
  }
}

function sentenceOf(code: string, params: readonly string[]): string {
  const [name = '', value = ''] = params;
  if (code !== 'INVALID_VALUE') return [code, ...params].join(', ');
  return value === ''
    ? `The parameter ${name} is missing (INVALID_VALUE).`
    : `The parameter ${name} cannot be ${value} (INVALID_VALUE).`;
}

/** @throws whatever is not meant for callers */
function refusal(thrown: unknown): HttpReply {
  if (!(thrown instanceof ApiError)) throw thrown;
  const [code = '', ...params] = thrown.description;
  const sentence = sentenceOf(code, params);
  return code === 'RBAC_PERMISSION_DENIED'
    ? htmlReply(403, 'Forbidden', sentence, { close: false })
    : htmlReply(400, 'Bad request', sentence, { close: false });
}
