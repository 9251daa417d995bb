import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { constants, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type {
  LaboratoryProcess,
  LaboratoryResult,
  NetworkState,
  StatefileState,
} from '../../../conformance/laboratory.ts';
import { LaboratoryError } from '../../../conformance/laboratory.ts';
import { limits } from '../../../lib/limits.ts';
import { execute, monotonicMs } from './execute.ts';
import { makeFileSystem } from './file-system.ts';
import { processesOf } from './host-processes.ts';
import type { HostProgram } from './host-program.ts';
import type { KeeperMessage, KeeperOptions, KeeperTools, ProgramStart } from './protocol.ts';
import { SharedDisk } from './shared-disk.ts';
import { StatefileDevice } from './statefile-device.ts';
import { Switch } from './switch.ts';
import { VirtualHost } from './virtual-host.ts';
import { readFifo, Watchdog } from './watchdog.ts';

interface Kept {
  readonly host: VirtualHost;
  readonly device: StatefileDevice;
  readonly watchdog: Watchdog;
  readonly watchdogFifo: number;
  readonly sysrqFifo: number;
  readonly loop: ChildProcess | undefined;
}

/** What after `echo … > /proc/sysrq-trigger` ends a machine: restart, crash, off. */
const endsTheHost = /[bco]/;

/**
 * Everything of a laboratory in one process of its own, which is process 1 of a PID namespace and the owner of mounts and networks that
 * only it has: when it ends, however it ends, the kernel takes all of it away.
 */
export class Keeper {
  readonly #tell: (message: KeeperMessage) => void;
  readonly #hosts: Kept[] = [];
  readonly #runs = new Map<number, HostProgram>();
  #disk = new SharedDisk(0);
  #switch: Switch | undefined;
  #watching: NodeJS.Timeout | undefined;

  constructor(tell: (message: KeeperMessage) => void) {
    this.#tell = tell;
  }

  async create(options: KeeperOptions): Promise<void> {
    this.#disk = new SharedDisk(options.statefileBytes);
    const networkSwitch = new Switch(options.tools.ip);
    this.#switch = networkSwitch;
    await networkSwitch.start();
    await execute(options.tools.mount, ['-t', 'tmpfs', '-o', 'mode=700,size=1g', 'laboratory', options.scratch]);
    for (const [index, own] of options.hosts.entries()) {
      const base = join(options.scratch, own.name);
      mkdirSync(base);
      const root = await makeFileSystem(options, base);
      const control = join(base, 'control');
      mkdirSync(control);
      const [watchdogFifo, sysrqFifo] = [makeFifo(join(control, 'watchdog')), makeFifo(join(control, 'sysrq'))];
      const device = await StatefileDevice.mount(options.tools.mount, join(base, 'statefile'), this.#disk);
      const block = options.statefile === 'block' ? await attachLoop(options.tools, device.path) : undefined;
      const paths = { root, control, statefile: block?.path ?? device.path };
      const host = new VirtualHost(index + 1, options, { own, paths, device, networkSwitch }, (end) => {
        watchdog.reset();
        this.#tell({ kind: 'ended', host: index + 1, end });
      });
      const watchdog = new Watchdog(options.watchdogMs);
      this.#hosts.push({ host, device, watchdog, watchdogFifo, sysrqFifo, loop: block?.holder });
    }
    await Promise.all(this.#hosts.map(({ host }) => this.powerOn(host.number)));
    this.#watching = setInterval(() => this.#watch(), limits.laboratoryWatchMs);
  }

  async powerOn(number: number): Promise<void> {
    const { host, watchdog, watchdogFifo, sysrqFifo } = this.#kept(number);
    if (host.init !== undefined) return;
    readFifo(watchdogFifo);
    readFifo(sysrqFifo);
    watchdog.reset();
    await host.powerOn();
    this.#tell({ kind: 'started', host: number });
  }

  async powerOff(number: number): Promise<void> {
    await this.#kept(number).host.powerOff('power');
  }

  async run(start: ProgramStart): Promise<LaboratoryResult> {
    // It may have ended since the kit looked.
    if (this.#kept(start.host).host.init === undefined) return neverStarted();
    const { program, result } = this.#kept(start.host).host.start(start);
    this.#runs.set(start.run, program);
    try {
      return await result();
    } finally {
      this.#runs.delete(start.run);
    }
  }

  async follow(start: ProgramStart): Promise<void> {
    const { program, result } = this.#kept(start.host).host.start(start);
    this.#runs.set(start.run, program);
    program.onLines((line) => this.#tell({ kind: 'line', run: start.run, line }));
    try {
      await result();
    } finally {
      this.#runs.delete(start.run);
    }
  }

  cancel(run: number): void {
    this.#runs.get(run)?.end();
  }

  async setNetwork(number: number, state: NetworkState): Promise<void> {
    await this.#switch?.setState(number, state, this.#kept(number).host.init !== undefined);
  }

  setStatefile(number: number, state: StatefileState, slowMs: number): void {
    this.#kept(number).device.setState(state, slowMs);
  }

  processes(number: number): readonly LaboratoryProcess[] {
    const { init } = this.#kept(number).host;
    return init === undefined ? [] : processesOf(init);
  }

  signal(number: number, pid: number, signal: NodeJS.Signals): void {
    if (this.processes(number).some((process) => process.pid === pid)) process.kill(pid, signal);
  }

  readStatefile(): Uint8Array {
    return this.#disk.read(0, this.#disk.length);
  }

  damageStatefile(offset: number, bytes: Uint8Array): void {
    this.#disk.write(offset, bytes);
  }

  setConfiguration(number: number, text: string | undefined): void {
    this.#kept(number).host.configure(text);
  }

  async close(): Promise<void> {
    clearInterval(this.#watching);
    await Promise.all(this.#hosts.map(({ host }) => host.powerOff('power')));
    for (const { loop, device } of this.#hosts) {
      loop?.kill('SIGKILL');
      device.close();
    }
  }

  #kept(number: number): Kept {
    const kept = this.#hosts[number - 1];
    if (kept === undefined) throw new Error(`there is no host ${number}`);
    return kept;
  }

  #watch(): void {
    for (const { host, watchdog, watchdogFifo, sysrqFifo } of this.#hosts) {
      if (host.init === undefined) continue;
      const before = watchdog.armed;
      const expired = watchdog.look(watchdogFifo);
      if (watchdog.armed !== before) this.#tell({ kind: 'armed', host: host.number, armed: watchdog.armed });
      if (expired) void host.powerOff('watchdog');
      if (endsTheHost.test(readFifo(sysrqFifo).text)) void host.powerOff('sysrq');
    }
  }
}

/** What a program comes to whose host was off. */
function neverStarted(): LaboratoryResult {
  const now = monotonicMs();
  const nothing = { exitCode: undefined, signal: undefined, timedOut: false, stdout: '', stderr: '', truncated: false };
  return { ...nothing, hostEnded: true, startedMs: now, endedMs: now };
}

/** A reader that is there from the start, so that no writer ever waits for one. */
function makeFifo(path: string): number {
  execFileSync('mkfifo', ['-m', '600', path]);
  return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
}

/**
 * A loop device that the kernel takes away when the last who has it open has gone. It is held open by a program of its own: closing it waits
 * for what is on its way to the statefile, which the keeper answers, so the keeper must never be the one that closes it.
 */
async function attachLoop(tools: KeeperTools, file: string): Promise<{ path: string; holder: ChildProcess }> {
  let path: string;
  try {
    path = (await execute(tools.losetup, ['--find', '--show', file])).trim();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LaboratoryError(
      `There is no loop device for the statefile of a host (${reason}). Use a file as statefile, or free loop devices: losetup --list.`,
    );
  }
  const script = 'exec 3<"$1" && "$2" --detach "$1" && echo held && exec sleep 2147483';
  const holder = spawn(tools.shell, ['-c', script, 'sh', path, tools.losetup], {
    cwd: '/',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  holder.stdout.once('data', () => resolve(true));
  holder.once('exit', () => resolve(false));
  if (!(await promise)) throw new LaboratoryError(`The loop device ${path} cannot be opened.`);
  return { path, holder };
}
