/** A built agent in a process of its own, for benchmarks. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface AgentProcess {
  readonly directory: string;
  readonly socketPath: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Resolves when the child's standard output has the text. */
export async function untilPrinted(child: ChildProcess, text: string): Promise<void> {
  let seen = '';
  for await (const piece of child.stdout ?? []) {
    seen += String(piece);
    if (seen.includes(text)) return;
  }
  throw new Error(`the process ended before it printed "${text}": ${seen}`);
}

export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

/** Starts `dist/quorated.js` in a temporary folder. */
export async function startAgentProcess(): Promise<AgentProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-bench-'));
  const program = join(import.meta.dirname, '../../dist/quorated.js');
  const args = [program, '--dir', directory, '--log-level', 'error'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await untilPrinted(child, 'is up');
  child.stdout?.resume();
  return {
    directory,
    socketPath: join(directory, 'xapi'),
    pid: child.pid ?? 0,
    stop: async () => {
      await stopProcess(child);
      await rm(directory, { recursive: true, force: true });
    },
  };
}
