/**
 * The kernel's network, slow and obvious: devices with addresses and routes, changed by the command lines of iproute2, with
 * what the kernel does by itself (a device that goes down loses its routes, the first address of a subnet takes the others
 * along). Throws where the kernel would refuse.
 */
import type { Link } from '../../src/host/inventory/links.ts';
import type { Route } from '../../src/network/actions.ts';
import type { Kernel } from '../../src/network/kernel.ts';

interface TwinLink {
  kind: string;
  up: boolean;
  mac: string;
  master: string;
  lower: string;
  tag: number | undefined;
  addresses: string[];
}

interface TwinRoute {
  family: Route['family'];
  words: string;
}

function bits(address: string): string {
  return address
    .split('.')
    .map((part) => Number(part).toString(2).padStart(8, '0'))
    .join('');
}

function sameSubnet(one: string, subnet: string): boolean {
  const [base = '', length = '32'] = subnet.split('/');
  if (one.includes(':') || base.includes(':')) return false;
  return bits(one.split('/')[0] ?? '').slice(0, Number(length)) === bits(base).slice(0, Number(length));
}

function after(words: readonly string[], key: string): string {
  const at = words.indexOf(key);
  return at < 0 ? '' : (words[at + 1] ?? '');
}

export class KernelTwin {
  /** Addresses that answer ARP. */
  readonly neighbours = new Set<string>();
  readonly #links = new Map<string, TwinLink>();
  #routes: TwinRoute[] = [];

  card(name: string, mac: string): void {
    this.#links.set(name, { kind: '', up: false, mac, master: '', lower: '', tag: undefined, addresses: [] });
  }

  get names(): readonly string[] {
    return [...this.#links.keys()];
  }

  /** Everything, as text that can be compared. */
  get picture(): string {
    const links = [...this.#links]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, link]) => ({
        name,
        ...link,
        addresses: [4, 6].map((version) => link.addresses.filter((one) => one.includes(':') === (version === 6))),
      }));
    return JSON.stringify({ links, routes: this.#routes.map(({ words }) => words).toSorted() }, null, 1);
  }

  /** What the agent would read of it. */
  get kernel(): Kernel {
    const links = [...this.#links].map(
      ([name, link], at): Link => ({
        index: at + 1,
        name,
        kind: link.kind,
        type: 'ether',
        address: link.mac,
        permanentAddress: link.mac,
        mtu: 1500,
        up: link.up,
        carrier: link.up,
        master: link.master,
        lower: link.lower,
        parentDevice: '',
        vlanTag: link.tag,
        bond: link.kind === 'bond' ? { mode: 'active-backup', properties: {} } : undefined,
        bondPortUp: undefined,
        multicastSnooping: undefined,
        addresses: link.addresses.map((address) => ({
          family: address.includes(':') ? 'inet6' : 'inet',
          local: address.split('/')[0] ?? '',
          prefixLength: Number(address.split('/')[1]),
          scope: 'global',
          dynamic: false,
          protocol: '',
          temporary: false,
        })),
      }),
    );
    const routes = this.#routes.map(({ family, words }): Route => {
      const list = words.split(' ');
      return {
        family,
        destination: list[0] ?? '',
        gateway: after(list, 'via'),
        device: after(list, 'dev'),
        metric: Number(after(list, 'metric') || 0),
        protocol: after(list, 'proto'),
        source: after(list, 'src'),
      };
    });
    return { links, routes, severalGateways: new Set() };
  }

  /** One command line of iproute2. */
  run([program, ...words]: readonly string[]): void {
    if (program !== 'ip') throw new Error(`what is ${program}?`);
    const [first = ''] = words;
    const family = first === '-6' ? 'inet6' : 'inet';
    const [object, verb, ...rest] = first.startsWith('-') ? words.slice(1) : words;
    if (object === 'link' && verb === 'add') this.#addLink(rest);
    else if (object === 'link' && verb === 'delete') this.#deleteLink(after(rest, 'dev'));
    else if (object === 'link' && verb === 'set') this.#setLink(after(rest, 'dev'), rest.slice(2));
    else if (object === 'address' && verb === 'add') this.#addAddress(after(rest, 'dev'), rest[0] ?? '');
    else if (object === 'address' && verb === 'delete') this.#removeAddress(after(rest, 'dev'), rest[0] ?? '');
    else if (object === 'route' && verb === 'replace') this.#replaceRoute(family, rest);
    else if (object === 'route' && verb === 'delete') this.#deleteRoute(rest);
    else throw new Error(`what is ${words.join(' ')}?`);
  }

  #link(name: string): TwinLink {
    const link = this.#links.get(name);
    if (link === undefined) throw new Error(`Cannot find device "${name}"`);
    return link;
  }

  #addLink(words: readonly string[]): void {
    const name = after(words, 'name');
    if (this.#links.has(name)) throw new Error('File exists');
    const kind = after(words, 'type');
    const lower = kind === 'vlan' ? after(words, 'link') : '';
    if (lower !== '') this.#link(lower);
    const mac = after(words, 'address') || (lower === '' ? '02:00:00:00:00:ff' : this.#link(lower).mac);
    const tag = kind === 'vlan' ? Number(after(words, 'id')) : undefined;
    this.#links.set(name, { kind, up: false, mac, master: '', lower, tag, addresses: [] });
  }

  #deleteLink(name: string): void {
    if (this.#link(name).kind === '') throw new Error('Operation not supported');
    for (const [port, link] of this.#links) if (link.master === name) this.#setMaster(port, '');
    for (const [above, link] of this.#links) if (link.lower === name) this.#deleteLink(above);
    this.#loseRoutes(name);
    this.#links.delete(name);
  }

  #setLink(name: string, [word = '', value = '']: readonly string[]): void {
    const link = this.#link(name);
    if (word === 'up') link.up = true;
    else if (word === 'down') this.#down(name);
    else if (word === 'master') this.#setMaster(name, value);
    else if (word === 'nomaster') this.#setMaster(name, '');
    else throw new Error(`what is ${word}?`);
  }

  #down(name: string): void {
    const link = this.#link(name);
    if (!link.up) return;
    link.up = false;
    link.addresses = link.addresses.filter((address) => !address.includes(':'));
    this.#loseRoutes(name);
  }

  #setMaster(name: string, master: string): void {
    const link = this.#link(name);
    if (link.master === master) return;
    if (master !== '') {
      const { kind } = this.#link(master);
      if (kind !== 'bridge' && kind !== 'bond') throw new Error('Operation not supported');
      if (kind === 'bond' && link.up) throw new Error('Device can not be enslaved while up');
    }
    // A bond takes down what leaves it.
    if (this.#links.get(link.master)?.kind === 'bond') this.#down(name);
    link.master = master;
    if (master !== '' && this.#link(master).kind === 'bond') link.up = true;
  }

  #addAddress(name: string, address: string): void {
    const link = this.#link(name);
    if (link.addresses.includes(address)) throw new Error('File exists');
    link.addresses.push(address);
  }

  #removeAddress(name: string, address: string): void {
    const link = this.#link(name);
    const at = link.addresses.indexOf(address);
    if (at < 0) throw new Error('Cannot assign requested address');
    const subnet = link.addresses.filter(
      (one) => sameSubnet(one, address) && one.split('/')[1] === address.split('/')[1],
    );
    const gone = new Set(subnet[0] === address ? subnet : [address]);
    link.addresses = link.addresses.filter((one) => !gone.has(one));
    const sources = new Set([...gone].map((one) => one.split('/')[0]));
    const none = !link.addresses.some((one) => !one.includes(':'));
    this.#routes = this.#routes.filter(({ family, words }) => {
      const list = words.split(' ');
      if (sources.has(after(list, 'src'))) return false;
      return !(none && family === 'inet' && !address.includes(':') && after(list, 'dev') === name);
    });
  }

  #replaceRoute(family: Route['family'], words: readonly string[]): void {
    const device = after(words, 'dev');
    const link = this.#link(device);
    if (!link.up) throw new Error('Device for nexthop is not up');
    const gateway = after(words, 'via');
    if (family === 'inet' && gateway !== '' && !link.addresses.some((address) => sameSubnet(gateway, address)))
      throw new Error('Nexthop has invalid gateway');
    const source = after(words, 'src');
    if (
      source !== '' &&
      ![...this.#links.values()].some((one) => one.addresses.some((own) => own.startsWith(`${source}/`)))
    )
      throw new Error('Invalid prefsrc address');
    const key = (list: readonly string[]): string => `${list[0]} ${after(list, 'metric')}`;
    this.#routes = this.#routes.filter((one) => one.family !== family || key(one.words.split(' ')) !== key(words));
    this.#routes.push({ family, words: words.join(' ') });
  }

  #deleteRoute(words: readonly string[]): void {
    const text = words.join(' ');
    if (!this.#routes.some((one) => one.words === text)) throw new Error('No such process');
    this.#routes = this.#routes.filter((one) => one.words !== text);
  }

  #loseRoutes(device: string): void {
    this.#routes = this.#routes.filter(({ words }) => after(words.split(' '), 'dev') !== device);
  }
}
