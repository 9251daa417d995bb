import type { Socket } from 'node:net';
import type { FairTurns, Share } from '../fair-turns.ts';
import type { Peer } from '../world.ts';

export interface ConnectionLimits {
  readonly requestsInFlightPerConnection: number;
  readonly requestsQueuedPerConnection: number;
  readonly requestsBurstPerConnection: number;
  readonly requestBodyBytes: number;
}

/** A request of which all has come. */
export interface Job {
  /** Body bytes that it keeps in memory until it is done. */
  readonly bytes: number;
  /** Starts the work; never throws. Calls `done` of the connection when the reply is with the kernel or given up. */
  start(): void;
  /** The connection is gone before the work began. */
  drop(): void;
}

/**
 * One connection: which of its requests run, and which wait. Requests of a client that sends ahead run a few at a time;
 * when too many wait, the socket is no longer read.
 */
export class Connection {
  readonly number: number;
  readonly socket: Socket;
  readonly peer: Peer;
  /** False when the client will send nothing more. */
  open = true;
  /** True until its first request has come. */
  fresh = true;
  /** True when the socket is closed: nothing can be sent. */
  gone = false;
  readonly #turns: FairTurns;
  readonly #share: Share;
  readonly #limits: ConnectionLimits;
  readonly #waiting: Job[] = [];
  #waitingBytes = 0;
  #inFlight = 0;
  #scheduled = false;
  #paused = false;
  #endsWhenIdle = false;
  #aborts: Set<AbortController> | undefined;
  readonly #unsent = new Set<() => void>();

  constructor(number: number, socket: Socket, peer: Peer, turns: FairTurns, share: Share, limits: ConnectionLimits) {
    this.number = number;
    this.socket = socket;
    this.peer = peer;
    this.#turns = turns;
    this.#share = share;
    this.#limits = limits;
  }

  /** True while a request runs or waits. */
  get busy(): boolean {
    return this.#inFlight > 0 || this.#waiting.length > 0;
  }

  /** False when the client sent so much ahead that it is cut off. */
  submit(job: Job): boolean {
    this.fresh = false;
    if (
      this.#waiting.length === 0 &&
      this.#inFlight < this.#limits.requestsInFlightPerConnection &&
      this.#turns.mayRunNow(this.#share)
    ) {
      this.#inFlight++;
      this.#turns.runNow(this.#share, () => job.start());
      return true;
    }
    if (this.#waiting.length >= this.#limits.requestsBurstPerConnection) return false;
    this.#waiting.push(job);
    this.#waitingBytes += job.bytes;
    this.#schedule();
    this.#pauseOrResume();
    return true;
  }

  /** One request is over. */
  done(): void {
    this.#inFlight--;
    if (this.#waiting.length > 0) this.#schedule();
    else if (this.#endsWhenIdle && this.#inFlight === 0) this.socket.destroySoon();
  }

  /** What came after the last whole request cannot be read: the connection ends when those before it are answered. */
  endWhenIdle(): void {
    this.#endsWhenIdle = true;
  }

  /** Calls `over` when the connection is gone, unless `sent` was called before. Node does not tell replies that wait behind others. */
  sending(over: () => void): void {
    if (this.gone) over();
    else this.#unsent.add(over);
  }

  sent(over: () => void): void {
    this.#unsent.delete(over);
  }

  /** A signal that aborts when the client is gone. */
  abortController(): AbortController {
    const controller = new AbortController();
    if (this.open) {
      this.#aborts ??= new Set();
      this.#aborts.add(controller);
    } else {
      controller.abort(clientGone());
    }
    return controller;
  }

  forgetAbort(controller: AbortController): void {
    this.#aborts?.delete(controller);
  }

  /** The client will not wait for what is running. Requests that wait still run, unless `gone`. */
  ended(gone: boolean): void {
    this.open = false;
    const aborts = this.#aborts;
    this.#aborts = undefined;
    for (const controller of aborts ?? []) controller.abort(clientGone());
    if (!gone) return;
    this.gone = true;
    for (const over of this.#unsent) over();
    this.#unsent.clear();
    for (const job of this.#waiting) job.drop();
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
  }

  /** Node starts to read again whenever a reply went out; this stops it again while too much waits. */
  stayPaused(): void {
    if (this.#paused) this.socket.pause();
  }

  #schedule(): void {
    if (this.#scheduled || this.#inFlight >= this.#limits.requestsInFlightPerConnection) return;
    this.#scheduled = true;
    this.#turns.runLater(this.#share, this.#runNext);
  }

  readonly #runNext = (): void => {
    this.#scheduled = false;
    const job = this.#waiting.shift();
    if (job === undefined) return;
    this.#waitingBytes -= job.bytes;
    this.#inFlight++;
    job.start();
    if (this.#waiting.length > 0) this.#schedule();
    this.#pauseOrResume();
  };

  #pauseOrResume(): void {
    const count = this.#waiting.length;
    const { requestsQueuedPerConnection: most, requestBodyBytes } = this.#limits;
    if (!this.#paused && (count >= most || this.#waitingBytes > requestBodyBytes)) {
      this.#paused = true;
      this.socket.pause();
    } else if (this.#paused && count <= most / 2 && this.#waitingBytes <= requestBodyBytes) {
      this.#paused = false;
      this.socket.resume();
    }
  }
}

function clientGone(): DOMException {
  return new DOMException('The client is gone', 'AbortError');
}
