/** Reads what the kernel tells of the machine. Five small files and a directory; no program is run. */
import { limits } from '../../lib/limits.ts';
import { FileError, type World } from '../../world/world.ts';
import type { Readings } from './families.ts';
import {
  type DiskCounters,
  type LinkCounters,
  parseDisks,
  parseLinks,
  parseLoad,
  parseMemory,
  parseProcessors,
} from './proc-files.ts';

type ReaderWorld = Pick<World, 'files' | 'log' | 'process'>;

type LinkKind = 'physical' | 'upper' | 'other';

/** Devices that hold no data of their own, or hold it in memory. */
const noDisk = /^(?:loop|ram|zram|sr|fd)\d/;

export class Reader {
  readonly #world: ReaderWorld;
  /** Files that could not be read when they were last tried. */
  readonly #lost = new Set<string>();
  #links: ReadonlyMap<string, LinkKind> = new Map();
  #disks: ReadonlySet<string> = new Set();
  #diskNames = '';

  constructor(world: ReaderWorld) {
    this.#world = world;
  }

  /** Never fails: what could not be read is missing, which is said once. */
  async read(): Promise<Readings> {
    const [stat, memory, load, links, disks, open] = await Promise.all([
      this.#text('/proc/stat'),
      this.#text('/proc/meminfo'),
      this.#text('/proc/loadavg'),
      this.#text('/proc/net/dev'),
      this.#text('/proc/diskstats'),
      this.#world.files.list('/proc/self/fd').catch(() => undefined),
    ]);
    const ofHost = await this.#linksOfHost(parseLinks(links));
    return {
      processors: parseProcessors(stat),
      memory: parseMemory(memory),
      load: parseLoad(load),
      ...ofHost,
      disks: await this.#wholeDisks(parseDisks(disks)),
      agentMemoryBytes: this.#world.process.residentBytes(),
      agentFiles: open?.length,
    };
  }

  async #text(path: string): Promise<string> {
    const { files, log } = this.#world;
    try {
      const text = new TextDecoder().decode(await files.read(path, limits.kernelFileBytes));
      if (this.#lost.delete(path)) log.write('info', 'figures-back', 'A file of figures can be read again.', { path });
      return text;
    } catch (thrown) {
      if (!(thrown instanceof FileError)) throw thrown;
      if (!this.#lost.has(path)) {
        this.#lost.add(path);
        log.write('warn', 'figures-missing', 'A file of figures cannot be read; they are unknown until it can be.', {
          path,
          reason: thrown.message,
        });
      }
      return '';
    }
  }

  async #linksOfHost(
    all: ReadonlyMap<string, LinkCounters>,
  ): Promise<{ links: ReadonlyMap<string, LinkCounters>; physicalLinks: ReadonlySet<string> }> {
    const kinds = new Map<string, LinkKind>();
    for (const device of all.keys()) kinds.set(device, this.#links.get(device) ?? (await this.#kindOf(device)));
    this.#links = kinds;
    return {
      links: new Map([...all].filter(([device]) => kinds.get(device) !== 'other')),
      physicalLinks: new Set([...kinds].filter(([, kind]) => kind === 'physical').map(([device]) => device)),
    };
  }

  /** Hardware has a device behind it, and so has a bond or a VLAN a kind; bridges and the ends of guests are neither. */
  async #kindOf(device: string): Promise<LinkKind> {
    const { files } = this.#world;
    if (device === 'lo' || device.includes('/')) return 'other';
    const folder = `/sys/class/net/${device}`;
    try {
      if ((await files.status(`${folder}/device`)) !== undefined) return 'physical';
      const about = new TextDecoder().decode(await files.read(`${folder}/uevent`, limits.kernelFileBytes));
      if (/^DEVTYPE=(?:bond|vlan)$/m.test(about)) return 'upper';
    } catch (thrown) {
      if (!(thrown instanceof FileError)) throw thrown;
    }
    // In a container the only interface has nothing behind it.
    return /^eth\d+$/.test(device) ? 'physical' : 'other';
  }

  /** Partitions are in the same list; whole disks have a folder of their own. */
  async #wholeDisks(all: ReadonlyMap<string, DiskCounters>): Promise<ReadonlyMap<string, DiskCounters>> {
    const names = [...all.keys()].join(' ');
    if (names !== this.#diskNames) {
      const whole = await this.#world.files.list('/sys/block').catch(() => []);
      this.#disks = new Set(whole.filter((name) => !noDisk.test(name)));
      this.#diskNames = names;
    }
    return new Map([...all].filter(([device]) => this.#disks.has(device)));
  }
}
