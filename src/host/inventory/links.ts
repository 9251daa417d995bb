/** Network devices and their addresses, from `ip -j -d addr show`. */
import { isIpv4, isIpv6 } from '../../lib/addresses.ts';
import { countOf, elements, members, readCount, readList, textOf } from './loose.ts';

export interface LinkAddress {
  readonly family: 'inet' | 'inet6';
  readonly local: string;
  readonly prefixLength: number;
  readonly scope: string;
  /** The address ends by itself: somebody (DHCP, a router) lent it. */
  readonly dynamic: boolean;
  /** Who set it, where the kernel says: kernel_ra for what a router announced. */
  readonly protocol: string;
  readonly temporary: boolean;
}

export interface BondFacts {
  /** The kernel's name of the mode, such as active-backup. */
  readonly mode: string;
  readonly properties: Readonly<Record<string, string>>;
}

export interface Link {
  readonly index: number;
  readonly name: string;
  /** What made it: bridge, bond, vlan, veth, tun, …; empty for hardware. */
  readonly kind: string;
  /** ether, loopback, none, … */
  readonly type: string;
  /** Lower case; empty when it has none. */
  readonly address: string;
  /** The address that the hardware was made with, also while another is in use. */
  readonly permanentAddress: string;
  readonly mtu: number;
  readonly up: boolean;
  readonly carrier: boolean;
  /** Name of the bridge or bond that it is a part of; empty when it is in none. */
  readonly master: string;
  /** Name of the device under it (of a VLAN: the one that carries it); empty when there is none in this namespace. */
  readonly lower: string;
  /** Bus device, such as virtio2 or 0000:02:00.0; empty for what software made. */
  readonly parentDevice: string;
  readonly vlanTag: number | undefined;
  readonly bond: BondFacts | undefined;
  /** Of the part of a bond: whether the bond counts it as up. */
  readonly bondPortUp: boolean | undefined;
  /** Of a bridge: whether it forwards multicast only to ports that asked for it. */
  readonly multicastSnooping: boolean | undefined;
  readonly addresses: readonly LinkAddress[];
}

/** Undefined when the text is no list; elements that are no device are left out. */
export function parseLinks(text: string): readonly Link[] | undefined {
  return readList(text)?.flatMap((element) => {
    const link = readLink(members(element));
    return link === undefined ? [] : [link];
  });
}

function readLink(given: Readonly<Record<string, unknown>>): Link | undefined {
  const index = countOf(given['ifindex']);
  const name = textOf(given['ifname']);
  if (index === undefined || index === 0 || !isDeviceName(name)) return undefined;
  const flags = new Set(elements(given['flags']));
  const info = members(given['linkinfo']);
  const kind = textOf(info['info_kind']);
  const data = members(info['info_data']);
  const portData = members(info['info_slave_data']);
  const address = readMac(given['address']);
  const tag = data['id'];
  const snooping = data['mcast_snooping'];
  return {
    index,
    name,
    kind,
    type: textOf(given['link_type']),
    address,
    // The part of a bond has the address of the bond, and the bond remembers its own.
    permanentAddress: readMac(given['permaddr']) || readMac(portData['perm_hwaddr']) || address,
    mtu: countOf(given['mtu']) ?? 0,
    up: flags.has('UP'),
    carrier: flags.has('LOWER_UP') && !flags.has('NO-CARRIER'),
    master: textOf(given['master']),
    lower: textOf(given['link']),
    parentDevice: textOf(given['parentdev']),
    vlanTag: kind === 'vlan' && typeof tag === 'number' && tag >= 0 && tag <= 4094 ? countOf(tag) : undefined,
    bond: kind === 'bond' ? readBond(data) : undefined,
    bondPortUp: textOf(info['info_slave_kind']) === 'bond' ? textOf(portData['mii_status']) === 'UP' : undefined,
    multicastSnooping: kind === 'bridge' && typeof snooping === 'number' ? snooping !== 0 : undefined,
    addresses: elements(given['addr_info']).flatMap((entry) => {
      const found = readAddress(members(entry));
      return found === undefined ? [] : [found];
    }),
  };
}

/** The kernel refuses slashes and white space in names, and longer ones than this. */
export function isDeviceName(name: string): boolean {
  return /^[^\s/]{1,15}$/.test(name) && name !== '.' && name !== '..';
}

function readMac(value: unknown): string {
  const text = textOf(value).toLowerCase();
  return /^[\da-f]{2}(?::[\da-f]{2}){5}$/.test(text) && text !== '00:00:00:00:00:00' ? text : '';
}

function readAddress(given: Readonly<Record<string, unknown>>): LinkAddress | undefined {
  const { family } = given;
  const local = textOf(given['local']);
  const prefixLength = countOf(given['prefixlen']);
  if (family !== 'inet' && family !== 'inet6') return undefined;
  if (prefixLength === undefined || prefixLength > (family === 'inet' ? 32 : 128)) return undefined;
  if (!(family === 'inet' ? isIpv4(local) : isIpv6(local))) return undefined;
  return {
    family,
    local,
    prefixLength,
    scope: textOf(given['scope']),
    dynamic: given['dynamic'] === true,
    protocol: textOf(given['protocol']),
    temporary: given['temporary'] === true,
  };
}

const bondProperties = ['miimon', 'xmit_hash_policy', 'ad_lacp_rate', 'primary', 'updelay', 'downdelay'];

function readBond(data: Readonly<Record<string, unknown>>): BondFacts {
  const properties = Object.fromEntries(
    bondProperties.flatMap((name) => {
      const value = data[name];
      if (typeof value === 'string' && value !== '') return [[name, value]];
      return typeof value === 'number' ? [[name, String(value)]] : [];
    }),
  );
  return { mode: textOf(data['mode']), properties };
}

/** A default route of `ip -j route show default`. */
export interface DefaultRoute {
  readonly device: string;
  readonly gateway: string;
  readonly metric: number;
  /** Who set it: dhcp, static, ra, boot, kernel, … */
  readonly protocol: string;
}

/** Default routes, the preferred one first. Undefined when the text is no list. */
export function parseDefaultRoutes(text: string): readonly DefaultRoute[] | undefined {
  const routes = readList(text)?.flatMap((element) => readRoute(members(element)));
  return routes?.sort((a, b) => a.metric - b.metric);
}

function readRoute(given: Readonly<Record<string, unknown>>): DefaultRoute[] {
  if (given['dst'] !== 'default') return [];
  const { metric, protocol } = given;
  const common = {
    metric: typeof metric === 'string' ? (readCount(metric) ?? 0) : (countOf(metric) ?? 0),
    protocol: textOf(protocol),
  };
  // A route over several gateways lists them apart.
  return [given, ...elements(given['nexthops']).map(members)].flatMap((hop) => {
    const device = textOf(hop['dev']);
    const via = textOf(hop['gateway']) || textOf(members(hop['via'])['host']);
    if (!isDeviceName(device)) return [];
    return [{ ...common, device, gateway: isIpv4(via) || isIpv6(via) ? via : '' }];
  });
}
