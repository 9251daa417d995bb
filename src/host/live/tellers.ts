/** Programs and files that tell of changes of the machine. */
import type { Cancel, World } from '../../world/world.ts';
import { syslogFolder, syslogMain } from '../inventory/logging.ts';
import { Follower } from './follower.ts';

/** What is read and published together. */
export type InventoryPart = 'names' | 'processors' | 'system' | 'network' | 'disks' | 'logging';

export interface TellersLimits {
  readonly inventoryWatchRestMs: number;
  readonly inventoryWatchLongestRestMs: number;
  readonly inventoryLineBytes: number;
}

export interface TellersOptions {
  readonly world: Pick<World, 'clock' | 'files' | 'log' | 'programs'>;
  readonly limits: TellersLimits;
  readonly changed: (part: InventoryPart) => void;
}

/** Which part a line of `udevadm monitor` is about; undefined for its title and for what it says of anything else. */
export function partOfUdev(line: string): InventoryPart | undefined {
  const subsystem = /^UDEV .*\((net|block)\)$/.exec(line.trimEnd())?.[1];
  return subsystem === undefined ? undefined : subsystem === 'net' ? 'network' : 'disks';
}

export class Tellers {
  readonly #options: TellersOptions;
  readonly #followers: Follower[] = [];
  readonly #stops: Cancel[] = [];
  #network: Follower | undefined;
  #devices: Follower | undefined;
  #ended = false;

  constructor(options: TellersOptions) {
    this.#options = options;
  }

  /** True while anybody was asked to tell. */
  get listening(): boolean {
    return this.#followers.length > 0;
  }

  /** True while nobody tells of links and addresses though somebody should. */
  get deafToNetwork(): boolean {
    return this.#network?.running === false;
  }

  /** True while nobody tells of devices that come and go. */
  get deafToDevices(): boolean {
    return this.#devices?.running !== true;
  }

  /** Resolves when everybody has been asked. */
  async start(): Promise<void> {
    const { world, changed } = this.#options;
    const watch = (path: string, part: InventoryPart): void => {
      this.#stops.push(world.files.watch(path, () => changed(part)));
    };
    watch('/etc/hostname', 'names');
    watch('/etc/localtime', 'names');
    watch('/etc/resolv.conf', 'network');
    watch(syslogMain, 'logging');
    watch(syslogFolder, 'logging');
    this.#network = this.#follow('ip', ['-o', 'monitor', 'link', 'address', 'route'], ['network'], () =>
      changed('network'),
    );
    if ((await world.files.status('/run/udev/control')) === undefined || this.#ended) return;
    const subsystems = ['--subsystem-match=net', '--subsystem-match=block'];
    this.#devices = this.#follow('udevadm', ['monitor', '--udev', ...subsystems], ['network', 'disks'], (line) => {
      const part = partOfUdev(line);
      if (part !== undefined) changed(part);
    });
  }

  stop(): void {
    this.#ended = true;
    for (const stop of this.#stops.splice(0)) stop();
    for (const follower of this.#followers) follower.stop();
  }

  #follow(
    program: string,
    args: readonly string[],
    parts: readonly InventoryPart[],
    onLine: (line: string) => void,
  ): Follower {
    const { world, limits, changed } = this.#options;
    const follower = new Follower({
      world,
      program,
      args,
      onLine,
      onRestart: () => {
        for (const part of parts) changed(part);
      },
      firstRestMs: limits.inventoryWatchRestMs,
      longestRestMs: limits.inventoryWatchLongestRestMs,
      maxLineBytes: limits.inventoryLineBytes,
    });
    this.#followers.push(follower);
    follower.start();
    return follower;
  }
}
