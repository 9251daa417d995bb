import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Cancel, FollowOptions } from '../world.ts';
import { systemCode } from './file-errors.ts';
import { GroupEnd, type ProgramLimits, programEnvironment } from './program-group.ts';

const setpriv = '/usr/bin/setpriv';
/** Exit code of a program that starts another one and does not find it. */
const notFound = 127;
const notThere = 'it is not installed';

/** Starts a program that prints lines until it is stopped. */
export function followProgram(
  program: string,
  args: readonly string[],
  options: FollowOptions,
  limits: ProgramLimits,
): Cancel {
  // An agent that is killed takes its followers along; they would else wait for a change before they notice.
  const dies = existsSync(setpriv);
  const command = dies ? [setpriv, '--pdeathsig', 'TERM', program, ...args] : [program, ...args];
  const child = spawn(command[0] ?? program, command.slice(1), {
    detached: true,
    env: programEnvironment(),
    cwd: '/',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ending = new GroupEnd(child.pid, limits.programGraceMs);
  const lines = new Lines(options.maxLineBytes, options.onLine);
  let over = false;
  const end = (reason: string): void => {
    if (over) return;
    over = true;
    lines.end();
    options.onEnd(reason);
  };
  child.stdout.on('data', (piece: Buffer) => {
    if (!over) lines.add(piece);
  });
  child.stdout.on('error', () => undefined);
  child.once('error', (error) => end(systemCode(error) === 'ENOENT' ? notThere : error.message));
  // Something in the background may hold the output open after the program itself has gone.
  let late: NodeJS.Timeout | undefined;
  child.once('exit', () => {
    late = setTimeout(() => child.stdout.destroy(), limits.programOutputMs);
  });
  child.once('close', (code, signal) => {
    clearTimeout(late);
    ending.over();
    if (dies && code === notFound) end(notThere);
    else end(signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`);
  });
  return () => {
    over = true;
    ending.begin();
    child.stdout.destroy();
  };
}

/** Cuts a stream into lines; of a line that is too long the rest is thrown away. */
class Lines {
  readonly #most: number;
  readonly #onLine: (line: string) => void;
  #pieces: Uint8Array[] = [];
  #length = 0;

  constructor(most: number, onLine: (line: string) => void) {
    this.#most = most;
    this.#onLine = onLine;
  }

  add(piece: Uint8Array): void {
    let from = 0;
    for (;;) {
      const at = piece.indexOf(10, from);
      this.#keep(piece.subarray(from, at < 0 ? undefined : at));
      if (at < 0) return;
      this.#tell();
      from = at + 1;
    }
  }

  end(): void {
    if (this.#length > 0) this.#tell();
  }

  #keep(part: Uint8Array): void {
    const room = this.#most - this.#length;
    if (room <= 0 || part.byteLength === 0) return;
    this.#pieces.push(part.subarray(0, room));
    this.#length += Math.min(room, part.byteLength);
  }

  #tell(): void {
    const line = Buffer.concat(this.#pieces).toString('utf8');
    this.#pieces = [];
    this.#length = 0;
    this.#onLine(line);
  }
}
