import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { ProgramResult, Programs, RunOptions } from '../world.ts';
import { fileError } from './file-errors.ts';
import { followProgram } from './follow.ts';
import { GroupEnd, type ProgramLimits, programEnvironment } from './program-group.ts';

export function createPrograms(limits: ProgramLimits): Programs {
  return {
    run: (program, args, options) => run(limits, program, args, options),
    follow: (program, args, options) => followProgram(program, args, options, limits),
  };
}

/**
 * Only the whole process group is ended: a script's children keep its output open, and who ends the script alone waits for them.
 */
function run(
  limits: ProgramLimits,
  program: string,
  args: readonly string[],
  options: RunOptions,
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const { signal, input, timeoutMs } = options;
    if (signal?.aborted === true) throw signal.reason;
    const child = start(program, args, options);
    const output = new Output(options.maxOutputBytes);
    output.gather('stdout', child.stdout, options.onPiece);
    output.gather('stderr', child.stderr, options.onErrorPiece);
    // It may end without reading what it is given.
    child.stdin?.on('error', () => undefined);
    if (input !== undefined) child.stdin?.end(input);
    let timedOut = false;
    const ending = new GroupEnd(child.pid, limits.programGraceMs);
    const timer = setTimeout(() => {
      timedOut = true;
      ending.begin();
    }, timeoutMs);
    const aborted = (): void => ending.begin();
    signal?.addEventListener('abort', aborted, { once: true });
    // A program that went on in the background may hold the output for ever.
    let late: NodeJS.Timeout | undefined;
    const over = (): void => {
      clearTimeout(timer);
      clearTimeout(late);
      ending.over();
      signal?.removeEventListener('abort', aborted);
    };
    child.once('error', (error) => {
      over();
      reject(fileError(program, error));
    });
    child.once('exit', () => {
      clearTimeout(timer);
      if (options.leaveNothing === true) ending.over(true);
      late = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, limits.programOutputMs);
    });
    child.once('close', (exitCode, killer) => {
      over();
      resolve({
        exitCode: exitCode ?? undefined,
        signal: killer ?? undefined,
        timedOut,
        stdout: output.text('stdout'),
        stderr: output.text('stderr'),
        truncated: output.truncated,
      });
    });
  });
}

/** @throws FileError for what the system refuses at once; most it refuses with an event of the child */
function start(program: string, args: readonly string[], options: RunOptions): ChildProcess {
  try {
    return spawn(program, args, {
      detached: true,
      env: { ...programEnvironment(options.onlyPathWith), ...options.environment },
      cwd: '/',
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
  } catch (error) {
    throw fileError(program, error);
  }
}

/** Keeps the beginning of both outputs, and reads the rest so that the program does not block. */
class Output {
  truncated = false;
  readonly #most: number;
  readonly #pieces = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  readonly #lengths = { stdout: 0, stderr: 0 };

  constructor(most: number) {
    this.#most = most;
  }

  gather(name: 'stdout' | 'stderr', stream: Readable | null, instead?: (piece: Uint8Array) => void): void {
    stream?.on('error', () => undefined);
    if (instead !== undefined) {
      stream?.on('data', instead);
      return;
    }
    stream?.on('data', (piece: Uint8Array) => {
      const room = this.#most - this.#lengths[name];
      if (piece.byteLength > room) this.truncated = true;
      if (room <= 0) return;
      this.#pieces[name].push(piece.subarray(0, room));
      this.#lengths[name] += Math.min(room, piece.byteLength);
    });
  }

  text(name: 'stdout' | 'stderr'): string {
    return Buffer.concat(this.#pieces[name]).toString('utf8');
  }
}
