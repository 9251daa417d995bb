import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Limits } from '../../lib/limits.ts';
import { createFairTurns, type FairTurns, type Share } from '../fair-turns.ts';
import type { Peer } from '../world.ts';
import { type Answering, Exchange } from './http-answer.ts';
import { Connection } from './http-connection.ts';
import type { Refusals } from './http-refusals.ts';
import { malformedRefusal, type Refusal, refuse, refuseRaw } from './http-refuse.ts';
import { declaredBody, Request } from './http-request.ts';

const noBody = new Uint8Array(0);
const methodsServed = new Set(['GET', 'HEAD', 'POST', 'PUT', 'OPTIONS', 'DELETE', 'PATCH']);

export interface HttpServing extends Answering {
  readonly limits: Limits;
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
  readonly #isClosing = (): boolean => this.#closing;

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
      refuseRaw(socket, [501, 'CONNECT is not served.']),
    );
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => this.#malformed(error, socket));
    server.on('timeout', (socket: Socket) => this.#timedOut(socket));
  }

  get open(): number {
    return this.#connections.size;
  }

  /** From now on every reply ends its connection. Those that do nothing end at once; new ones may still ask, for a moment. */
  closeGently(): void {
    this.#closing = true;
    for (const connection of this.#connections.values()) {
      if (!connection.busy && !connection.fresh) connection.socket.destroySoon();
    }
    const endFresh = (): void => {
      for (const connection of this.#connections.values()) if (connection.fresh) connection.socket.destroySoon();
    };
    setTimeout(endFresh, this.#serving.limits.freshConnectionMs).unref();
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
      this.#refuse(connection, message, response, [501, 'This method is not served.']);
      return;
    }
    const declared = declaredBody(message, this.#serving.limits.requestBodyBytes);
    if ('refusal' in declared) this.#refuse(connection, message, response, declared.refusal);
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
        this.#refuse(connection, message, response, [503, 'Too many requests are waiting.']);
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
    const letGo = (): void => {
      this.#bytesHeld -= body.byteLength;
    };
    const taken = connection.submit({
      bytes: body.byteLength,
      start: () => {
        const request = new Request(message, body, connection);
        new Exchange(this.#serving, connection, request, response, this.#isClosing, letGo).begin();
      },
      drop: letGo,
    });
    if (taken) return;
    letGo();
    this.#serving.refusals.count('requests-burst', connection.peer.address, 'sent too many requests at once');
    connection.socket.destroy();
  }

  #refuse(connection: Connection, message: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
    const [status, sentence] = refusal;
    this.#serving.refusals.count(`status-${status}`, connection.peer.address, `got ${status}: ${sentence}`);
    refuse(this.#serving.limits, message, response, refusal);
  }

  /** Bytes that are no HTTP, or came too slowly. */
  #malformed(error: NodeJS.ErrnoException, socket: Duplex): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined || !socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    if (connection.busy) {
      connection.endWhenIdle();
      return;
    }
    const refusal = malformedRefusal(error);
    const [status, sentence] = refusal;
    const { refusals, limits } = this.#serving;
    // A connection on which nothing ever came is closed without a word: nobody asked.
    if (status === 408 && connection.socket.bytesRead === 0) {
      socket.destroy();
      return;
    }
    refusals.count(`status-${status}`, connection.peer.address, `got ${status}: ${sentence}`);
    connection.socket.setTimeout(limits.lingerMs);
    refuseRaw(socket, refusal);
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

function join(target: Uint8Array, piece: Uint8Array, offset: number): Uint8Array {
  target.set(piece, offset);
  return target;
}

function isWebSocket(message: IncomingMessage): boolean {
  const upgrade = message.headers.upgrade;
  return upgrade !== undefined && upgrade.toLowerCase() === 'websocket';
}
