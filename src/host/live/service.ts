/** Keeps the objects that describe this host true: a first reading of everything, then each part as it changes. */
import type { Database } from '../../database/types.ts';
import type { HardwareFacts } from '../../world/machine-facts.ts';
import type { Cancel, World } from '../../world/world.ts';
import { readDisks } from '../inventory/disks.ts';
import { distributionOf, firmwareStrings, lacksNames, withHardware } from '../inventory/hardware.ts';
import { readLogging } from '../inventory/logging.ts';
import {
  readAllFirmware,
  readHostname,
  readMemory,
  readNames,
  readProcessors,
  readSystem,
  readTimes,
} from '../inventory/machine.ts';
import { type NetworkFacts, NetworkReader } from '../inventory/network.ts';
import type { SourceLimits, Sources } from '../inventory/sources.ts';
import { applyDisks } from '../objects/disks.ts';
import {
  applyDistribution,
  applyFigures,
  applyLogging,
  applyNames,
  applyProcessors,
  applySystem,
} from '../objects/host.ts';
import { applyNetwork } from '../objects/network-apply.ts';
import type { Memory } from '../objects/network-match.ts';
import { planNetwork, withoutForgotten } from '../objects/network-plan.ts';
import { FigureFilter } from './figures.ts';
import { diskFingerprint, networkFingerprint } from './fingerprint.ts';
import { HardwareWatch, type HardwareWatchLimits } from './hardware.ts';
import { Publisher } from './publisher.ts';
import { type InventoryPart, Tellers, type TellersLimits } from './tellers.ts';
import { Turns } from './turns.ts';

export interface InventoryLimits extends SourceLimits, TellersLimits, HardwareWatchLimits {}

/** How often the machine is looked at; can change at any time. */
export interface InventoryPeriods {
  /** How often load and memory are read; 0 for never. */
  readonly figuresMs: number;
  /** How often the rest is compared with what is known, for changes that nobody told of; 0 not to follow it at all. */
  readonly scanMs: number;
}

export interface InventoryOptions extends InventoryPeriods {
  readonly world: Pick<World, 'clock' | 'files' | 'hardware' | 'log' | 'programs'>;
  readonly database: Database;
  readonly hostRef: string;
  readonly limits: InventoryLimits;
  readonly sources: Sources;
  /** Whether no objects are to be made of a device, by its Ethernet address. */
  readonly isForgotten?: (address: string) => boolean;
  /** Name of the device over which somebody wants the host to be reached; empty for that of the default route. */
  readonly managementDevice?: () => string;
}

/** Small differences of load and memory are published every so many readings. */
const readingsPerRest = 5;

export class Inventory {
  readonly #options: InventoryOptions;
  readonly #sources: Sources;
  readonly #reader: NetworkReader;
  readonly #turns: Readonly<Record<InventoryPart, Turns>>;
  readonly #details: Turns;
  readonly #memory: Memory = { interfaces: new Map(), bridges: new Map() };
  readonly #publisher: Publisher;
  readonly #tellers: Tellers;
  readonly #hardwareWatch: HardwareWatch;
  #hardware: HardwareFacts | undefined;
  readonly #figures: FigureFilter;
  #flags = '';
  #devices: readonly string[] = [];
  #fingerprint = '';
  /** Undefined while the disks could not be read. */
  #partitions: string | undefined;
  #facts: NetworkFacts | undefined;
  /** The last reading of the network failed. */
  #networkLost = false;
  #nextScanMs = 0;
  #tick: Promise<void> | undefined;
  #cancelTick: Cancel | undefined;
  #periods: InventoryPeriods;

  constructor(options: InventoryOptions) {
    this.#options = options;
    this.#publisher = new Publisher(options);
    this.#periods = { figuresMs: options.figuresMs, scanMs: options.scanMs };
    this.#sources = options.sources;
    this.#reader = new NetworkReader(this.#sources);
    this.#figures = new FigureFilter(options.figuresMs * readingsPerRest);
    const turns = (work: () => Promise<void>): Turns =>
      new Turns(options.world.clock, () => this.#publisher.safely(work));
    this.#turns = {
      names: turns(() => this.#readNames()),
      processors: turns(() => this.#readProcessors()),
      system: turns(() => this.#readSystem()),
      network: turns(() => this.#readNetwork()),
      disks: turns(() => this.#readDisks()),
      logging: turns(() => this.#readLogging()),
    };
    this.#hardwareWatch = new HardwareWatch({
      world: options.world,
      sources: options.sources,
      limits: options.limits,
      known: (facts) => this.#publisher.safely(() => this.#takeHardware(facts)),
    });
    this.#tellers = new Tellers({
      world: options.world,
      limits: options.limits,
      changed: (part) => void this.refresh(part),
    });
    this.#details = turns(() => this.#readDetails());
  }

  /** Reads everything that takes no slow tool and publishes it. A machine that tells nothing still gets its agent. */
  async readAll(): Promise<void> {
    await Promise.all([
      this.#publisher.safely(() => this.#readNames()),
      this.#publisher.safely(() => this.#readNetwork()),
      this.#publisher.safely(async () => {
        await this.#readProcessors();
        await Promise.all([this.#readSystem(), this.#readFigures()]);
      }),
    ]);
  }

  /** Follows the machine from now on. */
  watch(): void {
    this.#schedule();
    if (this.#periods.scanMs === 0 || this.#publisher.ended) return;
    void this.#publisher.safely(() => this.#tellers.start());
    // What takes programs was left out of the first reading, and what changed before the watches were set up too.
    void this.refresh('network');
    void this.refresh('disks');
    void this.refresh('logging');
    void this.#publisher.safely(() => this.#readFirmware());
    this.#hardwareWatch.start();
  }

  /** From now on. What tells of changes is followed, or not, as it was when the watch began. */
  configure(periods: InventoryPeriods): void {
    this.#figures.configure(periods.figuresMs * readingsPerRest);
    const idle = this.#periods.figuresMs === 0 && this.#periods.scanMs === 0;
    this.#periods = { figuresMs: periods.figuresMs, scanMs: periods.scanMs };
    this.#nextScanMs = 0;
    // While it is looking the next look is planned by the one that runs.
    if (this.#cancelTick === undefined && !idle) return;
    this.#cancelTick?.();
    this.#cancelTick = undefined;
    this.#schedule();
  }

  /** Reads one part again and publishes what differs. Resolves when that is done; never rejects. */
  refresh(part: InventoryPart): Promise<void> {
    return this.#turns[part].ask();
  }

  /** Lets go of the machine. Resolves when nothing is written to the database any more. */
  async stop(): Promise<void> {
    this.#publisher.end();
    this.#cancelTick?.();
    this.#tellers.stop();
    await Promise.all([...Object.values(this.#turns), this.#details].map((turns) => turns.end()));
    await this.#hardwareWatch.stop();
    await this.#tick;
  }

  #schedule(): void {
    const { figuresMs, scanMs } = this.#periods;
    const everyMs = figuresMs || scanMs;
    if (this.#publisher.ended || everyMs === 0) return;
    this.#cancelTick = this.#options.world.clock.after(everyMs, () => {
      this.#cancelTick = undefined;
      this.#tick = this.#publisher.safely(() => this.#periodic()).then(() => this.#schedule());
    });
  }

  /** Reads files of the kernel only: an idle agent starts no programs. */
  async #periodic(): Promise<void> {
    const { world, database, hostRef } = this.#options;
    const { figuresMs, scanMs } = this.#periods;
    if (figuresMs > 0) await this.#readFigures();
    const nowMs = world.clock.monotonicMs();
    const hostname = await readHostname(this.#sources);
    if (hostname !== '' && hostname !== database.require('host', hostRef).hostname) void this.refresh('names');
    // Without anybody who tells of changes, they are looked for as often as the load; a kernel that cannot be asked is not.
    const blind = this.#tellers.deafToNetwork && !this.#networkLost;
    const due = scanMs > 0 && nowMs >= this.#nextScanMs;
    const unsure = this.#tellers.deafToDevices && this.#partitions !== undefined;
    if (scanMs > 0 && (due || unsure)) await this.#comparePartitions();
    if (scanMs === 0 || (!blind && !due)) return;
    this.#nextScanMs = nowMs + scanMs;
    if ((await networkFingerprint(this.#sources, this.#devices)) !== this.#fingerprint) void this.refresh('network');
    const names = await readNames(this.#sources);
    if (names.timeZone !== database.require('host', hostRef).timezone) void this.refresh('names');
  }

  async #readNames(): Promise<void> {
    const names = await readNames(this.#sources);
    this.#publisher.change((tx, host) => applyNames(tx, host, names));
  }

  async #readProcessors(): Promise<void> {
    const read = await readProcessors(this.#sources);
    if (read === undefined) return;
    const found = this.#hardware === undefined ? read : withHardware(read, this.#hardware);
    this.#flags = found.list[0]?.flags ?? '';
    this.#publisher.change((tx, host) => applyProcessors(tx, host, found));
  }

  async #readSystem(): Promise<void> {
    const system = await readSystem(this.#sources, this.#flags);
    this.#publisher.change((tx, host) => applySystem(tx, host, system));
  }

  async #readLogging(): Promise<void> {
    const logging = await readLogging(this.#sources);
    this.#publisher.change((tx, host) => applyLogging(tx, host, logging));
  }

  async #readFirmware(): Promise<void> {
    const strings = await readAllFirmware(this.#sources);
    // Until everything has been asked, what was known before may still be true.
    const less = (before: Record<string, string>): Readonly<Record<string, string>> =>
      this.#hardware === undefined ? before : firmwareStrings(this.#hardware);
    this.#publisher.change((tx, host) =>
      tx.update('host', host, { bios_strings: { ...less(tx.require('host', host).bios_strings), ...strings } }),
    );
  }

  /** Fills in what the kernel does not say. */
  async #takeHardware(facts: HardwareFacts): Promise<void> {
    this.#hardware = facts;
    this.#options.world.log.write('debug', 'hardware-known', 'It is known what firmware and tools say of the machine.');
    await this.#readFirmware();
    const [processors, system] = await Promise.all([readProcessors(this.#sources), readSystem(this.#sources, '')]);
    this.#publisher.change((tx, host) => applyDistribution(tx, host, distributionOf(system, facts)));
    if (processors !== undefined && lacksNames(processors)) await this.refresh('processors');
  }

  async #readNetwork(): Promise<void> {
    // Taken first: what changes while the rest is read is then seen as a difference.
    const before = await networkFingerprint(this.#sources, this.#devices);
    const facts = await this.#reader.read();
    this.#networkLost = facts === undefined;
    if (facts === undefined) return;
    const devices = this.#publishNetwork(facts);
    const same = devices.join(' ') === this.#devices.join(' ');
    this.#devices = devices;
    this.#fingerprint = same ? before : await networkFingerprint(this.#sources, devices);
    if (this.#tellers.listening && this.#reader.lacksDetails) void this.#details.ask();
  }

  async #readDisks(): Promise<void> {
    const partitions = await diskFingerprint(this.#sources);
    const disks = await readDisks(this.#sources);
    this.#partitions = disks && partitions;
    if (disks !== undefined) this.#publisher.change((tx, host) => applyDisks(tx, host, disks));
  }

  async #comparePartitions(): Promise<void> {
    const partitions = await diskFingerprint(this.#sources);
    if (partitions !== this.#partitions) void this.refresh('disks');
  }

  /** Returns the names of all devices that are an object now. */
  #publishNetwork(facts: NetworkFacts): readonly string[] {
    this.#facts = facts;
    const plan = withoutForgotten(planNetwork(facts, this.#options.managementDevice?.()), this.#options.isForgotten);
    const nowMs = this.#options.world.clock.nowMs();
    this.#publisher.change((tx, host) => applyNetwork(tx, plan, { host, memory: this.#memory, nowMs }));
    return [...plan.interfaces.map(({ link }) => link.name), ...plan.bridges.map(({ name }) => name)].sort();
  }

  async #readDetails(): Promise<void> {
    const learnt = await this.#reader.readDetails();
    if (learnt && this.#facts !== undefined) this.#publishNetwork(this.#reader.withDetails(this.#facts));
  }

  async #readFigures(): Promise<void> {
    const { world } = this.#options;
    const [times, memory] = await Promise.all([readTimes(this.#sources), readMemory(this.#sources)]);
    const figures = this.#figures.take(times?.processors ?? new Map(), memory, world.clock.monotonicMs());
    if (figures === undefined) return;
    this.#publisher.change((tx, host) => applyFigures(tx, host, figures, world.clock.nowMs()));
    const { host_CPUs } = this.#options.database.require('host', this.#options.hostRef);
    if (times !== undefined && times.processors.size !== host_CPUs.length) void this.refresh('processors');
  }
}
