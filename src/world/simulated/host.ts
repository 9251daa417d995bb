import { logJournals } from '../../database/log-journal.ts';
import type { Limits } from '../../lib/limits.ts';
import { type HardwareFacts, hardwareFacts } from '../machine-facts.ts';
import { FileError, type World } from '../world.ts';
import { FakeBus } from './bus.ts';
import { simulatedCertificates } from './certificates.ts';
import { type ClockFaults, simulatedClock } from './clock.ts';
import { Disk } from './disk.ts';
import { SimulatedFiles } from './files.ts';
import type { FakeFollower } from './follow.ts';
import { simulatedHttp } from './http.ts';
import { Listeners } from './http-listeners.ts';
import type { Side } from './http-side.ts';
import { Incarnation } from './incarnation.ts';
import type { Network } from './network.ts';
import { type FakeProgram, simulatedPrograms } from './programs.ts';
import type { Scheduler } from './scheduler.ts';
import type { Seeded } from './seeded.ts';
import { type ServiceManager, simulatedService } from './service.ts';
import { type Trace, traceLog } from './trace.ts';

export interface HostOptions {
  /** Keep debug lines too. */
  readonly debug?: boolean;
  readonly limits?: Partial<Limits>;
}

/** What all hosts of a simulation share. */
export interface HostParts {
  readonly name: string;
  readonly address: string;
  readonly options: HostOptions;
  readonly limits: Limits;
  readonly scheduler: Scheduler;
  readonly chance: Seeded;
  readonly trace: Trace;
  readonly network: Network;
  readonly find: (name: string) => Side | undefined;
  readonly epochMs: number;
}

/** A host: a disk and clocks that outlive crashes, and one life at a time of whatever runs on it. */
export class SimulatedHost implements Side {
  readonly name: string;
  readonly address: string;
  readonly disk: Disk;
  /** Change these as you like. */
  readonly clockFaults: ClockFaults = { wallOffsetMs: 0, rate: 1, lateMs: 0.05 };
  /** Programs that can be run, by path or name. */
  readonly programs = new Map<string, FakeProgram>();
  /** Programs that go on printing lines. */
  readonly followers = new Map<string, FakeFollower>();
  readonly bus = new FakeBus();
  /** The service manager, and what it was told. */
  readonly service: ServiceManager = { managed: false, watchdogMs: undefined, inherited: [], told: [] };
  readonly listeners = new Listeners();
  /** What firmware and tools say of it, how it fails to be read, or nothing for ever. */
  hardware: HardwareFacts | FileError | 'hangs' = hardwareFacts(new Map());
  powered = true;
  readonly #parts: HostParts;
  #lives = 0;
  #connections = 0;
  #life: Incarnation;
  #files: SimulatedFiles;
  #world: World;

  constructor(parts: HostParts) {
    this.name = parts.name;
    this.address = parts.address;
    this.#parts = parts;
    this.disk = new Disk(parts.name, parts.chance.derive('disk'), parts.trace, () => this.#wallMs());
    [this.#life, this.#files, this.#world] = this.#begin();
  }

  /** The world of the life that runs now. What holds the world of an earlier one can do nothing any more. */
  get world(): World {
    return this.#world;
  }

  /** True between a start and the next crash. */
  get alive(): boolean {
    return this.#life.alive;
  }

  /** Power is lost: what was not synced is lost or torn, and the host answers nothing until it is started again. */
  crash(): void {
    this.#parts.trace.tell(this.name, 'loses power');
    this.powered = false;
    this.#end();
    this.disk.crash();
  }

  /** The program dies and the machine goes on: what was written stays, and its connections are reset. */
  kill(): void {
    this.#parts.trace.tell(this.name, 'is killed');
    this.#end();
    this.listeners.clear();
  }

  /** Begins a new life, after a crash or a kill, and gives its world. */
  restart(): World {
    if (this.#life.alive) this.kill();
    this.#parts.trace.tell(this.name, 'starts');
    this.powered = true;
    this.listeners.clear();
    [this.#life, this.#files, this.#world] = this.#begin();
    return this.#world;
  }

  #end(): void {
    this.#life.end();
    this.#files.crash();
  }

  #wallMs(): number {
    return Math.floor(this.#parts.epochMs + this.#parts.scheduler.nowMs + this.clockFaults.wallOffsetMs);
  }

  #begin(): [Incarnation, SimulatedFiles, World] {
    const { scheduler, trace, options, epochMs, network, find } = this.#parts;
    const limits: Limits = { ...this.#parts.limits, ...options.limits };
    const life = new Incarnation(scheduler);
    const chance = this.#parts.chance.derive(`life ${++this.#lives}`);
    const simulated = new SimulatedFiles(this.disk, life, chance.derive('files'));
    const { files } = simulated;
    const log = traceLog(trace, this.name, options.debug === true, () => life.alive);
    const world: World = {
      clock: simulatedClock({
        life,
        faults: this.clockFaults,
        chance: chance.derive('clock'),
        now: () => scheduler.nowMs,
        epochMs,
      }),
      random: chance.derive('random'),
      files,
      programs: simulatedPrograms(this.programs, this.followers, life),
      http: simulatedHttp({
        side: this,
        life,
        address: this.address,
        log,
        limits,
        network,
        find,
        files,
        isOwnAddress: (host) =>
          [this.address, this.name, '127.0.0.1', '::1', 'localhost', '0.0.0.0', '::'].includes(host),
        nextConnection: () => ++this.#connections,
      }),
      bus: this.bus.seenBy(life),
      service: simulatedService(this.service, life),
      log,
      certificates: simulatedCertificates(chance.derive('certificates')),
      journals: logJournals(files),
      process: {
        uid: 0,
        residentBytes: () => 67_108_864,
        cpuSeconds: () => 0,
        loopDelay: () => ({ meanMs: 0, medianMs: 0, p99Ms: 0, mostMs: 0 }),
        resetLoopDelay: () => {},
      },
      machine: () =>
        life.promise((resolve) => life.after(1, () => resolve({ hostname: this.name, addresses: [this.address] }))),
      hardware: (signal) => life.promise((resolve, reject) => this.#tellHardware(life, signal, resolve, reject)),
    };
    return [life, simulated, world];
  }

  #tellHardware(
    life: Incarnation,
    signal: AbortSignal,
    resolve: (facts: HardwareFacts) => void,
    reject: (reason: Error) => void,
  ): void {
    const abort = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    const { hardware } = this;
    const late = hardware === 'hangs';
    life.after(late ? this.#parts.limits.hardwareMs : hardwareMs, () => {
      signal.removeEventListener('abort', abort);
      if (late) reject(new FileError('io', 'systeminformation', 'it did not end in time'));
      else if (hardware instanceof FileError) reject(hardware);
      else resolve(hardware);
    });
  }
}

/** How long it takes to ask a machine that answers. */
const hardwareMs = 150;
