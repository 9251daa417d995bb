import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Limits } from '../../lib/limits.ts';
import { createFairTurns, type FairTurns, type Share } from '../fair-turns.ts';
import type { HttpHandler, HttpReply, Log, Peer } from '../world.ts';
import { Connection } from './http-connection.ts';
import { type ErrorPage, errorPage, errorPageBytes } from './http-pages.ts';
import type { Refusals } from './http-refusals.ts';
import { sendSlices, sendWhole } from './http-reply.ts';
import { declaredBody, Request } from './http-request.ts';

const noBody = new Uint8Array(0);
const methodsServed = new Set(['GET', 'HEAD', 'POST', 'PUT', 'OPTIONS', 'DELETE', 'PATCH']);

export interface HttpServing {
  readonly handler: HttpHandler;
  readonly limits: Limits;
  readonly log: Log;
  readonly refusals: Refusals;
  peer(socket: Socket): Peer;
  /** The share of the loop that a peer's connections have together; each connection its own when undefined. */
  shareKey(peer: Peer): string | undefined;
}

/** Options of node's server that come from the limits. */
export function serverOptions(limits: Limits): ServerOptions {
  return {
    maxHeaderSize: limits.requestHeaderBytes,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.idleConnectionMs,
    connectionsCheckingInterval: Math.max(10, Math.min(1000, Math.floor(limits.headersTimeoutMs / 4))),
    requireHostHeader: false,
    noDelay: true,
    keepAlive: true,
  };
}

/** Answers the requests of a node server, whatever it listens on. */
export class HttpConnections {
  readonly #serving: HttpServing;
  readonly #turns: FairTurns;
  readonly #connections = new Map<Duplex, Connection>();
  readonly #shares = new Map<string, { readonly share: Share; connections: number }>();
  #lastNumber = 0;
  #bytesHeld = 0;
  #closing = false;

  constructor(server: Server, event: 'connection' | 'secureConnection', serving: HttpServing) {
    this.#serving = serving;
    this.#turns = createFairTurns({
      sliceMs: serving.limits.sliceMs,
      monotonicMs: () => performance.now(),
      nextTurn: (call) => setImmediate(call),
    });
    server.timeout = serving.limits.stalledReplyMs;
    server.maxHeadersCount = 100;
    Object.assign(server, { httpAllowHalfOpen: true });
    server.on(event, (socket: Socket) => this.#connected(socket));
    server.on('request', (message, response) => this.#arrived(message, response));
    server.on('checkContinue', (message: IncomingMessage, response: ServerResponse) => {
      if ('length' in declaredBody(message, serving.limits.requestBodyBytes)) response.writeContinue();
      this.#arrived(message, response);
    });
    server.on('connect', (_message: IncomingMessage, socket: Duplex) =>
      refuseRaw(socket, 501, 'CONNECT is not served.'),
    );
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => this.#malformed(error, socket));
    server.on('timeout', (socket: Socket) => this.#timedOut(socket));
  }

  /** Connections that are open now. */
  get count(): number {
    return this.#connections.size;
  }

  /** From now on every reply ends its connection. Those that do nothing end at once. */
  closeGently(): void {
    this.#closing = true;
    for (const connection of this.#connections.values()) if (!connection.busy) connection.socket.destroySoon();
  }

  /** Ends all connections. */
  cut(): void {
    for (const connection of this.#connections.values()) connection.socket.destroy();
  }

  #connected(socket: Socket): void {
    const peer = this.#serving.peer(socket);
    const key = this.#serving.shareKey(peer);
    const share = key === undefined ? this.#turns.share() : this.#sharedBy(key);
    const connection = new Connection(++this.#lastNumber, socket, peer, this.#turns, share, this.#serving.limits);
    this.#connections.set(socket, connection);
    socket.on('resume', () => connection.stayPaused());
    socket.on('end', () => connection.ended(false));
    socket.on('close', () => {
      this.#connections.delete(socket);
      if (key !== undefined) this.#leaveShare(key);
      connection.ended(true);
    });
  }

  #sharedBy(key: string): Share {
    const known = this.#shares.get(key) ?? { share: this.#turns.share(), connections: 0 };
    known.connections++;
    this.#shares.set(key, known);
    return known.share;
  }

  #leaveShare(key: string): void {
    const known = this.#shares.get(key);
    if (known !== undefined && --known.connections === 0) this.#shares.delete(key);
  }

  #arrived(message: IncomingMessage, response: ServerResponse): void {
    const connection = this.#connections.get(message.socket);
    if (connection === undefined) {
      message.socket.destroy();
      return;
    }
    if (!methodsServed.has(message.method ?? '') || isWebSocket(message)) {
      this.#refuse(connection, message, response, 501, 'This method is not served.');
      return;
    }
    const declared = declaredBody(message, this.#serving.limits.requestBodyBytes);
    if ('refusal' in declared) this.#refuse(connection, message, response, declared.refusal, declared.sentence);
    else if (declared.length === 0) this.#submit(connection, message, response, noBody);
    else this.#gather(connection, message, response, declared.length);
  }

  #gather(connection: Connection, message: IncomingMessage, response: ServerResponse, length: number): void {
    let first: Uint8Array | undefined;
    let body: Uint8Array | undefined;
    let received = 0;
    let complete = false;
    message.on('data', (piece: Uint8Array) => {
      if (complete) return;
      this.#bytesHeld += piece.byteLength;
      if (this.#bytesHeld > this.#serving.limits.requestBytesHeld) {
        complete = true;
        this.#bytesHeld -= received + piece.byteLength;
        this.#refuse(connection, message, response, 503, 'Too many requests are waiting.');
        return;
      }
      if (received === 0) {
        first = piece;
      } else {
        body ??= join(new Uint8Array(length), first as Uint8Array, 0);
        join(body, piece, received);
      }
      received += piece.byteLength;
      if (received === length) {
        complete = true;
        this.#submit(connection, message, response, body ?? (first as Uint8Array));
      }
    });
    message.on('close', () => {
      if (complete) return;
      complete = true;
      this.#bytesHeld -= received;
    });
  }

  #submit(connection: Connection, message: IncomingMessage, response: ServerResponse, body: Uint8Array): void {
    const taken = connection.submit({
      bytes: body.byteLength,
      start: () => this.#answer(connection, new Request(message, body, connection), response),
      drop: () => {
        this.#bytesHeld -= body.byteLength;
      },
    });
    if (taken) return;
    this.#bytesHeld -= body.byteLength;
    this.#serving.refusals.count('requests-burst', connection.peer.address, 'sent too many requests at once');
    connection.socket.destroy();
  }

  /** Asks the handler. Without a promise when it has none. */
  #answer(connection: Connection, request: Request, response: ServerResponse): void {
    let reply: HttpReply | Promise<HttpReply>;
    try {
      reply = this.#serving.handler(request);
    } catch (error) {
      reply = this.#failed(request, error);
    }
    if (reply instanceof Promise) {
      reply.then(
        (made) => this.#send(connection, request, response, made),
        (error: unknown) => this.#send(connection, request, response, this.#failed(request, error)),
      );
    } else {
      this.#send(connection, request, response, reply);
    }
  }

  #send(connection: Connection, request: Request, response: ServerResponse, reply: HttpReply): void {
    request.finish();
    let over = false;
    const done = (): void => {
      if (over) return;
      over = true;
      connection.sent(done);
      this.#bytesHeld -= request.body.byteLength;
      connection.done();
    };
    if (connection.gone) {
      done();
      return;
    }
    try {
      this.#write(connection, request, response, reply, done);
    } catch (error) {
      this.#brokenReply(connection, request, response, error, done);
    }
  }

  #write(connection: Connection, request: Request, response: ServerResponse, reply: HttpReply, done: () => void): void {
    const { body } = reply;
    const close = reply.close === true || this.#closing;
    if (typeof body === 'string' || body instanceof Uint8Array) {
      if (sendWhole(response, reply, body, close)) done();
      else whenSent(connection, response, done);
      return;
    }
    whenSent(connection, response, done);
    sendSlices(response, reply, body, close, this.#serving.limits).catch((error: unknown) =>
      this.#brokenReply(connection, request, response, error, done),
    );
  }

  /** A handler that threw. */
  #failed(request: Request, error: unknown): ErrorPage {
    this.#serving.log.write(
      'error',
      'http-handler-failed',
      `${request.method} ${request.path} failed: ${text(error)}`,
      {
        stack: error instanceof Error ? error.stack : undefined,
      },
    );
    return errorPage(500, 'The request failed. The log of the agent says why.');
  }

  /** A reply that could not be sent as it was: headers that HTTP does not allow, or slices that failed half way. */
  #brokenReply(
    connection: Connection,
    request: Request,
    response: ServerResponse,
    error: unknown,
    done: () => void,
  ): void {
    const page = this.#failed(request, error);
    whenSent(connection, response, done);
    if (response.headersSent) connection.socket.destroy();
    else sendWhole(response, page, page.body, true);
  }

  /** Answers without a handler and ends the connection, after some of what the client still sends was thrown away. */
  #refuse(
    connection: Connection,
    message: IncomingMessage,
    response: ServerResponse,
    status: number,
    sentence: string,
  ): void {
    const { limits, refusals } = this.#serving;
    refusals.count(`status-${status}`, connection.peer.address, `got ${status}: ${sentence}`);
    const page = errorPage(status, sentence);
    const body = page.body;
    response.writeHead(status, {
      ...page.headers,
      'Content-Length': Buffer.byteLength(body),
      Connection: 'close',
    });
    response.write(body);
    const finish = (): void => {
      clearTimeout(timer);
      response.end();
    };
    const timer = setTimeout(finish, limits.lingerMs);
    let thrownAway = 0;
    message.on('data', (piece: Uint8Array) => {
      thrownAway += piece.byteLength;
      if (thrownAway > limits.lingerBytes) finish();
    });
    message.on('end', finish);
    message.on('close', finish);
  }

  /** Bytes that are no HTTP, or came too slowly. */
  #malformed(error: NodeJS.ErrnoException, socket: Duplex): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined || !socket.writable || connection.busy || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const [status, sentence] = malformedStatus(error);
    const { refusals, limits } = this.#serving;
    // A connection on which nothing ever came is closed without a word: nobody asked.
    if (status === 408 && connection.socket.bytesRead === 0) {
      socket.destroy();
      return;
    }
    refusals.count(`status-${status}`, connection.peer.address, `got ${status}: ${sentence}`);
    connection.socket.setTimeout(limits.lingerMs);
    refuseRaw(socket, status, sentence);
  }

  /** Nothing moved on a socket for a while. */
  #timedOut(socket: Socket): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined) {
      socket.destroy();
      return;
    }
    // A request that the agent still works on is no fault of the client.
    if (connection.busy && socket.writableLength === 0) return;
    if (socket.writableLength > 0) {
      this.#serving.refusals.count(
        'stalled-reply',
        connection.peer.address,
        'took nothing of its reply and was cut off',
      );
    }
    socket.destroy();
  }
}

function whenSent(connection: Connection, response: ServerResponse, done: () => void): void {
  response.once('close', done);
  connection.sending(done);
}

function join(target: Uint8Array, piece: Uint8Array, offset: number): Uint8Array {
  target.set(piece, offset);
  return target;
}

function isWebSocket(message: IncomingMessage): boolean {
  const upgrade = message.headers.upgrade;
  return upgrade !== undefined && upgrade.toLowerCase() === 'websocket';
}

function malformedStatus(error: NodeJS.ErrnoException): readonly [number, string] {
  switch (error.code ?? '') {
    case 'HPE_HEADER_OVERFLOW':
      return [431, 'The headers are too long.'];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [408, 'The request came too slowly.'];
    case 'HPE_INVALID_METHOD':
      if (!/^[A-Z]+ /.test(firstBytes(error))) return [400, 'This is no HTTP request.'];
      return [501, 'This method is not served.'];
    default:
      return [400, 'This is no HTTP request.'];
  }
}

/** The beginning of what node could not parse. */
function firstBytes(error: NodeJS.ErrnoException & { readonly rawPacket?: Uint8Array }): string {
  return Buffer.from(error.rawPacket ?? []).toString('latin1', 0, 32);
}

function refuseRaw(socket: Duplex, status: number, sentence: string): void {
  socket.on('error', () => socket.destroy());
  socket.end(errorPageBytes(status, sentence));
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
