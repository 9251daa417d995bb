import { FileError, type ProgramOptions, type ProgramResult, type Programs } from '../world.ts';
import { type FakeFollower, followFake } from './follow.ts';
import type { Incarnation } from './incarnation.ts';

/** What a program that a test made up says and does. */
export interface FakeResult extends Partial<Pick<ProgramResult, 'exitCode' | 'signal' | 'stdout' | 'stderr'>> {
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
  readonly #options: ProgramOptions;
  readonly #resolve: (result: ProgramResult) => void;
  readonly #reject: (error: Error) => void;
  readonly #cancels: (() => void)[] = [];
  #over = false;

  constructor(
    life: Incarnation,
    options: ProgramOptions,
    resolve: (result: ProgramResult) => void,
    reject: (error: Error) => void,
  ) {
    this.#life = life;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  begin(fake: FakeProgram, args: readonly string[]): void {
    const { input = '', environment = {}, signal, timeoutMs } = this.#options;
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
    const { maxOutputBytes } = this.#options;
    const stdout = Buffer.from(result.stdout ?? '');
    const stderr = Buffer.from(result.stderr ?? '');
    this.#resolve({
      exitCode: result.signal === undefined ? (result.exitCode ?? 0) : undefined,
      signal: result.signal,
      timedOut,
      stdout: stdout.subarray(0, maxOutputBytes).toString(),
      stderr: stderr.subarray(0, maxOutputBytes).toString(),
      truncated: stdout.byteLength > maxOutputBytes || stderr.byteLength > maxOutputBytes,
    });
  }
}
