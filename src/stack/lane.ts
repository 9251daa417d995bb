/** Who may run when: the changes of a stack one after the other, its queries beside them and never behind. */
import { StackFault } from './fault.ts';

/** Does the work until it is done, or until the controller aborts, which it may do itself; then it rejects soon. */
type Task<T> = (end: AbortController) => Promise<T>;

interface Job {
  readonly kind: 'change' | 'wait';
  /** Settles when the work is over, whatever became of it. */
  readonly start: (end: AbortController) => Promise<void>;
  readonly refuse: (reason: unknown) => void;
}

/**
 * Changes of one stack, one at a time and in the order in which they were asked for. A proposal (`wait`) may last as long as
 * another host holds the master lock, and ending high availability cannot stand behind it: it starts when no change waits, and
 * a change that comes while it runs ends it. Its caller hears `gave-way` and may propose again.
 */
export class ChangeLane {
  readonly #mostWaiting: number;
  readonly #waiting: Job[] = [];
  #running: { readonly kind: 'change' | 'wait'; readonly end: AbortController } | undefined;
  #closed: StackFault | undefined;

  constructor(mostWaiting: number) {
    this.#mostWaiting = mostWaiting;
  }

  /** Rejects with StackFault `busy`, `gave-way` or `closed`, the reason of the signal, or what the task rejects with. */
  run<T>(kind: 'change' | 'wait', task: Task<T>, signal?: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason as Error);
      if (this.#closed !== undefined) return reject(this.#closed);
      if (this.#waiting.length >= this.#mostWaiting)
        return reject(new StackFault('busy', `${this.#mostWaiting} calls wait for it already`));
      const aborted = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(job), 1);
        reject(signal?.reason as Error);
      };
      const job: Job = {
        kind,
        start: (end) => {
          signal?.removeEventListener('abort', aborted);
          return follow(task, end, signal).then(resolve, reject);
        },
        refuse: (reason) => {
          signal?.removeEventListener('abort', aborted);
          reject(reason);
        },
      };
      signal?.addEventListener('abort', aborted, { once: true });
      this.#waiting.push(job);
      if (kind === 'change' && this.#running?.kind === 'wait')
        this.#running.end.abort(new StackFault('gave-way', 'it gave way to a change'));
      this.#next();
    });
  }

  /** Ends what runs and refuses what waits and what comes. */
  close(reason: StackFault): void {
    this.#closed = reason;
    this.#running?.end.abort(reason);
    for (const job of this.#waiting.splice(0)) job.refuse(reason);
  }

  #next(): void {
    if (this.#running !== undefined || this.#waiting.length === 0) return;
    const change = this.#waiting.findIndex(({ kind }) => kind === 'change');
    const [job] = this.#waiting.splice(Math.max(0, change), 1);
    if (job === undefined) return;
    const end = new AbortController();
    this.#running = { kind: job.kind, end };
    void job.start(end).then(() => {
      this.#running = undefined;
      this.#next();
    });
  }
}

/** One run of a query, and everybody who waits for its answer. */
interface Shared<T> {
  readonly end: AbortController;
  readonly start: () => void;
  /** For one that has not been started. */
  readonly refuse: (reason: unknown) => void;
  readonly answer: Promise<T>;
  callers: number;
}

/**
 * Runs of one query. A few run at a time; further callers share the next one, which begins when one of them has ended. So an answer
 * was always asked for after its caller came, and any number of callers cost no more than one process after the other.
 */
export class QueryLane<T> {
  readonly #atOnce: number;
  readonly #mostWaiting: number;
  readonly #task: Task<T>;
  readonly #running = new Set<Shared<T>>();
  #next: Shared<T> | undefined;
  #closed: StackFault | undefined;

  constructor(task: Task<T>, limits: { readonly atOnce: number; readonly mostWaiting: number }) {
    this.#task = task;
    this.#atOnce = limits.atOnce;
    this.#mostWaiting = limits.mostWaiting;
  }

  /** Rejects with StackFault `busy` or `closed`, the reason of the signal, or what the task rejects with. */
  async ask(signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (this.#closed !== undefined) throw this.#closed;
    const shared = this.#next ?? this.#share();
    if (this.#running.size < this.#atOnce) this.#begin(shared);
    else if (shared.callers >= this.#mostWaiting)
      throw new StackFault('busy', `${this.#mostWaiting} calls wait for it already`);
    else this.#next = shared;
    shared.callers++;
    if (signal === undefined) return shared.answer;
    return this.#until(signal, shared);
  }

  /** Ends what runs and refuses what waits and what comes. */
  close(reason: StackFault): void {
    this.#closed = reason;
    for (const shared of this.#running) shared.end.abort(reason);
    if (this.#next !== undefined) this.#drop(this.#next, reason);
  }

  #share(): Shared<T> {
    const end = new AbortController();
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    // Callers that have gone are told by their own signal; nobody else may be there to hear.
    promise.catch(() => undefined);
    const start = (): void => {
      void this.#task(end).then(resolve, reject);
    };
    return { end, start, refuse: reject, answer: promise, callers: 0 };
  }

  #begin(shared: Shared<T>): void {
    if (shared === this.#next) this.#next = undefined;
    this.#running.add(shared);
    const over = (): void => {
      this.#running.delete(shared);
      if (this.#next !== undefined) this.#begin(this.#next);
    };
    shared.start();
    shared.answer.then(over, over);
  }

  #drop(shared: Shared<T>, reason: unknown): void {
    shared.end.abort(reason);
    if (shared !== this.#next) return;
    this.#next = undefined;
    shared.refuse(reason);
  }

  /** A caller that goes away leaves the others their answer; with the last one the run ends. */
  #until(signal: AbortSignal, shared: Shared<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const aborted = (): void => {
        if (--shared.callers === 0) this.#drop(shared, signal.reason);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', aborted, { once: true });
      const over = (): void => signal.removeEventListener('abort', aborted);
      shared.answer.then(resolve, reject).finally(over);
    });
  }
}

/** Does the work with a controller that also hears of a caller's signal. */
async function follow<T>(task: Task<T>, end: AbortController, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return task(end);
  const aborted = (): void => end.abort(signal.reason);
  signal.addEventListener('abort', aborted, { once: true });
  try {
    return await task(end);
  } finally {
    signal.removeEventListener('abort', aborted);
  }
}
