import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
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
 * Only the whole process group is ended: a script's children keep its output open, and a library that ends the script
 * alone waits for them.
 */
async function run(
  limits: ProgramLimits,
  program: string,
  args: readonly string[],
  options: RunOptions,
): Promise<ProgramResult> {
  options.signal?.throwIfAborted();
  const child = execa(program, args, {
    detached: true,
    cleanup: false,
    buffer: false,
    reject: false,
    extendEnv: false,
    env: { ...programEnvironment(options.onlyPathWith), ...options.environment },
    cwd: '/',
    stdin: options.input === undefined ? 'ignore' : 'pipe',
    ...(options.input === undefined ? {} : { input: options.input }),
  });
  const output = new Output(options.maxOutputBytes);
  output.gather('stdout', child.stdout, options.onPiece);
  output.gather('stderr', child.stderr, options.onErrorPiece);
  let timedOut = false;
  const ending = new GroupEnd(child.pid, limits.programGraceMs);
  const timer = setTimeout(() => {
    timedOut = true;
    ending.begin();
  }, options.timeoutMs);
  const aborted = (): void => ending.begin();
  options.signal?.addEventListener('abort', aborted, { once: true });
  // A program that went on in the background may hold the output for ever.
  let late: NodeJS.Timeout | undefined;
  child.nodeChildProcess.once('exit', () => {
    clearTimeout(timer);
    if (options.leaveNothing === true) ending.over(true);
    late = setTimeout(() => {
      child.stdout.destroy();
      child.stderr.destroy();
    }, limits.programOutputMs);
  });
  try {
    if (child.pid === undefined) {
      const { cause } = await child;
      throw cause instanceof Error ? cause : new Error('it could not be started');
    }
    // What the library's own promise does beyond this, such as making an error with all output in it, is not wanted.
    await once(child.nodeChildProcess, 'close');
    return {
      exitCode: child.nodeChildProcess.exitCode ?? undefined,
      signal: child.nodeChildProcess.signalCode ?? undefined,
      timedOut,
      stdout: output.text('stdout'),
      stderr: output.text('stderr'),
      truncated: output.truncated,
    };
  } catch (error) {
    throw fileError(program, error);
  } finally {
    clearTimeout(timer);
    clearTimeout(late);
    ending.over();
    options.signal?.removeEventListener('abort', aborted);
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

  gather(name: 'stdout' | 'stderr', stream: Readable, instead?: (piece: Uint8Array) => void): void {
    stream.on('error', () => undefined);
    if (instead !== undefined) {
      stream.on('data', instead);
      return;
    }
    stream.on('data', (piece: Uint8Array) => {
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
