import type { Cancel, Clock, Log, Programs } from '../../world/world.ts';

export interface FollowerOptions {
  readonly world: { readonly clock: Clock; readonly programs: Programs; readonly log: Log };
  readonly program: string;
  readonly args: readonly string[];
  readonly onLine: (line: string) => void;
  /** Called when the program was started again: what happened meanwhile was not told. */
  readonly onRestart: () => void;
  readonly firstRestMs: number;
  readonly longestRestMs: number;
  readonly maxLineBytes: number;
}

/** Keeps a program running that tells of changes; each end is followed by a longer rest, until it has stayed up. */
export class Follower {
  readonly #options: FollowerOptions;
  #stop: Cancel | undefined;
  #restart: Cancel | undefined;
  #restMs: number;
  #startedMs = 0;
  #complaint = '';

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#restMs = options.firstRestMs;
  }

  /** True while the program runs. */
  get running(): boolean {
    return this.#stop !== undefined;
  }

  start(): void {
    const { world, program, args, onLine, maxLineBytes } = this.#options;
    this.#startedMs = world.clock.monotonicMs();
    this.#stop = world.programs.follow(program, args, { onLine, onEnd: (reason) => this.#ended(reason), maxLineBytes });
  }

  stop(): void {
    this.#restart?.();
    this.#stop?.();
    this.#stop = undefined;
  }

  #ended(reason: string): void {
    const { world, program, args, firstRestMs, longestRestMs, onRestart } = this.#options;
    this.#stop = undefined;
    const stayed = world.clock.monotonicMs() - this.#startedMs >= longestRestMs;
    if (stayed) this.#restMs = firstRestMs;
    if (stayed || reason !== this.#complaint) {
      this.#complaint = reason;
      const source = [program, ...args].join(' ');
      world.log.write('warn', 'inventory-watch-lost', `"${source}" no longer tells of changes: ${reason}.`, {
        source,
        reason,
        againMs: this.#restMs,
      });
    }
    this.#restart = world.clock.after(this.#restMs, () => {
      this.#restart = undefined;
      this.start();
      onRestart();
    });
    this.#restMs = Math.min(longestRestMs, this.#restMs * 2);
  }
}
