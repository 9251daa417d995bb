import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { type HostEnd, LaboratoryError, type LaboratoryResult } from '../../../conformance/laboratory.ts';
import { limits } from '../../../lib/limits.ts';
import { monotonicMs } from './execute.ts';
import { isGone, namespaceOf } from './host-processes.ts';
import { HostProgram } from './host-program.ts';
import { clusterStackRoot, hostPath, hostScript } from './host-script.ts';
import type { KeeperHostOptions, KeeperOptions, ProgramStart } from './protocol.ts';
import type { StatefileDevice } from './statefile-device.ts';
import type { Switch } from './switch.ts';

const namespaceKinds = ['mnt', 'pid', 'net', 'uts', 'ipc'] as const;

/** One time that a host is on. */
interface Life {
  readonly keeper: ChildProcess;
  readonly init: number;
  readonly over: Promise<void>;
  /** Why it is being ended from outside. */
  cause: HostEnd['by'] | undefined;
}

export interface VirtualHostPaths {
  /** Where its file system is put together. */
  readonly root: string;
  /** The FIFOs that stand for its watchdog and for sysrq. */
  readonly control: string;
  /** What it sees as the statefile. */
  readonly statefile: string;
}

/** A host: namespaces around a process 1, over a file system that stays when the host is switched off. */
export class VirtualHost {
  readonly number: number;
  readonly #options: KeeperOptions;
  readonly #own: KeeperHostOptions;
  readonly #paths: VirtualHostPaths;
  readonly #device: StatefileDevice;
  readonly #switch: Switch;
  readonly #onEnd: (end: HostEnd) => void;
  #life: Life | undefined;

  constructor(
    number: number,
    options: KeeperOptions,
    parts: { own: KeeperHostOptions; paths: VirtualHostPaths; device: StatefileDevice; networkSwitch: Switch },
    onEnd: (end: HostEnd) => void,
  ) {
    this.number = number;
    this.#options = options;
    this.#own = parts.own;
    this.#paths = parts.paths;
    this.#device = parts.device;
    this.#switch = parts.networkSwitch;
    this.#onEnd = onEnd;
    // A signal for somebody who waits for the disk: the host may be going down, and has to be let go.
    parts.device.onInterrupt = (): void => {
      if (this.#life !== undefined && isGone(this.#life.init)) parts.device.dropWaiting();
    };
    this.configure(parts.own.configuration);
  }

  get init(): number | undefined {
    return this.#life?.init;
  }

  configure(text: string | undefined): void {
    const directory = join(this.#paths.root, 'etc/xensource');
    const path = join(directory, 'xhad.conf');
    mkdirSync(directory, { recursive: true });
    if (text === undefined) rmSync(path, { force: true });
    else writeFileSync(path, text, { mode: 0o600 });
  }

  async powerOn(): Promise<void> {
    if (this.#life !== undefined) return;
    const { tools, stackDirectory, statefile } = this.#options;
    const { root, control, statefile: statefilePath } = this.#paths;
    const words = [this.#own.name, this.#own.address, root, control, stackDirectory, basename(stackDirectory)];
    const apart = ['--mount', '--uts', '--ipc', '--net', '--pid', '--propagation', 'private', '--fork', '--kill-child'];
    const run = [
      tools.chrt,
      '--other',
      '0',
      tools.shell,
      '-c',
      hostScript,
      'host',
      ...words,
      tools.setpriv,
      statefilePath,
      statefile,
    ];
    const keeper = spawn(tools.unshare, [...apart, ...run], {
      cwd: '/',
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    let complaint = '';
    keeper.stderr.on('data', (piece: Buffer) => (complaint = (complaint + piece.toString('utf8')).slice(0, 4096)));
    keeper.stdin.on('error', () => undefined);
    const lines = createInterface(keeper.stdout)[Symbol.asyncIterator]();
    const line = async (): Promise<string> => {
      const next = await withLimit(lines.next(), limits.laboratoryStartMs);
      if (next?.done === false) return next.value;
      keeper.kill('SIGKILL');
      throw new LaboratoryError(`Host ${this.number} did not come up: ${complaint.trim() || 'it took too long'}`);
    };
    const init = Number(await line());
    const { promise, resolve } = Promise.withResolvers<void>();
    const life: Life = { keeper, init, over: promise, cause: undefined };
    keeper.once('exit', (_code, signal) => {
      if (this.#life === life) this.#ended(life, signal);
      resolve();
    });
    this.#refuseMachine(life);
    await this.#switch.plugIn(this.number, init);
    keeper.stdin.end('go\n');
    if ((await line()) !== 'ready') throw new LaboratoryError(`Host ${this.number} did not come up: ${complaint}`);
    this.#life = life;
  }

  /** Ends it at once, and everything in it. Resolves when nothing of it runs any more. */
  async powerOff(cause: HostEnd['by']): Promise<void> {
    const life = this.#life;
    if (life === undefined) return;
    if (life.cause === undefined && !isGone(life.init)) {
      life.cause = cause;
      process.kill(life.init, 'SIGKILL');
    }
    this.#device.dropWaiting();
    await life.over;
  }

  start(start: ProgramStart): { program: HostProgram; result: () => Promise<LaboratoryResult> } {
    const life = this.#life;
    if (life === undefined) throw new Error(`host ${this.number} is off`);
    const stack = join(clusterStackRoot, basename(this.#options.stackDirectory));
    const path = start.program.includes('/') ? start.program : join(stack, start.program);
    const environment = start.environment ?? { PATH: `${hostPath}:${stack}` };
    const program = new HostProgram(this.#options.tools, life.init, { ...start, program: path }, environment);
    const hostEnded = async (): Promise<boolean> => {
      if (this.#life === life && life.cause === undefined && !isGone(life.init)) return false;
      // When the program ended, the host may not have done so to its end.
      await life.over;
      return true;
    };
    return { program, result: () => program.result(hostEnded) };
  }

  #ended(life: Life, signal: NodeJS.Signals | null): void {
    this.#life = undefined;
    const byItself = signal === 'SIGHUP' || signal === 'SIGINT' ? 'reboot' : 'power';
    this.#onEnd({ atMs: monotonicMs(), by: life.cause ?? byItself });
  }

  /** Nothing of a stack may run where the machine itself, or the keeper, lives. */
  #refuseMachine(life: Life): void {
    for (const kind of namespaceKinds) {
      const own = namespaceOf(life.init, kind);
      if (own !== undefined && own !== this.#options.machineNamespaces[kind] && own !== namespaceOf('self', kind))
        continue;
      life.keeper.kill('SIGKILL');
      throw new LaboratoryError(`Host ${this.number} has no ${kind} namespace of its own, so nothing is run in it.`);
    }
  }
}

async function withLimit<Value>(promise: Promise<Value>, limitMs: number): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), limitMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
