/**
 * The one door to the outside. Everything that reads a clock, draws a random number, or touches a file, a process or a
 * socket goes through a World, so that the same agent runs on Linux and, many at a time, in virtual time from one seed.
 */

import type { Journals } from '../database/journal.ts';
import type { Files } from './files.ts';
import type { HardwareFacts, MachineFacts } from './machine-facts.ts';
import type { OwnProcess } from './own-process.ts';
import type { Service } from './service.ts';

export { type FileEntry, FileError, type FileErrorCode, type FileStatus, type Files } from './files.ts';
export type { MachineFacts };

/** Stops a timer. Calling it twice, or after the timer fired, does nothing. */
export type Cancel = () => void;

export interface Clock {
  /** Wall time, milliseconds since 1970; may jump. */
  nowMs(): number;
  /** Milliseconds since some instant; never goes back. For intervals and time limits. */
  monotonicMs(): number;
  /** Calls `fire` once after at least `delayMs`. */
  after(delayMs: number, fire: () => void): Cancel;
  /** Resolves after at least `delayMs`; rejects with the signal's reason when it aborts first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
  /** Lets everything else that is ready run, then goes on. For long work on the main loop. */
  yield(): Promise<void>;
}

export interface Random {
  /** Unpredictable bytes (in the simulation: from the seed). */
  bytes(length: number): Uint8Array;
  /** A random uuid in its usual text form. */
  uuid(): string;
  /** An integer from 0 up to, not including, `below`. */
  integer(below: number): number;
}

export interface ProgramResult {
  /** Exit code, or undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** True when the time limit ended it. */
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** True when output beyond the limit was thrown away. */
  readonly truncated: boolean;
}

export interface ProgramOptions {
  readonly input?: string | Uint8Array;
  /** After this the whole process group is ended. */
  readonly timeoutMs: number;
  readonly maxOutputBytes: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** How a program that belongs to somebody else is run. */
export interface ForeignOptions {
  /** The program sees no variable but PATH (and what `environment` gives): the agent's own with this directory at its end. */
  readonly onlyPathWith?: string;
  /** What is left of its process group when it has ended is killed. Without it, what it started may stay. */
  readonly leaveNothing?: boolean;
  /** Gets standard error as it is read; the result then has none of it. */
  readonly onErrorPiece?: (piece: Uint8Array) => void;
}

export interface RunOptions extends ProgramOptions, ForeignOptions {
  /** Gets standard output as it is read; the result then has none of it. */
  readonly onPiece?: (piece: Uint8Array) => void;
}

export interface FollowLines {
  /** One line of standard output, without its end. Longer ones than `maxLineBytes` are cut there. */
  readonly onLine: (line: string) => void;
  readonly maxLineBytes: number;
}

export interface FollowPieces {
  /** Gets standard output as it is read. */
  readonly onPiece: (piece: Uint8Array) => void;
}

export type FollowOptions = ForeignOptions &
  (FollowLines | FollowPieces) & {
    /**
     * Called once: the program has ended, with the exit code if it had one, or could not be started. Not called after it was
     * stopped by its owner.
     */
    readonly onEnd: (reason: string, exitCode?: number) => void;
  };

export interface Programs {
  /** Runs a program without a shell, in a process group of its own. Rejects only when it could not be started. */
  run(program: string, args: readonly string[], options: RunOptions): Promise<ProgramResult>;
  /** Starts a program that goes on printing, in a process group of its own, until it ends or is stopped. */
  follow(program: string, args: readonly string[], options: FollowOptions): Cancel;
}

/** Where a request came from. */
export interface Peer {
  readonly transport: 'unix' | 'tls' | 'memory';
  /** Address of a TLS peer; the socket's path on a Unix socket. */
  readonly address: string;
  /** Only root (or the agent's own user) can open the Unix socket: its callers are trusted. */
  readonly trusted: boolean;
}

export interface HttpRequest {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly query: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The whole body, at most the listener's limit long. */
  readonly body: Uint8Array;
  readonly peer: Peer;
  /** Number of the connection, for logs and fairness. */
  readonly connection: number;
  /** Aborts when the client has gone away. */
  readonly signal: AbortSignal;
}

/** A body is one piece, or slices that are made as fast as the client takes them. */
export type HttpBody = string | Uint8Array | AsyncIterable<Uint8Array>;

export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: HttpBody;
  /** Close the connection afterwards. */
  readonly close?: boolean;
}

/** Where a certificate and its key lie, both PEM. */
export interface CertificatePaths {
  readonly certificatePath: string;
  readonly keyPath: string;
}

/** Answers a request. A handler that throws makes a 500. */
export type HttpHandler = (request: HttpRequest) => HttpReply | Promise<HttpReply>;

export type HttpAddress =
  | { readonly kind: 'unix'; readonly path: string; readonly mode: number; readonly fd?: number }
  | {
      readonly kind: 'tls';
      readonly host: string;
      readonly port: number;
      readonly certificatePath: string;
      readonly keyPath: string;
    };

export interface HttpListener {
  /** Where it listens: the socket's path, or `host:port` with the port that was given out. */
  readonly address: string;
  /** Connections that are open now. */
  readonly connections: number;
  /** Takes a new certificate, also from other files, for new connections (TLS only). On FileError the old one stays. */
  reloadCertificate(pair?: CertificatePaths): Promise<void>;
  /** Takes no new connections, lets running requests finish until `graceMs`, then ends the rest. */
  close(graceMs: number): Promise<void>;
}

export interface HttpExchange {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface HttpCall {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  readonly timeoutMs: number;
  readonly maxReplyBytes: number;
  readonly signal?: AbortSignal;
}

/** Why a call got no answer. `broken`: the connection ended before the answer did, so the call may have been carried out. */
export type HttpCallFailure = 'unreachable' | 'broken' | 'timed-out' | 'too-large' | 'not-trusted' | 'aborted';

/** There is no answer to a call. `where` is the socket's path or the url. */
export class HttpCallError extends Error {
  readonly reason: HttpCallFailure;
  readonly where: string;

  constructor(reason: HttpCallFailure, where: string, detail: string) {
    super(`${where}: ${detail}`);
    this.name = 'HttpCallError';
    this.reason = reason;
    this.where = where;
  }
}

export interface Http {
  /** Rejects with FileError, whose path is the address, when it cannot listen. */
  listen(address: HttpAddress, handler: HttpHandler): Promise<HttpListener>;
  /** One request to another agent or to a socket of this machine. Rejects with HttpCallError when there is no answer. */
  call(target: { readonly socketPath: string } | { readonly url: string }, call: HttpCall): Promise<HttpExchange>;
}

/**
 * Why a call over D-Bus came to nothing. `absent`: there is no bus. `lost`: the connection ended first, so the call may
 * have been carried out. `error`: the other side answered with an error, whose name is in `errorName`.
 */
export type BusFailure = 'absent' | 'lost' | 'timed-out' | 'error' | 'too-busy' | 'unfit' | 'closed';

/** There is no answer to a call over D-Bus. `what` names the call. */
export class BusError extends Error {
  readonly reason: BusFailure;
  readonly what: string;
  /** Such as org.freedesktop.DBus.Error.ServiceUnknown; empty when nobody answered. */
  readonly errorName: string;

  constructor(reason: BusFailure, what: string, detail: string, errorName = '') {
    super(`${what}: ${detail}`);
    this.name = 'BusError';
    this.reason = reason;
    this.what = what;
    this.errorName = errorName;
  }
}

/** A value that travels with its type, where a signature has `v`. */
export class BusVariant {
  readonly signature: string;
  readonly value: unknown;

  constructor(signature: string, value: unknown) {
    this.signature = signature;
    this.value = value;
  }
}

export interface BusCall {
  readonly service: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  /** Types of the arguments, such as `ssu`; empty for none. */
  readonly signature?: string;
  readonly args?: readonly unknown[];
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Which signals are wanted. All that is given must fit. */
export interface BusMatch {
  /** A service by its well-known name: signals of anybody else are not delivered. */
  readonly sender: string;
  readonly path?: string;
  readonly interface?: string;
  readonly member?: string;
}

export interface BusSignal {
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly args: readonly unknown[];
}

/** `reason` says why there is no connection; before the first attempt it says that nobody asked. */
export interface BusState {
  readonly connected: boolean;
  readonly reason: string;
}

/**
 * The system's D-Bus. Connects at the first use. Values come as plain ones: variants without their wrapping, dictionaries
 * as objects, 64-bit integers as numbers.
 */
export interface Bus {
  readonly state: BusState;
  /** The values that the method returned. Rejects with BusError, or with the signal's reason. */
  call(call: BusCall): Promise<readonly unknown[]>;
  /**
   * Calls `received` for every signal that fits, until cancelled; connections that come and go do not end it.
   * Signals that were sent while there was no connection are lost: `onState` tells when to look again.
   */
  subscribe(match: BusMatch, received: (signal: BusSignal) => void): Cancel;
  /** Called whenever the connection came or went, and when the first attempt to connect failed. */
  onState(changed: (state: BusState) => void): Cancel;
}

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

export interface Log {
  /** True when debug lines are kept: guard costly ones. */
  readonly debugOn: boolean;
  /** One sentence, with a stable event name (`session-opened`) and its details. Never a secret. */
  write(level: LogLevel, event: string, sentence: string, details?: Readonly<Record<string, unknown>>): void;
}

/** Makes a key and a self-signed certificate, both PEM. */
export interface Certificates {
  selfSigned(names: readonly string[], days: number): Promise<{ readonly certificate: string; readonly key: string }>;
}

export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  readonly programs: Programs;
  readonly http: Http;
  readonly bus: Bus;
  readonly service: Service;
  readonly log: Log;
  readonly certificates: Certificates;
  /** Opens the durable store at a path; see `database/journal.ts`. */
  readonly journals: Journals;
  readonly process: OwnProcess;
  machine(): Promise<MachineFacts>;
  /**
   * What firmware and tools say of the machine, as far as it was said in time. Slow: a dozen programs are asked.
   * Rejects with FileError when nothing was learnt, or with the signal's reason.
   */
  hardware(signal: AbortSignal): Promise<HardwareFacts>;
}
