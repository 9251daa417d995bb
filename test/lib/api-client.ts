/** A small JSON-RPC client for tests: one call, its result, or the error as it came over the wire. */
import type { Http } from '../../src/world/world.ts';

/** The error of an answer: code first, then the parameters. */
export class CallFailed extends Error {
  readonly description: readonly string[];

  constructor(method: string, description: readonly string[]) {
    super(`${method}: ${description.join(', ')}`);
    this.description = description;
  }

  get code(): string {
    return this.description[0] ?? '';
  }
}

export type Target = { readonly socketPath: string } | { readonly url: string };

export class ApiClient {
  session = '';
  readonly #http: Pick<Http, 'call'>;
  readonly #target: Target;

  constructor(http: Pick<Http, 'call'>, target: Target) {
    this.#http = http;
    this.#target = target;
  }

  /** A call without the session in front of its parameters. */
  async raw(
    method: string,
    params: readonly unknown[],
    headers: Readonly<Record<string, string>> = {},
    signal?: AbortSignal,
  ) {
    const reply = await this.#http.call(this.#target, {
      method: 'POST',
      path: '/jsonrpc',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      timeoutMs: 60_000,
      maxReplyBytes: 268_435_456,
      ...(signal === undefined ? {} : { signal }),
    });
    const text = new TextDecoder().decode(reply.body);
    if (reply.status !== 200) throw new Error(`${method}: HTTP ${reply.status} ${text}`);
    const answer = JSON.parse(text) as { result?: unknown; error?: { message: string; data: string[] } };
    if (answer.error !== undefined) throw new CallFailed(method, [answer.error.message, ...answer.error.data]);
    return answer.result;
  }

  /** A call within the session of `login`. The caller says what it expects back. */
  async call<T = unknown>(method: string, ...params: readonly unknown[]): Promise<T> {
    return (await this.raw(method, [this.session, ...params])) as T;
  }

  async login(user = 'root', password = ''): Promise<this> {
    this.session = (await this.raw('session.login_with_password', [user, password])) as string;
    return this;
  }
}
