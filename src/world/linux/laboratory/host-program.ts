import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { LaboratoryResult } from '../../../conformance/laboratory.ts';
import { limits } from '../../../lib/limits.ts';
import { monotonicMs } from './execute.ts';
import { childrenOf } from './host-processes.ts';
import { privileges } from './host-script.ts';
import type { KeeperTools, ProgramStart } from './protocol.ts';

/** A program in a host, in a session of its own there. */
export class HostProgram {
  readonly #child: ChildProcess;
  readonly #startedMs = monotonicMs();
  readonly #gathered = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  readonly #lengths = { stdout: 0, stderr: 0 };
  #truncated = false;
  #timedOut = false;
  #outputHeld = false;
  #ending = false;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(tools: KeeperTools, init: number, start: ProgramStart, environment: Readonly<Record<string, string>>) {
    const identity = start.unprivileged ? ['--reuid', '65534', '--regid', '65534', '--clear-groups'] : [];
    const enter = ['--target', String(init), '--mount', '--uts', '--ipc', '--net', '--pid', '--'];
    // In hosts nobody is ahead of the others, until he asks for it.
    const become = [
      tools.setsid,
      tools.chrt,
      '--other',
      '0',
      tools.setpriv,
      ...privileges,
      ...identity,
      '--',
      start.program,
      ...start.args,
    ];
    this.#child = spawn(tools.nsenter, [...enter, ...become], {
      // Node hands this one on by itself where its own coverage is measured, unless it is named.
      env: { ...environment, NODE_V8_COVERAGE: undefined },
      cwd: '/',
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (start.timeoutMs > 0) {
      this.#after(start.timeoutMs, () => {
        this.#timedOut = true;
        this.end();
      });
    }
  }

  /** Ends it and whatever it started in its session's first group. */
  end(): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#signal('SIGTERM');
    this.#after(limits.programGraceMs, () => this.#signal('SIGKILL'));
  }

  /** Calls back with each whole line of its output; at most the limit for output long. */
  onLines(received: (line: string) => void): void {
    let rest = '';
    this.#child.stdout?.on('data', (piece: Buffer) => {
      const lines = (rest + piece.toString('utf8')).split('\n');
      rest = (lines.pop() ?? '').slice(0, limits.laboratoryOutputBytes);
      for (const line of lines) received(line);
    });
  }

  /** Resolves when it has ended, also when the kernel cannot end it because its disk hangs. */
  async result(hostEnded: () => Promise<boolean>): Promise<LaboratoryResult> {
    this.#gather('stdout', this.#child.stdout);
    this.#gather('stderr', this.#child.stderr);
    await this.#over();
    const endedMs = monotonicMs();
    for (const timer of this.#timers) clearTimeout(timer);
    return {
      exitCode: this.#child.exitCode ?? undefined,
      signal: this.#child.signalCode ?? undefined,
      timedOut: this.#timedOut,
      hostEnded: await hostEnded(),
      stdout: Buffer.concat(this.#gathered.stdout).toString('utf8'),
      stderr: Buffer.concat(this.#gathered.stderr).toString('utf8'),
      truncated: this.#truncated,
      outputHeld: this.#outputHeld,
      startedMs: this.#startedMs,
      endedMs,
    };
  }

  #over(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const giveUp = (): void => {
      this.#child.stdout?.destroy();
      this.#child.stderr?.destroy();
      resolve();
    };
    this.#child.once('error', () => resolve());
    this.#child.once('close', () => resolve());
    this.#child.once('exit', () => {
      this.#after(limits.programOutputMs, () => {
        this.#outputHeld = true;
        giveUp();
      });
    });
    this.#onStuck = giveUp;
    return promise;
  }

  #onStuck: () => void = () => undefined;

  #signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    for (const leader of childrenOf(pid)) kill(-leader, signal);
    if (signal === 'SIGTERM') return;
    kill(-pid, signal);
    this.#after(limits.programOutputMs, () => this.#onStuck());
  }

  #gather(name: 'stdout' | 'stderr', stream: Readable | null): void {
    stream?.on('error', () => undefined);
    stream?.on('data', (piece: Buffer) => {
      const room = limits.laboratoryOutputBytes - this.#lengths[name];
      if (piece.byteLength > room) this.#truncated = true;
      if (room <= 0) return;
      this.#gathered[name].push(piece.subarray(0, room));
      this.#lengths[name] += Math.min(room, piece.byteLength);
    });
  }

  #after(delayMs: number, fire: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      fire();
    }, delayMs);
    this.#timers.add(timer);
  }
}

/** It may have gone already. */
function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone.
  }
}
