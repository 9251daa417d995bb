import { FileError, type ProgramResult, type Programs, type RunOptions } from '../world.ts';
import { type FakeFollower, followFake } from './follow.ts';
import type { Incarnation } from './incarnation.ts';

/** What a program that a test made up says and does. */
export interface FakeResult extends Partial<Pick<ProgramResult, 'exitCode' | 'signal' | 'stderr'>> {
  readonly stdout?: string | Uint8Array;
  /** How long it ran, in virtual time; a program that is slower than its time limit is ended. */
  readonly durationMs?: number;
}

export interface FakeRun {
  readonly args: readonly string[];
  readonly input: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** A program: at once, or a promise of this host's world. It acts even when it is ended for being too slow. */
export type FakeProgram = (run: FakeRun) => FakeResult | Promise<FakeResult>;

const usualDurationMs = 5;
const simulatedPath = '/usr/sbin:/usr/bin:/sbin:/bin';

/** Runs the programs of a table in virtual time. Those that are not in it are not there. */
export function simulatedPrograms(
  table: ReadonlyMap<string, FakeProgram>,
  followers: ReadonlyMap<string, FakeFollower>,
  life: Incarnation,
): Programs {
  return {
    follow: (program, args, options) => followFake(followers, life, program, args, options),
    run: (program, args, options) =>
      life.promise((resolve, reject) => {
        const fake = table.get(program);
        if (options.signal?.aborted === true) reject(options.signal.reason as Error);
        else if (fake === undefined) reject(new FileError('not-found', program, 'no such file or directory'));
        else new Run(life, options, resolve, reject).begin(fake, args);
      }),
  };
}

class Run {
  readonly #life: Incarnation;
  readonly #options: RunOptions;
  readonly #resolve: (result: ProgramResult) => void;
  readonly #reject: (error: Error) => void;
  readonly #cancels: (() => void)[] = [];
  #over = false;

  constructor(
    life: Incarnation,
    options: RunOptions,
    resolve: (result: ProgramResult) => void,
    reject: (error: Error) => void,
  ) {
    this.#life = life;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  begin(fake: FakeProgram, args: readonly string[]): void {
    const { input = '', onlyPathWith, signal, timeoutMs } = this.#options;
    const environment = {
      ...(onlyPathWith === undefined ? {} : { PATH: `${simulatedPath}:${onlyPathWith}` }),
      ...this.#options.environment,
    };
    const aborted = (): void => this.#end({ signal: 'SIGTERM' }, false);
    signal?.addEventListener('abort', aborted, { once: true });
    this.#cancels.push(
      () => signal?.removeEventListener('abort', aborted),
      this.#life.after(timeoutMs, () => this.#end({ signal: 'SIGTERM' }, true)),
    );
    Promise.resolve(
      fake({ args, input: typeof input === 'string' ? input : Buffer.from(input).toString(), environment }),
    ).then(
      (result) => {
        this.#cancels.push(this.#life.after(result.durationMs ?? usualDurationMs, () => this.#end(result, false)));
      },
      (error: unknown) => this.#reject(error as Error),
    );
  }

  #end(result: FakeResult, timedOut: boolean): void {
    if (this.#over) return;
    this.#over = true;
    for (const cancel of this.#cancels) cancel();
    const { maxOutputBytes, onPiece, onErrorPiece } = this.#options;
    const stdout = this.#kept(result.stdout, onPiece);
    const stderr = this.#kept(result.stderr, onErrorPiece);
    this.#resolve({
      exitCode: result.signal === undefined ? (result.exitCode ?? 0) : undefined,
      signal: result.signal,
      timedOut,
      stdout: stdout.subarray(0, maxOutputBytes).toString(),
      stderr: stderr.subarray(0, maxOutputBytes).toString(),
      truncated: stdout.byteLength > maxOutputBytes || stderr.byteLength > maxOutputBytes,
    });
  }

  /** What goes into the result: nothing of an output that is given to somebody as it comes. */
  #kept(output: string | Uint8Array | undefined, instead: ((piece: Uint8Array) => void) | undefined): Buffer {
    const bytes = Buffer.from(output ?? '');
    if (instead === undefined) return bytes;
    if (bytes.byteLength > 0) instead(bytes);
    return Buffer.alloc(0);
  }
}
