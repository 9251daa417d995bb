/**
 * One HTTP connection to an agent's Unix socket. Requests are sent without waiting for the replies to earlier ones, which come back in
 * order. Written on node:net because loading node:http costs more than most commands take altogether.
 */
import { statSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { limits } from '../lib/limits.ts';
import { Unreachable } from './failure.ts';
import { type HttpReply, ReplyReader } from './http-reply.ts';

interface Waiter {
  resolve(reply: HttpReply): void;
  reject(error: Error): void;
}

const howToStart =
  'Start the agent (npm start in a checkout, systemctl start quorated where it is installed), or say where it listens with --socket or --dir.';

function unreachable(path: string, error: unknown): Unreachable {
  const given = error instanceof Error && 'code' in error ? String(error.code) : '';
  // Linux refuses a connection to a file of another kind in the same way as one to a socket that nobody holds.
  const code = given === 'ECONNREFUSED' && !isSocket(path) ? 'ENOTSOCK' : given;
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: `No agent listens on ${path}: there is no such socket. ${howToStart}`,
    ECONNREFUSED: `No agent listens on ${path}: the socket is left over from one that ended. ${howToStart}`,
    ENOTSOCK: `${path} is not a socket. Say where the agent listens with --socket or --dir.`,
    EACCES: `${path} may be opened only by root or by the user that the agent runs as. Become that user, or name another socket with --socket.`,
    EINVAL: `${path} is too long for the name of a socket (at most 107 bytes). Name a shorter one with --socket.`,
  };
  const reason = Object.hasOwn(reasons, code) ? reasons[code] : undefined;
  return new Unreachable(
    reason ?? `The agent on ${path} cannot be reached: ${error instanceof Error ? error.message : String(error)}.`,
  );
}

function isSocket(path: string): boolean {
  try {
    return statSync(path).isSocket();
  } catch {
    return true;
  }
}

export class Connection {
  readonly #path: string;
  readonly #socket: Socket;
  readonly #reader = new ReplyReader(limits.cliReplyBytes);
  #waiting: Waiter[] = [];
  #ended: Error | undefined;

  /** @throws Unreachable that says which socket was tried and what to do. */
  static open(path: string): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = createConnection({ path });
      const refused = (error: unknown): void => reject(unreachable(path, error));
      socket.once('error', refused);
      socket.once('connect', () => {
        socket.off('error', refused);
        resolve(new Connection(path, socket));
      });
    });
  }

  private constructor(path: string, socket: Socket) {
    this.#path = path;
    this.#socket = socket;
    socket.on('data', (bytes) => this.#receive(bytes));
    socket.on('error', (error) => this.#end(unreachable(path, error)));
    socket.on('close', () =>
      this.#end(new Unreachable(`The agent on ${path} closed the connection before it answered. Its log says why.`)),
    );
  }

  /** Sends a request and resolves with the reply to it. Rejects when the connection ends first, or with the signal's reason. */
  post(path: string, body: string, signal?: AbortSignal): Promise<HttpReply> {
    const length = Buffer.byteLength(body);
    const headers = `Host: localhost\r\nContent-Type: application/json\r\nContent-Length: ${length}`;
    return this.#exchange(`POST ${path} HTTP/1.1\r\n${headers}\r\n\r\n${body}`, signal);
  }

  /** The same for what is there without a call. */
  get(path: string, signal?: AbortSignal): Promise<HttpReply> {
    return this.#exchange(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`, signal);
  }

  #exchange(request: string, signal: AbortSignal | undefined): Promise<HttpReply> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    if (signal?.aborted === true) return Promise.reject(asError(signal.reason));
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(asError(signal?.reason));
      signal?.addEventListener('abort', abort, { once: true });
      const settle = (): void => signal?.removeEventListener('abort', abort);
      this.#waiting.push({
        resolve: (reply) => {
          settle();
          resolve(reply);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      this.#socket.write(request);
    });
  }

  /** Resolves with true when the other side has closed the connection, with false when it has not after `timeMs`. */
  closesWithin(timeMs: number): Promise<boolean> {
    if (this.#ended !== undefined) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), timeMs);
      this.#socket.once('close', () => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  close(): void {
    this.#ended ??= new Unreachable(`The connection to ${this.#path} is closed.`);
    this.#socket.destroy();
  }

  #receive(bytes: Buffer): void {
    try {
      for (const reply of this.#reader.push(bytes)) {
        this.#waiting.shift()?.resolve(reply);
        if (reply.last)
          this.#end(
            new Unreachable(`The agent on ${this.#path} closed the connection before it answered. Its log says why.`),
          );
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#end(
        new Unreachable(
          `What answers on ${this.#path} is not an agent: ${reason}. Name the right socket with --socket.`,
        ),
      );
    }
  }

  #end(error: Error): void {
    this.#ended ??= error;
    this.#socket.destroy();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const waiter of waiting) waiter.reject(this.#ended);
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
