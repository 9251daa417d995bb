/** Which devices of the host are interfaces, how they hang together, and what each one's configuration amounts to. */

import { netmaskOf } from '../../lib/addresses.ts';
import { type DefaultRoute, type Link, type LinkAddress } from '../inventory/links.ts';
import type { Hardware, NetworkFacts } from '../inventory/network.ts';

export interface WantedBridge {
  readonly index: number;
  readonly name: string;
  readonly mtu: number;
}

export interface IpConfiguration {
  readonly ip_configuration_mode: 'None' | 'DHCP' | 'Static';
  readonly IP: string;
  readonly netmask: string;
  readonly gateway: string;
  readonly DNS: string;
  readonly ipv6_configuration_mode: 'None' | 'DHCP' | 'Static' | 'Autoconf';
  readonly IPv6: string[];
  readonly ipv6_gateway: string;
  readonly primary_address_type: 'IPv4' | 'IPv6';
}

export interface WantedInterface {
  readonly kind: 'nic' | 'bond' | 'vlan';
  readonly link: Link;
  readonly hardware: Hardware | undefined;
  /** Of a VLAN the device that carries it; else that of the link. */
  readonly mac: string;
  /** Name of the bridge that it is a port of; empty when it is in none. */
  readonly bridge: string;
  /** Index of the bond that it is a part of. */
  readonly bond: number | undefined;
  /** Index of the interface that carries a VLAN. */
  readonly carrier: number | undefined;
  readonly ip: IpConfiguration;
  readonly management: boolean;
  readonly snooping: 'enabled' | 'disabled' | 'unknown';
}

export interface NetworkPlan {
  readonly bridges: readonly WantedBridge[];
  /** Parts before what is made of them. */
  readonly interfaces: readonly WantedInterface[];
  /** Address at which others reach this host; empty when there is none. */
  readonly address: string;
}

/** Kinds of devices that software makes and that may stand for a network card. */
const softwareCards = new Set(['veth', 'macvlan', 'ipvlan', 'dummy', 'netkit']);
/** Names that hypervisors give the host's ends of their guests' interfaces. */
const guestEnd = /^(?:vif|vnet|tap|macvtap)\d/;

const isGlobal = (address: LinkAddress): boolean => address.scope === 'global';

/**
 * Network cards are the devices with hardware behind them. What software made counts only where it has an address of
 * the host's own and is in no bridge, or where there is no hardware at all: in a container its veths are the cards.
 */
export function isCard(link: Link, facts: NetworkFacts, bare: boolean): boolean {
  if (link.type !== 'ether') return false;
  if (facts.hardware.get(link.index)?.device === true && link.kind === '') return true;
  if (!softwareCards.has(link.kind) || guestEnd.test(link.name)) return false;
  return bare || (link.master === '' && link.addresses.some(isGlobal));
}

/**
 * Makes a plan out of what the kernel says.
 * @param chosen name of the device over which somebody wants the host to be reached; empty for that of the default route
 */
export function planNetwork(facts: NetworkFacts, chosen = ''): NetworkPlan {
  const byName = new Map(facts.links.map((link) => [link.name, link]));
  const bare = ![...facts.hardware].some(([index, { device }]) => device && kindAt(facts, index) === '');
  const bridges = facts.links.filter(({ kind }) => kind === 'bridge');
  const found = new Map<number, { kind: WantedInterface['kind']; link: Link; carrier?: number }>();
  for (const link of facts.links) {
    if (isCard(link, facts, bare)) found.set(link.index, { kind: 'nic', link });
    else if (link.kind === 'bond') found.set(link.index, { kind: 'bond', link });
  }
  addVlans(facts, byName, found);

  const usual = (facts.routes4[0] ?? facts.routes6[0])?.device ?? '';
  const managementDevice = byName.has(chosen) ? chosen : usual;
  const leaders = leadersOf([...found.values()].map(({ link }) => link));
  const plan = [...found.values()].map(({ kind, link, carrier }): WantedInterface => {
    const master = byName.get(link.master);
    const bridge = master?.kind === 'bridge' ? master : undefined;
    // The addresses of a bridge are those of its first port: clients look for them there.
    const devices = bridge !== undefined && leaders.get(bridge.name) === link.index ? [link, bridge] : [link];
    const management = devices.some(({ name }) => name === managementDevice);
    return {
      kind,
      link,
      hardware: facts.hardware.get(link.index),
      mac: kind === 'nic' ? link.permanentAddress : link.address,
      bridge: bridge?.name ?? '',
      bond: master?.kind === 'bond' && found.has(master.index) ? master.index : undefined,
      carrier,
      ip: configurationOf(facts, devices, management),
      management,
      snooping: snoopingOf(bridge),
    };
  });
  return {
    bridges: bridges.map(({ index, name, mtu }) => ({ index, name, mtu })),
    interfaces: plan,
    address: addressOf(facts, plan, byName.get(managementDevice)),
  };
}

/** Leaves out devices that somebody had forgotten, unless something else hangs on them. */
export function withoutForgotten(plan: NetworkPlan, isForgotten?: (address: string) => boolean): NetworkPlan {
  if (isForgotten === undefined) return plan;
  const carriers = new Set(plan.interfaces.map(({ carrier }) => carrier));
  const interfaces = plan.interfaces.filter(
    ({ kind, mac, bond, link, management }) =>
      kind !== 'nic' || management || bond !== undefined || carriers.has(link.index) || !isForgotten(mac),
  );
  return { ...plan, interfaces };
}

function kindAt(facts: NetworkFacts, index: number): string {
  return facts.links.find((link) => link.index === index)?.kind ?? '';
}

function snoopingOf(bridge: Link | undefined): WantedInterface['snooping'] {
  if (bridge?.multicastSnooping === undefined) return 'unknown';
  return bridge.multicastSnooping ? 'enabled' : 'disabled';
}

/** VLANs on interfaces that are there, and VLANs on those. One on a bridge is carried by the bridge's first port. */
function addVlans(
  facts: NetworkFacts,
  byName: ReadonlyMap<string, Link>,
  found: Map<number, { kind: WantedInterface['kind']; link: Link; carrier?: number }>,
): void {
  const left = facts.links.filter((link) => link.kind === 'vlan' && link.vlanTag !== undefined);
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    const leaders = leadersOf([...found.values()].map(({ link }) => link));
    for (const link of left) {
      const lower = byName.get(link.lower);
      if (lower === undefined || lower.index === link.index || found.has(link.index)) continue;
      const carrier = lower.kind === 'bridge' ? leaders.get(lower.name) : lower.index;
      if (carrier !== undefined && found.has(carrier)) found.set(link.index, { kind: 'vlan', link, carrier });
    }
  }
}

/** The port with the lowest index, by name of the bridge. */
function leadersOf(links: readonly Link[]): ReadonlyMap<string, number> {
  const leaders = new Map<string, number>();
  for (const { master, index } of links) {
    const leader = leaders.get(master);
    if (master !== '' && (leader === undefined || index < leader)) leaders.set(master, index);
  }
  return leaders;
}

function configurationOf(facts: NetworkFacts, devices: readonly Link[], management: boolean): IpConfiguration {
  const addresses = devices.flatMap((device) => device.addresses).filter(isGlobal);
  const v4 = addresses.find(({ family }) => family === 'inet');
  const v6 = addresses.filter(({ family, temporary }) => family === 'inet6' && !temporary);
  const names = new Set(devices.map(({ name }) => name));
  const gateway = (routes: readonly DefaultRoute[]): DefaultRoute | undefined =>
    routes.find(({ device }) => names.has(device));
  const route4 = gateway(facts.routes4);
  const route6 = gateway(facts.routes6);
  const methods = devices.map(({ index }) => facts.methods.get(index));
  const said4 = firstSaid(methods.map((method) => method?.inet ?? ''));
  const said6 = firstSaid(methods.map((method) => method?.inet6 ?? ''));
  const own = devices.flatMap(({ index }) => facts.linkNameServers.get(index) ?? []);
  const servers = own.length > 0 ? own : management ? facts.nameServers : [];
  const lent4 = v4?.dynamic === true || route4?.protocol === 'dhcp';
  return {
    ip_configuration_mode: v4 === undefined ? said4 || 'None' : lent4 || said4 === 'DHCP' ? 'DHCP' : 'Static',
    IP: v4?.local ?? '',
    netmask: v4 === undefined ? '' : netmaskOf(v4.prefixLength),
    gateway: route4?.gateway ?? '',
    DNS: [...new Set(servers)].join(','),
    ipv6_configuration_mode: v6[0] === undefined ? said6 || 'None' : methodOf(v6[0], said6),
    IPv6: v6.map(({ local, prefixLength }) => `${local}/${prefixLength}`),
    ipv6_gateway: route6?.gateway ?? '',
    primary_address_type: v4 === undefined && v6.length > 0 ? 'IPv6' : 'IPv4',
  };
}

/** A port says that it has no addresses, where its bridge says how it gets them. */
function firstSaid<T extends string>(methods: readonly T[]): T | '' {
  return methods.find((method) => method !== '' && method !== 'None') ?? methods.find((method) => method !== '') ?? '';
}

/** A router's announcement makes addresses that end and have room for many hosts; DHCP lends single ones. */
function methodOf(address: LinkAddress, said: string): 'DHCP' | 'Static' | 'Autoconf' {
  if (address.protocol === 'kernel_ra') return 'Autoconf';
  if (!address.dynamic) return 'Static';
  return said === 'DHCP' || address.prefixLength === 128 ? 'DHCP' : 'Autoconf';
}

/** Of the management interface, else of the device with the default route, else of any device that is up. */
function addressOf(facts: NetworkFacts, plan: readonly WantedInterface[], gateway: Link | undefined): string {
  const ips = plan.filter(({ management }) => management).flatMap(({ ip }) => [ip.IP, ...ip.IPv6]);
  const others = [...(gateway === undefined ? [] : [gateway]), ...facts.links.filter(({ up }) => up)]
    .flatMap((link) => link.addresses)
    .filter(isGlobal)
    .sort((a, b) => (a.family === b.family ? 0 : a.family === 'inet' ? -1 : 1))
    .map(({ local }) => local);
  const first = [...ips, ...others].find((address) => address !== '') ?? '';
  return first.replace(/\/\d+$/, '');
}
