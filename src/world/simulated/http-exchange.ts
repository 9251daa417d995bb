import { errorPage, failurePage } from '../error-page.ts';
import { requestTarget } from '../request-target.ts';
import { type HttpCall, HttpCallError, type HttpExchange, type HttpReply, type HttpRequest } from '../world.ts';
import type { Listening } from './http-listeners.ts';
import { type HttpParts, receive, type Side } from './http-side.ts';
import type { Reception } from './network.ts';

export interface ExchangeParts extends HttpParts {
  readonly serverSide: Side | undefined;
  /** Under which the server listens. */
  readonly key: string;
  readonly where: string;
  readonly options: HttpCall;
  readonly connection: number;
}

/** One call: a connection, a request on it, and its reply. Each end learns of the other only what the network brings. */
export class Exchange {
  readonly #parts: ExchangeParts;
  readonly #resolve: (exchange: HttpExchange) => void;
  readonly #reject: (error: Error) => void;
  readonly #abort = new AbortController();
  readonly #cancels: (() => void)[] = [];
  readonly #pieces: Uint8Array[] = [];
  #received = 0;
  #head: { readonly status: number; readonly headers: Readonly<Record<string, string>> } | undefined;
  #callerOver = false;
  #serverOver = false;
  #serverCancels: (() => void)[] = [];

  constructor(parts: ExchangeParts, resolve: (exchange: HttpExchange) => void, reject: (error: Error) => void) {
    this.#parts = parts;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  begin(): void {
    const { options, life, serverSide, key } = this.#parts;
    const { signal } = options;
    if (signal?.aborted === true) {
      this.#fail('aborted', 'the call was given up');
      return;
    }
    const aborted = (): void => this.#giveUp('aborted', 'the call was given up');
    signal?.addEventListener('abort', aborted, { once: true });
    this.#cancels.push(
      () => signal?.removeEventListener('abort', aborted),
      life.after(options.timeoutMs, () =>
        this.#giveUp('timed-out', `there was no answer within ${options.timeoutMs} ms`),
      ),
      life.atEnd(() => this.#callerDied()),
    );
    if (serverSide === undefined) {
      this.#cancels.push(life.after(1, () => this.#fail('unreachable', 'there is no such host')));
      return;
    }
    const body = typeof options.body === 'string' ? Buffer.from(options.body) : options.body.slice();
    this.#cancels.push(this.#toServer((side) => this.#arrive(side, side.listeners.at(key), body)));
  }

  #arrive(side: Side, listening: Listening | undefined, body: Uint8Array): Reception {
    if (!side.powered) return 'silence';
    if (listening === undefined || !listening.life.alive || listening.connections.size >= listening.mostConnections) {
      this.#toCaller(side, () => this.#fail('unreachable', 'the connection was refused'));
      return 'refused';
    }
    this.#serve(side, listening, body);
    return 'taken';
  }

  // The server's end.

  #serve(side: Side, listening: Listening, body: Uint8Array): void {
    const { life } = listening;
    const cut = (): void => this.#breakFromServer(side);
    listening.connections.add(cut);
    this.#serverCancels.push(
      () => listening.connections.delete(cut),
      life.atEnd(() => {
        // A program that dies leaves a kernel that ends its connections; a machine without power leaves nothing.
        if (side.powered) this.#breakFromServer(side);
        else this.#endServer();
      }),
    );
    const made = this.#handle(listening, body);
    if (made instanceof Promise) {
      made.then(
        (reply) => this.#reply(side, listening, reply),
        (error: unknown) => this.#reply(side, listening, this.#handlerFailed(listening, error)),
      );
    } else {
      this.#reply(side, listening, made);
    }
  }

  #handle(listening: Listening, body: Uint8Array): HttpReply | Promise<HttpReply> {
    const { options, address, connection, limits } = this.#parts;
    if (body.byteLength > limits.requestBodyBytes) {
      return errorPage(
        413,
        `The body of ${body.byteLength} bytes is longer than the ${limits.requestBodyBytes} that are taken.`,
      );
    }
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(options.headers)) headers[name.toLowerCase()] = value;
    const request: HttpRequest = {
      method: options.method,
      ...requestTarget(options.path),
      headers: { ...headers, 'content-length': String(body.byteLength) },
      body,
      peer: listening.peer(address),
      connection,
      signal: this.#abort.signal,
    };
    try {
      return listening.handler(request);
    } catch (error) {
      return this.#handlerFailed(listening, error);
    }
  }

  #handlerFailed(listening: Listening, error: unknown): HttpReply {
    // One that gave up because its client is gone has done nothing wrong.
    if (this.#serverOver) return failurePage();
    const { options } = this.#parts;
    const reason = error instanceof Error ? error.message : String(error);
    listening.log.write('error', 'http-handler-failed', `${options.method} ${options.path} failed: ${reason}`);
    return failurePage();
  }

  #reply(side: Side, listening: Listening, reply: HttpReply): void {
    if (!listening.life.alive || this.#serverOver) return;
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(reply.headers)) headers[name.toLowerCase()] = value;
    const { body } = reply;
    const { status } = reply;
    if (typeof body === 'string' || body instanceof Uint8Array) {
      const bytes = typeof body === 'string' ? Buffer.from(body) : body.slice();
      headers['content-length'] = String(bytes.byteLength);
      this.#deliver(side, listening, () => {
        this.#head = { status, headers };
        this.#take(bytes);
        this.#complete();
      });
      return;
    }
    this.#deliver(side, listening, () => {
      this.#head = { status, headers };
    });
    this.#sendSlices(side, listening, body).catch((error: unknown) => {
      this.#handlerFailed(listening, error);
      this.#breakFromServer(side);
    });
  }

  async #sendSlices(side: Side, listening: Listening, slices: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const slice of slices) {
      if (this.#serverOver) return;
      const bytes = slice.slice();
      await this.#delivered(side, listening, () => this.#take(bytes));
      if (this.#serverOver) return;
    }
    this.#deliver(side, listening, () => this.#complete());
  }

  /** Resolves when the caller has it, or is gone. */
  #delivered(side: Side, listening: Listening, take: () => void): Promise<void> {
    return listening.life.promise((resolve) => {
      this.#serverCancels.push(resolve);
      this.#deliver(side, listening, () => {
        take();
        this.#serverCancels = this.#serverCancels.filter((one) => one !== resolve);
        resolve();
      });
    });
  }

  #deliver(side: Side, listening: Listening, take: () => void): void {
    const { limits } = this.#parts;
    const stalled = listening.life.after(limits.stalledReplyMs, () => this.#breakFromServer(side));
    this.#serverCancels.push(stalled);
    const cancel = this.#toCaller(
      side,
      () => {
        stalled();
        if (!this.#callerOver) take();
      },
      () => this.#endServer(),
    );
    this.#serverCancels.push(cancel);
  }

  /** Nothing more comes from the server, and the network says so to the caller. */
  #breakFromServer(side: Side): void {
    if (this.#serverOver) return;
    this.#endServer();
    this.#toCaller(side, () => this.#fail('broken', 'the connection was reset'));
  }

  #endServer(): void {
    if (this.#serverOver) return;
    this.#serverOver = true;
    const cancels = this.#serverCancels;
    this.#serverCancels = [];
    for (const cancel of cancels) cancel();
    this.#abort.abort(new DOMException('The client is gone', 'AbortError'));
  }

  // The caller's end.

  #take(piece: Uint8Array): void {
    this.#received += piece.byteLength;
    const { maxReplyBytes } = this.#parts.options;
    if (this.#received > maxReplyBytes) this.#giveUp('too-large', `the answer is longer than ${maxReplyBytes} bytes`);
    else this.#pieces.push(piece);
  }

  #complete(): void {
    const head = this.#head;
    if (head === undefined || this.#callerOver) return;
    this.#endCaller();
    this.#finishServer();
    this.#resolve({ ...head, body: Buffer.concat(this.#pieces) });
  }

  /** The reply is over: the server's end forgets the connection, and its signal says nothing. */
  #finishServer(): void {
    this.#serverOver = true;
    for (const cancel of this.#serverCancels.splice(0)) cancel();
  }

  /** The caller waits no longer, and the server hears of it. */
  #giveUp(reason: HttpCallError['reason'], detail: string): void {
    if (this.#callerOver) return;
    this.#fail(reason, detail);
    this.#tellServer();
  }

  #callerDied(): void {
    const { side } = this.#parts;
    this.#endCaller();
    if (side.powered) this.#tellServer();
  }

  #tellServer(): void {
    this.#toServer((side) => {
      if (!side.powered) return 'silence';
      this.#endServer();
      return 'taken';
    });
  }

  #fail(reason: HttpCallError['reason'], detail: string): void {
    if (this.#callerOver) return;
    this.#endCaller();
    this.#reject(new HttpCallError(reason, this.#parts.where, detail));
  }

  #endCaller(): void {
    this.#callerOver = true;
    for (const cancel of this.#cancels.splice(0)) cancel();
  }

  // Between them.

  #toServer(arrive: (side: Side) => Reception): () => void {
    const { side, serverSide, network } = this.#parts;
    if (serverSide === undefined) return () => undefined;
    return network.send(side.name, serverSide.name, () => arrive(serverSide));
  }

  #toCaller(serverSide: Side, take: () => void, refused: () => void = () => undefined): () => void {
    const { side, life, network } = this.#parts;
    return network.send(serverSide.name, side.name, () => receive(side, life, take, refused));
  }
}
