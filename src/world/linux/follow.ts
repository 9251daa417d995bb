import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { Readable } from 'node:stream';
import { Lines } from '../../lib/lines.ts';
import type { Cancel, FollowOptions } from '../world.ts';
import { systemCode } from './file-errors.ts';
import { GroupEnd, type ProgramLimits, programEnvironment } from './program-group.ts';

const setpriv = '/usr/bin/setpriv';
/** Exit code of a program that starts another one and does not find it. */
const notFound = 127;
const notThere = 'it is not installed';

/** Starts a program that prints until it is stopped. */
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
    env: programEnvironment(options.onlyPathWith),
    cwd: '/',
    stdio: ['ignore', 'pipe', options.onErrorPiece === undefined ? 'ignore' : 'pipe'],
  });
  const ending = new GroupEnd(child.pid, limits.programGraceMs);
  const lines = 'onLine' in options ? new Lines(options.maxLineBytes, options.onLine) : undefined;
  const take = 'onPiece' in options ? options.onPiece : (piece: Uint8Array) => lines?.add(piece);
  let over = false;
  const end = (reason: string, exitCode?: number): void => {
    if (over) return;
    over = true;
    lines?.end();
    options.onEnd(reason, exitCode);
  };
  const listen = (stream: Readable | null, told: ((piece: Uint8Array) => void) | undefined): void => {
    stream?.on('data', (piece: Buffer) => {
      if (!over) told?.(piece);
    });
    stream?.on('error', () => undefined);
  };
  const silence = (): void => {
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
  listen(child.stdout, take);
  listen(child.stderr, options.onErrorPiece);
  child.once('error', (error) => end(systemCode(error) === 'ENOENT' ? notThere : error.message));
  // Something in the background may hold the output open after the program itself has gone.
  let late: NodeJS.Timeout | undefined;
  child.once('exit', () => {
    if (options.leaveNothing === true) ending.over(true);
    late = setTimeout(silence, limits.programOutputMs);
  });
  child.once('close', (code, signal) => {
    clearTimeout(late);
    ending.over();
    if (dies && code === notFound && missing(program)) end(notThere);
    else if (signal !== null) end(`it was ended by ${signal}`);
    else end(`it ended with exit code ${code}`, code ?? undefined);
  });
  return () => {
    over = true;
    ending.begin();
    silence();
  };
}

/** A program that is named by its path may end with that exit code for reasons of its own. */
function missing(program: string): boolean {
  return !isAbsolute(program) || !existsSync(program);
}
