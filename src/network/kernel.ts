/** The network as the kernel has it, in the detail that a change needs to be undone exactly. */
import { type Link, parseLinks } from '../host/inventory/links.ts';
import { countOf, elements, members, readList, textOf } from '../host/inventory/loose.ts';
import type { NetworkAction, Route } from './actions.ts';

export interface Kernel {
  readonly links: readonly Link[];
  /** Of the main table, without those that the kernel makes itself. */
  readonly routes: readonly Route[];
  /** Devices with routes over several gateways at once, which are left alone. */
  readonly severalGateways: ReadonlySet<string>;
}

/** What reads a tool's output; see `Sources.tool`. */
export interface KernelSources {
  tool<T>(program: string, args: readonly string[], parse: (text: string) => T | undefined): Promise<T | undefined>;
}

/** Undefined when the kernel could not be asked. */
export async function readKernel(sources: KernelSources): Promise<Kernel | undefined> {
  const [links, four, six] = await Promise.all([
    sources.tool('ip', ['-j', '-d', 'address', 'show'], parseLinks),
    sources.tool('ip', ['-j', 'route', 'show'], (text) => parseRoutes(text, 'inet')),
    sources.tool('ip', ['-j', '-6', 'route', 'show'], (text) => parseRoutes(text, 'inet6')),
  ]);
  if (links === undefined || four === undefined) return undefined;
  return {
    links,
    routes: [...four.routes, ...(six?.routes ?? [])],
    severalGateways: new Set([...four.severalGateways, ...(six?.severalGateways ?? [])]),
  };
}

interface FoundRoutes {
  readonly routes: readonly Route[];
  readonly severalGateways: readonly string[];
}

/** Routes of `ip -j route show`. The kernel's own come back with their address, announced ones with the next announcement. */
export function parseRoutes(text: string, family: Route['family']): FoundRoutes | undefined {
  const list = readList(text);
  if (list === undefined) return undefined;
  const routes: Route[] = [];
  const severalGateways: string[] = [];
  for (const element of list) {
    const given = members(element);
    for (const hop of elements(given['nexthops'])) severalGateways.push(textOf(members(hop)['dev']));
    const device = textOf(given['dev']);
    const protocol = textOf(given['protocol']);
    const destination = textOf(given['dst']);
    if (device === '' || destination === '' || protocol === 'kernel' || protocol === 'ra') continue;
    if (textOf(given['type']) !== '' && given['type'] !== 'unicast') continue;
    routes.push({
      family,
      destination,
      gateway: textOf(given['gateway']) || textOf(members(given['via'])['host']),
      device,
      metric: metricOf(countOf(given['metric']) ?? 0, family),
      protocol,
      source: textOf(given['prefsrc']),
    });
  }
  return { routes, severalGateways };
}

/** IPv6 always has a metric: 1024 is what a route gets that names none. */
function metricOf(metric: number, family: Route['family']): number {
  return family === 'inet6' && metric === 1024 ? 0 : metric;
}

export function sameRoute(a: Route, b: Route): boolean {
  return (
    a.family === b.family &&
    a.destination === b.destination &&
    a.gateway === b.gateway &&
    a.device === b.device &&
    a.metric === b.metric
  );
}

/** Addresses of a device that would not come back by themselves, with their prefix lengths, in the kernel's order. */
export function lastingAddresses(link: Link): string[] {
  return link.addresses
    .filter(
      (one) => one.family === 'inet' || (one.scope === 'global' && !one.temporary && one.protocol !== 'kernel_ra'),
    )
    .map(({ local, prefixLength }) => `${local}/${prefixLength}`);
}

/** Whether the kernel shows that an action was carried out; true for what the kernel cannot show. */
export function isDone(action: NetworkAction, kernel: Kernel): boolean {
  const link = (name: string): Link | undefined => kernel.links.find((one) => one.name === name);
  switch (action.act) {
    case 'add-link':
      return link(action.link.name)?.kind === action.link.kind;
    case 'delete-link':
      return link(action.name) === undefined;
    case 'set-up':
      return link(action.name)?.up === true;
    case 'set-down':
      return link(action.name)?.up !== true;
    case 'set-master':
      return (link(action.name)?.master ?? '') === action.master;
    case 'add-address':
      return hasAddress(link(action.name), action.address);
    case 'remove-address':
      return !hasAddress(link(action.name), action.address);
    case 'add-route':
      return kernel.routes.some((route) => sameRoute(route, action.route));
    case 'remove-route':
      return !kernel.routes.some((route) => sameRoute(route, action.route));
    case 'write-file':
    case 'remove-file':
    case 'nothing':
    case 'reload':
    case 'await':
      return true;
    default:
      return action satisfies never;
  }
}

/** What a device is to be like. */
export interface Settled {
  readonly name: string;
  readonly master: string;
  /** With its prefix length; empty when any will do, or none. */
  readonly address: string;
}

/** What is not as it is to be, as part of a sentence; undefined when all is. */
export function unsettledOf(kernel: Kernel, settled: readonly Settled[]): string | undefined {
  for (const { name, master, address } of settled) {
    const link = kernel.links.find((one) => one.name === name);
    if (link === undefined) continue;
    if (link.master !== master) return `${name} is ${link.master === '' ? 'in nothing' : `in ${link.master}`}`;
    if (address !== '' && !hasAddress(link, address)) return `${name} does not have the address ${address}`;
  }
  return undefined;
}

function hasAddress(link: Link | undefined, address: string): boolean {
  return link?.addresses.some((one) => `${one.local}/${one.prefixLength}` === address) === true;
}
