/** Runs the command line as a process of its own, as users do. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly done: Promise<Ran>;
}

const program = join(import.meta.dirname, '../../src/bin/quorate.ts');

export interface Options {
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts it; `done` resolves when it has ended. */
export function start(args: readonly string[], options: Options = {}): Running {
  const environment = { PATH: process.env['PATH'] ?? '', ...options.environment };
  const child = spawn(process.execPath, [program, ...args], { env: environment, stdio: 'pipe' });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (part: Buffer) => stdout.push(part));
  child.stderr.on('data', (part: Buffer) => stderr.push(part));
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const text = (parts: readonly Buffer[]): string => Buffer.concat(parts).toString('utf8');
  const done = once(child, 'close').then(([code]) => ({
    code: Number(code),
    stdout: text(stdout),
    stderr: text(stderr),
  }));
  return { child, stdout: () => text(stdout), stderr: () => text(stderr), done };
}

/** Runs it to its end. */
export function quorate(args: readonly string[], options: Options = {}): Promise<Ran> {
  return start(args, options).done;
}

/** Resolves when the process has written the text. */
export async function seen(running: Running, text: string): Promise<void> {
  while (!running.stdout().includes(text) && !running.stderr().includes(text)) {
    const ended = running.done.then(() => 'ended');
    const more = Promise.race([
      once(running.child.stdout ?? running.child, 'data'),
      once(running.child.stderr ?? running.child, 'data'),
    ]);
    if ((await Promise.race([ended, more])) === 'ended')
      throw new Error(`ended without writing ${text}: ${running.stderr()}`);
  }
}
