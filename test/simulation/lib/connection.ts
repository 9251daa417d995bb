/** Calls from a simulated host to a simulated agent, with what is known of each afterwards. */
import type { World } from '../../../src/world/world.ts';
import { HttpCallError } from '../../../src/world/world.ts';
import { ApiClient, CallFailed } from '../../lib/api-client.ts';
import { Violation } from './agents.ts';

/** What came of a call. */
export type Outcome =
  /** It was carried out. */
  | { readonly kind: 'done'; readonly value: unknown }
  /** It was refused: nothing of it has happened. */
  | { readonly kind: 'refused'; readonly error: readonly string[] }
  /** There was no answer, or none that tells: it may have happened. */
  | { readonly kind: 'unknown'; readonly reason: string };

export class Connection {
  readonly #world: World;
  readonly #api: ApiClient;
  readonly #tell: (what: string) => void;
  #loggedIn = false;
  #timeoutMs = 5_000;

  constructor(world: World, to: string, tell: (what: string) => void) {
    this.#world = world;
    this.#tell = tell;
    const call: World['http']['call'] = (target, options) =>
      world.http.call(target, { ...options, timeoutMs: this.#timeoutMs });
    this.#api = new ApiClient({ call }, { url: `https://${to}/` });
  }

  /** A call in a session; logs in first when there is none. */
  async call(method: string, params: readonly unknown[], timeoutMs = 5_000): Promise<Outcome> {
    if (!this.#loggedIn) {
      const login = await this.#attempt(5_000, () => this.#api.login('root', 'secret'));
      // A login that came to nothing has changed nothing that was asked for.
      if (login.kind !== 'done') return { kind: 'refused', error: ['no login'] };
      this.#loggedIn = true;
    }
    const outcome = await this.#attempt(timeoutMs, () => this.#api.call(method, ...params));
    if (outcome.kind === 'refused' && outcome.error[0] === 'SESSION_INVALID') this.#loggedIn = false;
    this.#tell(`${method} ${params.map((param) => JSON.stringify(param)).join(' ')}: ${outcomeText(outcome)}`);
    return outcome;
  }

  /** Repeats a call that may be repeated until it is answered with a result. */
  async insist(method: string, ...params: readonly unknown[]): Promise<unknown> {
    for (;;) {
      const outcome = await this.call(method, params);
      if (outcome.kind === 'done') return outcome.value;
      if (outcome.kind === 'refused' && !isPassing(outcome.error)) {
        throw new Violation(`${method} was refused: ${outcome.error.join(', ')}`);
      }
      await this.#world.clock.sleep(200);
    }
  }

  async logOut(): Promise<void> {
    if (this.#loggedIn) await this.call('session.logout', []);
    this.#loggedIn = false;
  }

  async #attempt(timeoutMs: number, call: () => Promise<unknown>): Promise<Outcome> {
    this.#timeoutMs = timeoutMs;
    try {
      return { kind: 'done', value: await call() };
    } catch (thrown) {
      if (thrown instanceof HttpCallError) return { kind: 'unknown', reason: thrown.reason };
      if (!(thrown instanceof CallFailed)) throw new Violation(String(thrown));
      const error = thrown.description;
      if (error[0] !== 'INTERNAL_ERROR') return { kind: 'refused', error };
      if (!(error[1] ?? '').startsWith('the database cannot be written')) throw new Violation(thrown.message);
      // Should power be lost before the disk works again, what it refused may be found on it.
      return { kind: 'unknown', reason: 'the disk refused it' };
    }
  }
}

function outcomeText(outcome: Outcome): string {
  if (outcome.kind === 'unknown') return `no answer (${outcome.reason})`;
  if (outcome.kind === 'refused') return outcome.error.join(', ');
  const text = JSON.stringify(outcome.value);
  return text.length > 120 ? `${text.slice(0, 100)}… (${text.length})` : text;
}

/** Refusals that end by themselves. */
export function isPassing(error: readonly string[]): boolean {
  return ['no login', 'SESSION_INVALID', 'TOO_BUSY'].includes(error[0] ?? '');
}
