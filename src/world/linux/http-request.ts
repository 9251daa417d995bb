import type { IncomingMessage } from 'node:http';
import { requestTarget } from '../request-target.ts';
import type { HttpRequest, Peer } from '../world.ts';
import type { Connection } from './http-connection.ts';
import type { Refusal } from './http-refuse.ts';

/** A request as handlers see it. The signal is made only for those who look at it. */
export class Request implements HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
  readonly #connection: Connection;
  #abort: AbortController | undefined;

  constructor(message: IncomingMessage, body: Uint8Array, connection: Connection) {
    const { path, query } = requestTarget(message.url ?? '/');
    this.method = message.method ?? '';
    this.path = path;
    this.query = query;
    this.headers = message.headers as Readonly<Record<string, string | undefined>>;
    this.body = body;
    this.#connection = connection;
  }

  get peer(): Peer {
    return this.#connection.peer;
  }

  get connection(): number {
    return this.#connection.number;
  }

  get signal(): AbortSignal {
    this.#abort ??= this.#connection.abortController();
    return this.#abort.signal;
  }

  /** The reply is out: whoever still holds the signal waits for nothing. */
  finish(): void {
    if (this.#abort !== undefined) this.#connection.forgetAbort(this.#abort);
  }
}

export type DeclaredBody = { readonly length: number } | { readonly refusal: Refusal };

const methodsWithoutBody = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE']);

/** What the headers say of the body. Only bodies whose length is known before are read, as clients of this API send them. */
export function declaredBody(message: IncomingMessage, mostBytes: number): DeclaredBody {
  const text = message.headers['content-length'];
  if (text !== undefined) {
    const length = Number(text);
    return length <= mostBytes
      ? { length }
      : { refusal: [413, `The body of ${text} bytes is longer than the ${mostBytes} that are taken.`] };
  }
  if (message.headers['transfer-encoding'] === undefined && methodsWithoutBody.has(message.method ?? '')) {
    return { length: 0 };
  }
  return { refusal: [411, 'A body needs a Content-Length.'] };
}
