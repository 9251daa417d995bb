/** What each operation of the API means for the kernel: plans over what is there now. Pure. */
import type { BondFacts } from '../host/inventory/links.ts';
import type { Route, Step } from './actions.ts';
import type { Kernel } from './kernel.ts';
import { isInSubnet, PlanError, Planner, type Released } from './planner.ts';

export type AddressMode = 'None' | 'DHCP' | 'Static';

/** How a device gets its IPv4 address. */
export interface WantedAddress {
  readonly mode: AddressMode;
  /** With its prefix length; only for Static. */
  readonly address: string;
  /** Empty for none. */
  readonly gateway: string;
  /** Of the default route: 0 on the management interface, more elsewhere, so that the first one stays in use. */
  readonly metric: number;
}

/** The device that has the addresses of an interface: the bridge that it is a port of, else itself. */
export function addressDevice(kernel: Kernel, name: string): string {
  const master = kernel.links.find((link) => link.name === name)?.master ?? '';
  return kernel.links.some((link) => link.name === master && link.kind === 'bridge') ? master : name;
}

/**
 * New IPv4 addresses and default route for a device. Static routes stay as far as their gateways can still be reached.
 * DHCP only clears the way: whoever configures the device asks for the address.
 */
export function planAddress(kernel: Kernel, name: string, wanted: WantedAddress): readonly Step[] {
  const planner = new Planner(kernel);
  const before = planner.release(name, 'inet');
  if (wanted.mode !== 'Static') return planner.steps;
  planner.bringUp(name);
  planner.addAddress(name, wanted.address);
  const reachable = before.routes.filter(
    ({ gateway, destination, source }) =>
      destination !== 'default' && source === '' && (gateway === '' || isInSubnet(gateway, wanted.address)),
  );
  planner.grant(name, { ...before, addresses: [], routes: reachable });
  if (wanted.gateway !== '') {
    if (!isInSubnet(wanted.gateway, wanted.address))
      throw new PlanError(`the gateway ${wanted.gateway} is not in the subnet of ${wanted.address}`);
    const { gateway, metric } = wanted;
    const route = {
      family: 'inet',
      destination: 'default',
      gateway,
      device: name,
      metric,
      protocol: 'static',
    } as const;
    planner.addRoute({ ...route, source: '' });
  }
  return planner.steps;
}

/** Brings a device up, with routes that it had before it went down as far as they still fit. */
export function planPlug(kernel: Kernel, name: string, kept: Released): readonly Step[] {
  const planner = new Planner(kernel);
  if (planner.link(name).up) return [];
  planner.bringUp(name);
  const own = planner.link(name).addresses;
  const fits = (route: Route): boolean =>
    route.family === 'inet6' || route.gateway === '' || own.some((address) => isInSubnet(route.gateway, address));
  const routes = kept.routes.filter((route) => route.device === name && fits(route));
  planner.grant(name, { from: name, addresses: kept.addresses, routes });
  return planner.steps;
}

/** Takes a device down. Returns also what it loses by that. */
export function planUnplug(kernel: Kernel, name: string): { readonly steps: readonly Step[]; readonly lost: Released } {
  const planner = new Planner(kernel);
  const lost = planner.takeDown(name);
  return { steps: planner.steps, lost };
}

export interface WantedBridgeOf {
  readonly bridge: string;
  readonly mtu: number;
  readonly ports: readonly string[];
}

/** Makes a bridge where it is missing and the given devices its ports; the addresses of the ports become those of the bridge. */
export function planAttach(kernel: Kernel, { bridge, mtu, ports }: WantedBridgeOf): readonly Step[] {
  const planner = new Planner(kernel);
  attach(planner, bridge, mtu, ports);
  return planner.steps;
}

function attach(planner: Planner, bridge: string, mtu: number, ports: readonly string[]): void {
  const [first] = ports;
  if (planner.has(bridge)) {
    if (planner.link(bridge).made?.kind !== 'bridge') throw new PlanError(`${bridge} is no bridge`);
  } else {
    // With the address of its first port the bridge keeps the lease that the port had.
    const mac = first === undefined ? '' : planner.link(first).mac;
    planner.addLink({ name: bridge, kind: 'bridge', mac, mtu, lower: '', tag: -1, bond: undefined });
  }
  planner.bringUp(bridge);
  for (const port of ports) {
    const { master } = planner.link(port);
    if (master !== '' && master !== bridge) throw new PlanError(`${port} is a part of ${master}`);
    if (master === bridge) continue;
    planner.bringUp(port);
    const released = planner.release(port);
    planner.setMaster(port, bridge);
    planner.grant(bridge, released);
  }
}

/** Removes a bridge that has no ports. Nothing is done where there is none. */
export function planBridgeRemoval(kernel: Kernel, bridge: string): readonly Step[] {
  const planner = new Planner(kernel);
  if (!planner.has(bridge)) return [];
  const [port] = planner.portsOf(bridge);
  if (port !== undefined) throw new PlanError(`${port} is still a port of ${bridge}`);
  if (planner.link(bridge).made?.kind !== 'bridge') throw new PlanError(`${bridge} is no bridge`);
  planner.deleteLink(bridge);
  return planner.steps;
}

export interface WantedVlan {
  readonly name: string;
  readonly lower: string;
  readonly tag: number;
  /** A bridge that it is to be a port of; empty for none. */
  readonly bridge: string;
}

export function planVlan(kernel: Kernel, { name, lower, tag, bridge }: WantedVlan): readonly Step[] {
  const planner = new Planner(kernel);
  // A VLAN cannot come up before what carries it.
  planner.bringUp(lower);
  if (!planner.has(name)) planner.addLink({ name, kind: 'vlan', mac: '', mtu: 0, lower, tag, bond: undefined });
  planner.bringUp(name);
  if (bridge !== '' && planner.has(bridge)) attach(planner, bridge, 0, [name]);
  return planner.steps;
}

/** Removes a VLAN that is there, with the addresses that a bridge has only for it. */
export function planRemoval(kernel: Kernel, name: string): readonly Step[] {
  const planner = new Planner(kernel);
  const bridge = addressDevice(kernel, name);
  if (bridge !== name && planner.portsOf(bridge).length === 1) planner.release(bridge);
  if (planner.has(name)) planner.deleteLink(name);
  return planner.steps;
}

export interface WantedBond {
  readonly name: string;
  readonly mac: string;
  readonly mtu: number;
  readonly facts: BondFacts;
  /** A bridge that it is to be a port of where the first member is in none; empty for none. */
  readonly bridge: string;
  /** The first one gives the bond its place: its bridge, its addresses and routes. */
  readonly members: readonly string[];
}

export function planBond(kernel: Kernel, wanted: WantedBond): readonly Step[] {
  const { name, mac, mtu, facts, members } = wanted;
  const planner = new Planner(kernel);
  const [first = ''] = members;
  const { master: bridge, mac: firstMac } = planner.link(first);
  if (bridge !== '' && wanted.bridge !== bridge)
    throw new PlanError(`${first} is a port of ${bridge}, which is of another network`);
  planner.addLink({ name, kind: 'bond', mac: mac || firstMac, mtu, lower: '', tag: -1, bond: facts });
  let granted: Released = { from: first, addresses: [], routes: [] };
  for (const member of members) {
    const released = planner.release(member);
    if (member === first) granted = released;
    planner.setMaster(member, '');
    planner.takeDown(member);
    planner.setMaster(member, name);
    planner.bringUp(member);
  }
  planner.bringUp(name);
  if (bridge !== '') planner.setMaster(name, bridge);
  planner.grant(name, granted);
  if (bridge === '' && wanted.bridge !== '' && planner.has(wanted.bridge)) attach(planner, wanted.bridge, 0, [name]);
  return planner.steps;
}

/** Takes a bond apart; the first member gets what the bond had. */
export function planBondRemoval(kernel: Kernel, name: string, first: string): readonly Step[] {
  const planner = new Planner(kernel);
  if (!planner.has(name)) return [];
  const { master: bridge } = planner.link(name);
  const members = planner.portsOf(name);
  const released = planner.release(name);
  planner.setMaster(name, '');
  for (const member of members) {
    const lost = planner.takeDown(member);
    planner.setMaster(member, '');
    planner.bringUp(member);
    planner.grant(member, lost);
  }
  planner.deleteLink(name);
  if (planner.has(first)) {
    planner.bringUp(first);
    if (bridge !== '') planner.setMaster(first, bridge);
    planner.grant(first, released);
  }
  return planner.steps;
}
