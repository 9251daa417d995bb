/**
 * Turns a wanted change into single steps, each with its undo. It follows what every step does to the kernel, and spells
 * out what the kernel would do by itself (a device that goes down loses its routes), so that all of it can be undone.
 */
import { isIpv4 } from '../lib/addresses.ts';
import type { NetworkAction, NewLink, Route, Step } from './actions.ts';
import { type Kernel, lastingAddresses, sameRoute } from './kernel.ts';

interface PlannedLink {
  readonly made: NewLink | undefined;
  readonly mac: string;
  readonly mtu: number;
  up: boolean;
  master: string;
  addresses: string[];
}

/** A change that cannot be planned. The sentence says why. */
export class PlanError extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = 'PlanError';
  }
}

/** Addresses and routes that were taken off a device. */
export interface Released {
  /** The device that had them. Routes of others are among them, which came from its addresses. */
  readonly from: string;
  readonly addresses: readonly string[];
  readonly routes: readonly Route[];
}

export class Planner {
  readonly steps: Step[] = [];
  readonly #links = new Map<string, PlannedLink>();
  readonly #severalGateways: ReadonlySet<string>;
  #routes: readonly Route[];

  constructor(kernel: Kernel) {
    this.#routes = kernel.routes;
    this.#severalGateways = kernel.severalGateways;
    for (const link of kernel.links) {
      const { name, kind, address, mtu, lower, bond, up, master } = link;
      const made: NewLink | undefined =
        kind === 'bridge' || kind === 'vlan' || kind === 'bond'
          ? { name, kind, mac: address, mtu, lower, tag: link.vlanTag ?? -1, bond }
          : undefined;
      this.#links.set(name, { made, mac: address, mtu, up, master, addresses: lastingAddresses(link) });
    }
  }

  has(name: string): boolean {
    return this.#links.has(name);
  }

  /** @throws PlanError when there is no such device */
  link(name: string): Readonly<PlannedLink> {
    return this.#require(name);
  }

  portsOf(master: string): string[] {
    return [...this.#links].filter(([, link]) => link.master === master).map(([name]) => name);
  }

  routesOf(device: string): readonly Route[] {
    return this.#routes.filter((route) => route.device === device);
  }

  addLink(link: NewLink): void {
    if (this.#links.has(link.name)) throw new PlanError(`there is a device ${link.name} already`);
    if (link.kind === 'vlan') this.#require(link.lower);
    this.#step({ act: 'add-link', link }, { act: 'delete-link', name: link.name });
    const { mac, mtu } = link;
    this.#links.set(link.name, { made: link, mac, mtu, up: false, master: '', addresses: [] });
  }

  /** Takes everything off the device first. */
  deleteLink(name: string): void {
    const { made } = this.#require(name);
    if (made === undefined) throw new PlanError(`${name} is no bridge, bond or VLAN`);
    for (const port of this.portsOf(name)) this.setMaster(port, '');
    this.release(name);
    this.setMaster(name, '');
    this.takeDown(name);
    this.#step({ act: 'delete-link', name }, { act: 'add-link', link: made });
    this.#links.delete(name);
  }

  bringUp(name: string): void {
    const link = this.#require(name);
    if (link.up) return;
    // Going down again would lose addresses that were set while it was down.
    const addresses = link.addresses.filter((address) => address.includes(':'));
    const sourced = this.#routes.filter(({ source }) => addresses.some((address) => address.startsWith(`${source}/`)));
    for (const route of sourced) this.removeRoute(route);
    for (const address of addresses.toReversed()) this.removeAddress(name, address);
    this.#step({ act: 'set-up', name }, { act: 'set-down', name });
    link.up = true;
    this.grant(name, { from: '', addresses, routes: sourced });
  }

  /** A device that goes down loses its routes and its IPv6 addresses; both are returned. */
  takeDown(name: string): Released {
    const link = this.#require(name);
    if (!link.up) return { from: name, addresses: [], routes: [] };
    const addresses = link.addresses.filter((address) => address.includes(':'));
    const routes = this.#dropRoutes(name, undefined, addresses);
    for (const address of addresses.toReversed()) this.removeAddress(name, address);
    this.#step({ act: 'set-down', name }, { act: 'set-up', name });
    link.up = false;
    return { from: name, addresses, routes };
  }

  /** A part that comes to a bond or leaves one must be down. */
  setMaster(name: string, master: string): void {
    const link = this.#require(name);
    if (link.master === master) return;
    if (master !== '') this.#require(master);
    const bonds = [link.master, master].filter((one) => this.#links.get(one)?.made?.kind === 'bond');
    if (link.up && bonds.length > 0)
      throw new PlanError(`${name} is up and cannot be moved to or from ${bonds.join()}`);
    // A bond brings up what comes back to it.
    if (this.#links.get(link.master)?.made?.kind === 'bond') this.#step({ act: 'nothing' }, { act: 'set-down', name });
    this.#step({ act: 'set-master', name, master }, { act: 'set-master', name, master: link.master });
    link.master = master;
  }

  addAddress(name: string, address: string): void {
    const link = this.#require(name);
    if (link.addresses.includes(address)) return;
    // Routes over a device end with its last IPv4 address, also those that were there before its first one.
    const first = !address.includes(':') && link.addresses.every((other) => other.includes(':'));
    const routes = first ? this.routesOf(name).filter(({ family }) => family === 'inet') : [];
    for (const route of routes) this.removeRoute(route);
    this.#step({ act: 'add-address', name, address }, { act: 'remove-address', name, address });
    link.addresses.push(address);
    for (const route of routes) this.addRoute(route);
  }

  removeAddress(name: string, address: string): void {
    const link = this.#require(name);
    if (!link.addresses.includes(address)) return;
    this.#step({ act: 'remove-address', name, address }, { act: 'add-address', name, address });
    link.addresses = link.addresses.filter((other) => other !== address);
  }

  addRoute(route: Route): void {
    if (this.#routes.some((other) => sameRoute(other, route))) return;
    const there = this.#routes.find((other) => competes(other, route));
    if (there !== undefined) this.removeRoute(there);
    this.#step({ act: 'add-route', route }, { act: 'remove-route', route });
    this.#routes = [...this.#routes, route];
  }

  removeRoute(route: Route): void {
    this.#step({ act: 'remove-route', route }, { act: 'add-route', route });
    this.#routes = this.#routes.filter((other) => other !== route);
  }

  /** Takes routes and addresses off a device. With a family, those of the other one stay. */
  release(name: string, only?: Route['family']): Released {
    const fits = (address: string): boolean => only === undefined || (only === 'inet6') === address.includes(':');
    const addresses = this.#require(name).addresses.filter(fits);
    const routes = this.#dropRoutes(name, only, addresses);
    // The first address of a subnet takes the later ones with it, so it goes last.
    for (const address of addresses.toReversed()) this.removeAddress(name, address);
    return { from: name, addresses, routes };
  }

  /** Gives a device what was released from another one. */
  grant(name: string, { from, addresses, routes }: Released): void {
    for (const address of addresses) this.addAddress(name, address);
    // A gateway must be reachable before a route over it can be made.
    const direct = routes.filter(({ gateway }) => gateway === '');
    const indirect = routes.filter(({ gateway }) => gateway !== '');
    for (const route of [...direct, ...indirect])
      this.addRoute(route.device === from ? { ...route, device: name } : route);
  }

  /** Routes over a device, and those that lose the address from which their packets come. */
  #dropRoutes(name: string, only: Route['family'] | undefined, leaving: readonly string[]): readonly Route[] {
    if (this.#severalGateways.has(name))
      throw new PlanError(`${name} has a route over several gateways, which could not be restored`);
    const sources = new Set(leaving.map((address) => address.split('/')[0] ?? ''));
    const routes = this.#routes.filter(
      ({ device, family, source }) =>
        (device === name && (only === undefined || family === only)) || (source !== '' && sources.has(source)),
    );
    // Routes over gateways go first: their undo comes last, when the gateways can be reached again.
    for (const route of routes.filter(({ gateway }) => gateway !== '')) this.removeRoute(route);
    for (const route of routes.filter(({ gateway }) => gateway === '')) this.removeRoute(route);
    return routes;
  }

  #require(name: string): PlannedLink {
    const link = this.#links.get(name);
    if (link === undefined) throw new PlanError(`there is no device ${name}`);
    return link;
  }

  #step(action: NetworkAction, undo: NetworkAction): void {
    this.steps.push({ action, undo });
  }
}

/** The kernel has one route of a destination and metric; another one takes its place. */
function competes(a: Route, b: Route): boolean {
  return a.family === b.family && a.destination === b.destination && a.metric === b.metric;
}

/** Whether an IPv4 address lies in the subnet of another one that is given with its prefix length. */
export function isInSubnet(address: string, subnet: string): boolean {
  const [base = '', length = '32'] = subnet.split('/');
  if (!isIpv4(address) || !isIpv4(base)) return false;
  const size = 2 ** (32 - Number(length));
  return Math.floor(numberOf(address) / size) === Math.floor(numberOf(base) / size);
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
