/** The network of the host as the kernel has it now, with what the hardware and the configuration add to it. */
import { type AddressConfiguration, readAddressConfiguration } from './address-methods.ts';
import { type PciNames, parseFeatures, parseLspci, pciAddressOf } from './firmware.ts';
import { type DefaultRoute, type Link, parseDefaultRoutes, parseLinks } from './links.ts';
import { readCount } from './loose.ts';
import { asksResolved, parseResolvConf } from './name-service.ts';
import type { Sources } from './sources.ts';

export interface Hardware {
  /** False for what software made (veth, dummy, …). */
  readonly device: boolean;
  /** Such as 0000:02:00.0; empty when it is on no PCI bus. */
  readonly pciAddress: string;
  readonly vendorId: string;
  readonly deviceId: string;
  readonly vendorName: string;
  readonly deviceName: string;
  /** Mbit/s; 0 when there is no link or the driver does not say. */
  readonly speed: number;
  readonly fullDuplex: boolean;
  readonly sriov: boolean;
  readonly features: Readonly<Record<string, string>>;
}

export interface NetworkFacts extends AddressConfiguration {
  readonly links: readonly Link[];
  /** By index of the link; only of those that may become objects. */
  readonly hardware: ReadonlyMap<number, Hardware>;
  readonly routes4: readonly DefaultRoute[];
  readonly routes6: readonly DefaultRoute[];
  readonly nameServers: readonly string[];
}

/** Devices that may become objects. Of the others, which a host of many guests or containers has by the hundred, nothing more is read. */
function interestingOf(links: readonly Link[]): readonly Link[] {
  const ethernet = links.filter(({ type, kind }) => type === 'ether' && !['tun', 'ifb', 'bridge'].includes(kind));
  const bare = !ethernet.some(({ kind }) => kind === '');
  const lasting = new Set(['', 'bond', 'vlan']);
  return ethernet.filter(
    ({ kind, addresses }) => bare || lasting.has(kind) || addresses.some(({ scope }) => scope === 'global'),
  );
}

/** Bridges that have the addresses of their ports. */
function bridgesOf(links: readonly Link[], ports: readonly Link[]): readonly Link[] {
  const masters = new Set(ports.map(({ master }) => master));
  return links.filter(({ kind, name }) => kind === 'bridge' && masters.has(name));
}

/** Of so many cards the settings are asked for at a time. */
const cardsAtOnce = 8;

/** Reads the network. Remembers what does not change while a device is there. */
export class NetworkReader {
  readonly #sources: Sources;
  #pciNames: ReadonlyMap<string, PciNames> = new Map();
  /** Settings of a card by its index and name. */
  readonly #features = new Map<string, Readonly<Record<string, string>>>();
  /** Addresses that lspci was asked about. */
  readonly #named = new Set<string>();
  #cards: readonly { readonly key: string; readonly name: string; readonly pciAddress: string }[] = [];

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  /** Undefined when the kernel could not be asked. */
  async read(): Promise<NetworkFacts | undefined> {
    const sources = this.#sources;
    const [links, routes4, routes6, nameServers] = await Promise.all([
      sources.tool('ip', ['-j', '-d', 'address', 'show'], parseLinks),
      sources.tool('ip', ['-j', 'route', 'show', 'default'], parseDefaultRoutes),
      sources.tool('ip', ['-j', '-6', 'route', 'show', 'default'], parseDefaultRoutes),
      this.#nameServers(),
    ]);
    if (links === undefined) return undefined;
    const interesting = interestingOf(links);
    const places = await Promise.all(interesting.map((link) => this.#place(link)));
    this.#cards = interesting.flatMap(({ index, name }, at) => {
      const place = places[at] ?? '';
      // A device with no driver of its own has nothing to be set.
      return place === '' ? [] : [{ key: `${index} ${name}`, name, pciAddress: pciAddressOf(place) }];
    });
    const hardware = await Promise.all(interesting.map((link, at) => this.#hardware(link, places[at] ?? '')));
    const configured = await readAddressConfiguration(sources, [...interesting, ...bridgesOf(links, interesting)]);
    return {
      links,
      hardware: new Map(interesting.map((link, at) => [link.index, hardware[at]] as const).filter(isPresent)),
      routes4: routes4 ?? [],
      routes6: routes6 ?? [],
      nameServers,
      ...configured,
    };
  }

  /** True when there is a card whose names or settings are not known. */
  get lacksDetails(): boolean {
    return this.#cards.some((card) => this.#lacksFeatures(card) || this.#lacksNames(card));
  }

  /**
   * Asks tools for the names and settings of new cards; later readings have them. Apart from those, because a tool that
   * hangs must not hold up what the kernel tells. Returns whether anything was learnt.
   */
  async readDetails(): Promise<boolean> {
    const unnamed = this.#cards.filter((card) => this.#lacksNames(card));
    const names = unnamed.length === 0 ? undefined : this.#sources.tool('lspci', ['-Dvmm'], parseLspci);
    const fresh = this.#cards.filter((card) => this.#lacksFeatures(card));
    let learnt = false;
    for (let from = 0; from < fresh.length; from += cardsAtOnce) {
      const asked = fresh.slice(from, from + cardsAtOnce).map(async ({ key, name }) => {
        const features = await this.#sources.tool('ethtool', ['-k', name], parseFeatures);
        if (features === undefined) return;
        this.#features.set(key, features);
        learnt = true;
      });
      await Promise.all(asked);
    }
    const found = await names;
    if (found === undefined) return learnt;
    this.#pciNames = found;
    for (const { pciAddress } of unnamed) this.#named.add(pciAddress);
    return true;
  }

  /** The same facts with what was learnt of the cards meanwhile. */
  withDetails(facts: NetworkFacts): NetworkFacts {
    const hardware = facts.links.flatMap((link) => {
      const known = facts.hardware.get(link.index);
      return known === undefined
        ? []
        : [[link.index, { ...known, ...this.#detailsOf(link, known.pciAddress) }] as const];
    });
    return { ...facts, hardware: new Map(hardware) };
  }

  #detailsOf({ index, name }: Link, pciAddress: string): Pick<Hardware, 'vendorName' | 'deviceName' | 'features'> {
    const names = this.#pciNames.get(pciAddress);
    return {
      vendorName: names?.vendor ?? '',
      deviceName: names?.device ?? '',
      features: this.#features.get(`${index} ${name}`) ?? {},
    };
  }

  #lacksNames({ pciAddress }: { readonly pciAddress: string }): boolean {
    return pciAddress !== '' && !this.#named.has(pciAddress);
  }

  #lacksFeatures({ key }: { readonly key: string }): boolean {
    return !this.#features.has(key);
  }

  /** Where the device is in /sys; empty for what software made. /sys may show another namespace than the agent's. */
  async #place(link: Link): Promise<string> {
    const directory = `/sys/class/net/${link.name}`;
    const [target, index] = await Promise.all([
      this.#sources.link(directory),
      this.#sources.file(`${directory}/ifindex`),
    ]);
    if (target === undefined || readCount(index?.trim()) !== link.index) return '';
    return target.includes('/virtual/') ? '' : target;
  }

  async #hardware(link: Link, place: string): Promise<Hardware> {
    const pciAddress = pciAddressOf(place);
    const net = `/sys/class/net/${link.name}`;
    const card = `/sys/bus/pci/devices/${pciAddress}`;
    const word = async (path: string): Promise<string> => (await this.#sources.file(path))?.trim() ?? '';
    const id = async (name: string): Promise<string> =>
      pciAddress === '' ? '' : (/^0x([\da-f]{4})$/.exec(await word(`${card}/${name}`))?.[1] ?? '');
    const [speed, duplex, vendorId, deviceId, functions] = await Promise.all([
      link.carrier ? word(`${net}/speed`) : '',
      link.carrier ? word(`${net}/duplex`) : '',
      id('vendor'),
      id('device'),
      place === '' ? '' : word(`${net}/device/sriov_totalvfs`),
    ]);
    return {
      device: place !== '' || link.parentDevice !== '',
      pciAddress,
      vendorId,
      deviceId,
      ...this.#detailsOf(link, pciAddress),
      speed: readCount(speed) ?? 0,
      fullDuplex: duplex === 'full',
      sriov: (readCount(functions) ?? 0) > 0,
    };
  }

  async #nameServers(): Promise<readonly string[]> {
    const servers = parseResolvConf((await this.#sources.file('/etc/resolv.conf')) ?? '');
    if (!asksResolved(servers)) return servers;
    return parseResolvConf((await this.#sources.file('/run/systemd/resolve/resolv.conf')) ?? '');
  }
}

function isPresent<T>(entry: readonly [number, T | undefined]): entry is readonly [number, T] {
  return entry[1] !== undefined;
}
