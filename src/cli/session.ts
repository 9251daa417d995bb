/** A session with the agent over its Unix socket, where whoever can open the socket is root. */
import { limits } from '../lib/limits.ts';
import { lifeOf } from './agent-life.ts';
import { Connection } from './connection.ts';
import { ApiFailure, CommandFailure, Unreachable } from './failure.ts';

/** What commands need of the agent. */
export interface Agent {
  /** Calls a message with the session before its arguments. @throws ApiFailure */
  call(method: string, ...args: readonly unknown[]): Promise<unknown>;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** The result in the text of a JSON-RPC 2.0 reply. @throws ApiFailure, or CommandFailure when it is no such reply. */
function resultOf(text: string): unknown {
  let reply: unknown;
  try {
    reply = JSON.parse(text);
  } catch {
    throw new CommandFailure('The agent answered with something that is not JSON.');
  }
  if (!isObject(reply)) throw new CommandFailure('The agent answered with something that is not JSON-RPC.');
  if (Object.hasOwn(reply, 'result') && !isObject(reply['error'])) return reply['result'];
  const { error } = reply;
  if (!isObject(error) || typeof error['message'] !== 'string') {
    throw new CommandFailure('The agent answered with something that is not JSON-RPC.');
  }
  const params = Array.isArray(error['data']) ? error['data'].map(String) : [];
  throw new ApiFailure(error['message'], params);
}

/** When a call without an answer makes one ask whether the agent still does anything, and how long that may take. */
export interface Patience {
  readonly firstMs: number;
  readonly againMs: number;
  readonly answerMs: number;
}

const usualPatience: Patience = {
  firstMs: limits.cliPatienceMs,
  againMs: limits.cliLifeMs,
  answerMs: limits.cliStatusMs,
};

export class Session implements Agent {
  readonly #path: string;
  readonly #patience: Patience;
  readonly #signal: AbortSignal;
  readonly #connection: Connection;
  #ref = '';
  #id = 0;

  /** Connects and logs in. @throws Unreachable */
  static async open(path: string, signal: AbortSignal, patience: Patience = usualPatience): Promise<Session> {
    signal.throwIfAborted();
    const session = new Session(path, await Connection.open(path), signal, patience);
    const tooSlow = new Unreachable(
      `The agent on ${path} took the connection and did not answer within ${limits.cliLoginMs / 1000} seconds. Its log says what it is doing.`,
    );
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(tooSlow), limits.cliLoginMs);
    try {
      const args = ['root', '', '2.0', 'quorate'];
      const ref = await session.#post('session.login_with_password', args, AbortSignal.any([signal, stop.signal]));
      session.#ref = String(ref);
      return session;
    } catch (error) {
      session.#connection.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  private constructor(path: string, connection: Connection, signal: AbortSignal, patience: Patience) {
    this.#path = path;
    this.#patience = patience;
    this.#connection = connection;
    this.#signal = signal;
  }

  /** The session's own reference. */
  get ref(): string {
    return this.#ref;
  }

  async call(method: string, ...args: readonly unknown[]): Promise<unknown> {
    return this.#post(method, [this.#ref, ...args], this.#signal);
  }

  /** For the few messages that take no session. @throws ApiFailure */
  async callWithoutSession(method: string, ...args: readonly unknown[]): Promise<unknown> {
    return this.#post(method, args, this.#signal);
  }

  /**
   * A call on a connection of its own that no ctrl-C or time limit ends: for what must be said after one of those. It has
   * `limits.cliLogoutMs` to be answered.
   */
  async finalCall(method: string, ...args: readonly unknown[]): Promise<unknown> {
    const connection = await Connection.open(this.#path);
    try {
      return await this.#exchange(connection, method, [this.#ref, ...args], AbortSignal.timeout(limits.cliLogoutMs));
    } finally {
      connection.close();
    }
  }

  /** Whether the agent closes the connection within a time, without being asked anything more. */
  closesWithin(timeMs: number): Promise<boolean> {
    return this.#connection.closesWithin(timeMs);
  }

  /** Ends the session, whatever state it is in. Never rejects. */
  async close(): Promise<void> {
    if (this.#ref !== '') {
      const aborted = this.#signal.aborted;
      // The usual connection may be waiting for the reply to a call that was given up.
      const logout = aborted
        ? this.finalCall('session.logout')
        : this.#post('session.logout', [this.#ref], AbortSignal.timeout(limits.cliLogoutMs));
      await logout.catch(() => undefined);
    }
    this.#connection.close();
  }

  /** A call may take as long as it likes while the agent does anything at all; one that hangs is given up. */
  async #post(method: string, params: readonly unknown[], signal: AbortSignal): Promise<unknown> {
    const { firstMs, againMs, answerMs } = this.#patience;
    const hangs = new AbortController();
    const answered = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const ask = async (): Promise<void> => {
      const life = await lifeOf(this.#path, answered.signal, answerMs);
      if (answered.signal.aborted) return;
      if (life !== undefined) hangs.abort(life);
      else timer = setTimeout(() => void ask(), againMs);
    };
    timer = setTimeout(() => void ask(), firstMs);
    try {
      return await this.#exchange(this.#connection, method, params, AbortSignal.any([signal, hangs.signal]));
    } finally {
      answered.abort();
      clearTimeout(timer);
    }
  }

  async #exchange(
    connection: Connection,
    method: string,
    params: readonly unknown[],
    signal: AbortSignal,
  ): Promise<unknown> {
    this.#id += 1;
    const body = JSON.stringify({ jsonrpc: '2.0', id: this.#id, method, params });
    const reply = await connection.post('/jsonrpc', body, signal);
    if (reply.status !== 200)
      throw new CommandFailure(`The agent refused the request (HTTP ${reply.status}). Its log says why.`);
    return resultOf(reply.body.toString('utf8'));
  }
}
