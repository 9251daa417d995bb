/** Who configures the network and which name servers are asked: resolv.conf, systemd-networkd, NetworkManager, ifupdown. */

import { isIpv4, isIpv6 } from '../../lib/addresses.ts';
import { isDeviceName } from './links.ts';
import { readPairs } from './loose.ts';

/** More than this many name servers nobody asks; the C library takes three. */
const mostServers = 16;

const isAddress = (text: string): boolean => isIpv4(text) || isIpv6(text.replace(/%.*$/, ''));

/** Name servers of /etc/resolv.conf, in order. */
export function parseResolvConf(text: string): readonly string[] {
  const servers = [...text.matchAll(/^[\t ]*nameserver[\t ]+(\S+)/gm)].map((found) => found[1] ?? '').filter(isAddress);
  return [...new Set(servers)].slice(0, mostServers);
}

/** systemd-resolved puts itself there and asks others, which stand in another file. */
export function asksResolved(servers: readonly string[]): boolean {
  return servers.length > 0 && servers.every((server) => server === '127.0.0.53' || server === '127.0.0.54');
}

/** How a configuration system says that an interface gets its addresses; empty where it does not say. */
export interface AddressMethods {
  readonly inet: '' | 'None' | 'DHCP' | 'Static';
  readonly inet6: '' | 'None' | 'DHCP' | 'Static' | 'Autoconf';
}

/** What systemd-networkd keeps of a device in /run/systemd/netif/links/<index>. */
export interface NetworkdLink {
  /** The .network file that it follows; empty when it leaves the device alone. */
  readonly networkFile: string;
  readonly nameServers: readonly string[];
}

export function parseNetworkdLink(text: string): NetworkdLink {
  const pairs = readPairs(text, '=');
  const servers = (pairs.get('DNS') ?? '').split(/\s+/).map((server) => server.replace(/#.*$/, ''));
  const file = pairs.get('NETWORK_FILE') ?? '';
  return {
    networkFile: /^\/[^\0]{1,500}\.network$/.test(file) ? file : '',
    nameServers: servers.filter(isAddress).slice(0, mostServers),
  };
}

/** The part of a .network file that says how addresses are got. */
export function parseNetworkFile(text: string): AddressMethods {
  let section = '';
  const values = new Map<string, string>();
  let has4 = false;
  let has6 = false;
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (line.startsWith('[')) section = line;
    const [, key = '', value = ''] = /^(\w+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (section === '[Network]' && key !== 'Address') values.set(key, value.toLowerCase());
    if (key !== 'Address' || (section !== '[Network]' && section !== '[Address]')) continue;
    if (value.includes(':')) has6 = true;
    else if (value !== '') has4 = true;
  }
  const dhcp = values.get('DHCP') ?? '';
  const both = ['yes', 'true', '1', 'on', 'both'].includes(dhcp);
  return {
    inet: both || dhcp === 'ipv4' || dhcp === 'v4' ? 'DHCP' : has4 ? 'Static' : 'None',
    inet6: both || dhcp === 'ipv6' || dhcp === 'v6' ? 'DHCP' : has6 ? 'Static' : '',
  };
}

/** What NetworkManager keeps of a device in /run/NetworkManager/devices/<index>. */
export function parseManagerDevice(text: string): { readonly managed: boolean; readonly profile: string } {
  const pairs = readPairs(text, '=');
  const managed = pairs.get('managed') === 'true';
  const uuid = pairs.get('connection-uuid') ?? '';
  return { managed, profile: managed && /^[\da-f-]{36}$/i.test(uuid) ? uuid : '' };
}

export interface ManagerProfile {
  /** Empty for what is no profile. */
  readonly uuid: string;
  readonly methods: AddressMethods;
}

const managerMethods = new Map<string, AddressMethods['inet']>([
  ['auto', 'DHCP'],
  ['manual', 'Static'],
  ['shared', 'Static'],
  ['disabled', 'None'],
  ['link-local', 'None'],
]);
const managerMethods6 = new Map<string, AddressMethods['inet6']>([
  ['auto', 'Autoconf'],
  ['dhcp', 'DHCP'],
  ['manual', 'Static'],
  ['disabled', 'None'],
]);

/** A profile of NetworkManager: a file whose name ends in .nmconnection. */
export function parseManagerProfile(text: string): ManagerProfile {
  const sections = new Map<string, string>();
  for (const part of text.split(/^(?=\[)/m)) sections.set(part.split('\n', 1)[0]?.trim() ?? '', part);
  const value = (section: string, key: string): string => readPairs(sections.get(section) ?? '', '=').get(key) ?? '';
  const inet = managerMethods.get(value('[ipv4]', 'method')) ?? '';
  const inet6 = managerMethods6.get(value('[ipv6]', 'method')) ?? '';
  return { uuid: value('[connection]', 'uuid'), methods: { inet, inet6 } };
}

/** Methods by device from /etc/network/interfaces (ifupdown). */
export function parseInterfaces(text: string): ReadonlyMap<string, AddressMethods> {
  const found = new Map<string, AddressMethods>();
  for (const line of text.replaceAll(/\\\n/g, ' ').split('\n')) {
    const [word, name = '', family, method = ''] = line.trim().split(/\s+/);
    if (word !== 'iface' || !isDeviceName(name)) continue;
    const before = found.get(name) ?? { inet: '', inet6: '' };
    if (family === 'inet') found.set(name, { ...before, inet: ifupdownMethod(method) });
    if (family === 'inet6')
      found.set(name, { ...before, inet6: method === 'auto' ? 'Autoconf' : ifupdownMethod(method) });
  }
  return found;
}

function ifupdownMethod(method: string): AddressMethods['inet'] {
  if (method === 'dhcp') return 'DHCP';
  if (method === 'static') return 'Static';
  return method === 'manual' ? 'None' : '';
}
