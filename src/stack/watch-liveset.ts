/** The latest liveset of a stack: told by ha_watch_liveset as it changes, and asked for from time to time whatever happens. */
import type { Limits } from '../lib/limits.ts';
import type { Cancel, Clock, Log } from '../world/world.ts';
import { Documents } from './documents.ts';
import { StackFault } from './fault.ts';
import { type Liveset, type LivesetLimits, readLiveset } from './liveset.ts';
import type { StackRunner } from './runner.ts';

export type SourceLimits = LivesetLimits &
  Pick<Limits, 'stackOutputBytes' | 'stackPollMs' | 'stackWatchRestMs' | 'stackWatchLongestRestMs'>;

export interface LivesetSourceOptions {
  readonly world: { readonly clock: Clock; readonly log: Log };
  readonly runner: Pick<StackRunner, 'queryLiveset' | 'watchLiveset'>;
  /** Name of the stack, for sentences. */
  readonly stack: string;
  /** The stack has ha_watch_liveset. */
  readonly watch: boolean;
  readonly limits: SourceLimits;
}

export interface LivesetReading {
  readonly liveset: Liveset;
  readonly by: 'watch' | 'poll';
  /** Monotonic milliseconds at which it was read. */
  readonly atMs: number;
}

export interface LivesetListener {
  /** Called in the turn in which a liveset was read, also when it is the same as the one before. */
  readonly onReading: (reading: LivesetReading) => void;
  /** Called when the source ceases to see the liveset, and when it does so for another reason. */
  readonly onBlind?: (fault: StackFault) => void;
}

export interface LivesetView {
  readonly last: LivesetReading | undefined;
  /** Age of the last reading, in milliseconds. */
  readonly ageMs: number | undefined;
  /** Why nothing newer than the last reading is known; undefined while all is well. */
  readonly blind: StackFault | undefined;
  /** True while changes are told as they happen; otherwise they are noticed at the next poll. */
  readonly watching: boolean;
  /** Why they are not, where that is not as it should be. */
  readonly watchFault: StackFault | undefined;
}

/**
 * Readings come in order: an answer to a poll that was asked for before a watched liveset came is older than that one, or the
 * same, and is dropped.
 */
export class LivesetSource {
  readonly #options: LivesetSourceOptions;
  readonly #listeners = new Set<LivesetListener>();
  #last: LivesetReading | undefined;
  #blind: StackFault | undefined;
  #poll: AbortController | undefined;
  #nextPoll: Cancel | undefined;
  readonly #watch: Watch | undefined;

  constructor(options: LivesetSourceOptions) {
    this.#options = options;
    if (options.watch) this.#watch = new Watch(options, (liveset) => this.#read(liveset, 'watch'));
  }

  get view(): LivesetView {
    return {
      last: this.#last,
      ageMs: this.#last === undefined ? undefined : this.#options.world.clock.monotonicMs() - this.#last.atMs,
      blind: this.#blind,
      watching: this.#watch?.running ?? false,
      watchFault: this.#watch?.fault,
    };
  }

  /** Until it is cancelled. What was read before is not told again; it is in `view`. */
  subscribe(listener: LivesetListener): Cancel {
    const own = { ...listener };
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  start(): void {
    if (this.#poll !== undefined) return;
    this.#watch?.start();
    this.#ask();
  }

  stop(): void {
    this.#watch?.stop();
    this.#nextPoll?.();
    this.#poll?.abort(new StackFault('closed', 'nobody asks for the liveset any more'));
    this.#poll = undefined;
  }

  #ask(): void {
    const { runner, limits, world } = this.#options;
    const poll = new AbortController();
    this.#poll = poll;
    const before = this.#last;
    const answered = (): boolean => {
      if (poll.signal.aborted) return false;
      this.#nextPoll = world.clock.after(limits.stackPollMs, () => this.#ask());
      return true;
    };
    runner.queryLiveset(poll.signal).then(
      (liveset) => {
        if (answered() && this.#last === before) this.#read(liveset, 'poll');
      },
      (error: unknown) => {
        if (answered() && !this.#seenByWatch()) this.#cannotSee(error);
      },
    );
  }

  /** A poll that fails makes nobody blind to whom changes are told all the time. */
  #seenByWatch(): boolean {
    const { world, limits } = this.#options;
    const last = this.#last;
    return last?.by === 'watch' && world.clock.monotonicMs() - last.atMs <= limits.stackPollMs;
  }

  #read(liveset: Liveset, by: 'watch' | 'poll'): void {
    const { world, stack } = this.#options;
    const wasBlind = this.#blind !== undefined;
    const reading = { liveset, by, atMs: world.clock.monotonicMs() };
    this.#last = reading;
    this.#blind = undefined;
    if (wasBlind)
      world.log.write('info', 'liveset-back', `The liveset of the cluster stack "${stack}" is seen again.`, { stack });
    // What ended the watch may have gone with what hid the liveset.
    if (wasBlind) this.#watch?.tryNow();
    for (const { onReading } of this.#listeners) this.#call(() => onReading(reading));
  }

  #cannotSee(error: unknown): void {
    const { world, stack } = this.#options;
    const fault = error instanceof StackFault ? error : new StackFault('failed', String(error));
    const known = this.#blind;
    this.#blind = fault;
    if (known !== undefined && kindOf(known) === kindOf(fault)) return;
    const { wayOut } = fault.details;
    const sentence = `The liveset of the cluster stack "${stack}" is not seen: ${fault.message}`;
    world.log.write('warn', 'liveset-lost', sentence, { stack, wayOut });
    for (const { onBlind } of this.#listeners) this.#call(() => onBlind?.(fault));
  }

  #call(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      const { world, stack } = this.#options;
      world.log.write('error', 'liveset-listener-failed', 'What was to happen at a liveset failed.', { stack, error });
    }
  }
}

/** Keeps ha_watch_liveset running; each end is followed by a longer rest, until it has stayed up. */
class Watch {
  readonly #options: LivesetSourceOptions;
  readonly #onLiveset: (liveset: Liveset) => void;
  #stop: Cancel | undefined;
  #restart: Cancel | undefined;
  #restMs: number;
  #startedMs = 0;
  #unreadable = false;
  /** Changes with each start and stop, so that what an earlier start still brings is known as such. */
  #turn = 0;
  fault: StackFault | undefined;

  constructor(options: LivesetSourceOptions, onLiveset: (liveset: Liveset) => void) {
    this.#options = options;
    this.#onLiveset = onLiveset;
    this.#restMs = options.limits.stackWatchRestMs;
  }

  get running(): boolean {
    return this.#stop !== undefined;
  }

  start(): void {
    const { world, runner, limits } = this.#options;
    const turn = ++this.#turn;
    this.#startedMs = world.clock.monotonicMs();
    const documents = new Documents(
      limits.stackXmlBytes,
      (document) => this.#document(document),
      () => {
        this.#stop?.();
        this.#ended(
          turn,
          new StackFault(
            'too-long',
            `ha_watch_liveset printed more than ${limits.stackXmlBytes} bytes without an empty line.`,
          ),
        );
      },
    );
    runner.watchLiveset({ onPiece: (piece) => documents.add(piece), onEnd: (fault) => this.#ended(turn, fault) }).then(
      (stop) => {
        if (turn === this.#turn) this.#stop = stop;
        else stop();
      },
      (error: unknown) =>
        this.#ended(turn, error instanceof StackFault ? error : new StackFault('not-started', String(error))),
    );
  }

  stop(): void {
    this.#turn++;
    this.#restart?.();
    this.#restart = undefined;
    this.#stop?.();
    this.#stop = undefined;
  }

  /** Ends a rest. */
  tryNow(): void {
    if (this.#restart === undefined) return;
    this.#restart();
    this.#restart = undefined;
    this.#restMs = this.#options.limits.stackWatchRestMs;
    this.start();
  }

  #document(document: Uint8Array): void {
    const { world, stack, limits } = this.#options;
    let liveset: Liveset;
    try {
      liveset = readLiveset(document, limits);
    } catch (error) {
      if (!(error instanceof StackFault)) throw error;
      if (this.#unreadable) return;
      this.#unreadable = true;
      this.fault = error;
      const sentence = `ha_watch_liveset of the cluster stack "${stack}" prints livesets that cannot be read: ${error.message}.`;
      world.log.write('warn', 'liveset-unreadable', sentence, { stack });
      return;
    }
    this.#unreadable = false;
    this.fault = undefined;
    this.#onLiveset(liveset);
  }

  #ended(turn: number, fault: StackFault): void {
    if (turn !== this.#turn) return;
    this.#turn++;
    this.#stop = undefined;
    const { world, stack, limits } = this.#options;
    const stayed = world.clock.monotonicMs() - this.#startedMs >= limits.stackWatchLongestRestMs;
    if (stayed) this.#restMs = limits.stackWatchRestMs;
    const known = this.fault;
    this.fault = fault;
    if (stayed || known === undefined || kindOf(known) !== kindOf(fault)) {
      const sentence = `Changes of the liveset are no longer told by the cluster stack "${stack}", and are asked for meanwhile: ${fault.message}`;
      world.log.write('warn', 'liveset-watch-lost', sentence, { stack, againMs: this.#restMs });
    }
    this.#restart = world.clock.after(this.#restMs, () => {
      this.#restart = undefined;
      this.start();
    });
    this.#restMs = Math.min(limits.stackWatchLongestRestMs, this.#restMs * 2);
  }
}

/** Two faults of one kind are one for whoever reads the log. */
function kindOf(fault: StackFault): string {
  const { symbol, signal, exitCode } = fault.details;
  return [fault.reason, symbol, signal, exitCode].join(' ');
}
