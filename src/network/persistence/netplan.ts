/** One file of netplan. Netplan joins all files, and lists of addresses add up, so a device must not stand in two. */
import { netplanBondSettings } from './bond-words.ts';
import type { ConfigurationSystem, DeviceConfiguration } from './device.ts';
import { manage, networkManager } from './network-manager.ts';
import { networkd } from './networkd.ts';

const folder = '/etc/netplan';
const prefix = '90-quorate';

/** Text that YAML takes for nothing else. */
const quoted = (text: string): string => JSON.stringify(text);

function list(values: readonly string[]): string {
  return `[${values.map(quoted).join(', ')}]`;
}

function body(device: DeviceConfiguration, all: readonly DeviceConfiguration[]): string[] {
  const { name, kind, mac, mtu, vlan, bond, master, ipv4, ipv6, nameServers } = device;
  const lines: string[] = [];
  const parts = all.filter((other) => other.master?.name === name).map((other) => other.name);
  if (kind === 'vlan') lines.push(`id: ${vlan?.tag ?? 0}`, `link: ${quoted(vlan?.lower ?? '')}`);
  if (kind === 'bridge' || kind === 'bond') lines.push(`interfaces: ${list(parts)}`);
  if (mac !== '' && kind !== 'vlan' && kind !== 'device') lines.push(`macaddress: ${quoted(mac)}`);
  if (mtu > 0) lines.push(`mtu: ${mtu}`);
  if (kind === 'bridge') lines.push('parameters:', '  stp: false', '  forward-delay: 0');
  if (kind === 'bond' && bond !== undefined) {
    lines.push('parameters:', ...netplanBondSettings(bond).map(([key, value]) => `  ${key}: ${quoted(value)}`));
  }
  lines.push(`dhcp4: ${ipv4.mode === 'DHCP'}`, `dhcp6: ${ipv6.mode === 'DHCP'}`);
  lines.push(`accept-ra: ${ipv6.mode === 'Autoconf' || ipv6.mode === 'DHCP'}`);
  if (master !== undefined) lines.push('link-local: []');
  const addresses = [
    ...(ipv4.mode === 'Static' ? [ipv4.address] : []),
    ...(ipv6.mode === 'Static' ? ipv6.addresses : []),
  ];
  if (addresses.length > 0) lines.push(`addresses: ${list(addresses)}`);
  if (nameServers.length > 0) lines.push('nameservers:', `  addresses: ${list(nameServers)}`);
  const routes = [
    ...(ipv4.mode === 'Static' && ipv4.gateway !== ''
      ? [{ to: '0.0.0.0/0', via: ipv4.gateway, metric: ipv4.metric }]
      : []),
    ...(ipv6.mode === 'Static' && ipv6.gateway !== '' ? [{ to: '::/0', via: ipv6.gateway, metric: 0 }] : []),
  ];
  if (routes.length > 0) lines.push('routes:');
  for (const { to, via, metric } of routes) {
    lines.push(`  - to: ${quoted(to)}`, `    via: ${quoted(via)}`, ...(metric > 0 ? [`    metric: ${metric}`] : []));
  }
  return lines;
}

const sections = { device: 'ethernets', bridge: 'bridges', bond: 'bonds', vlan: 'vlans' } as const;

function render(devices: readonly DeviceConfiguration[]): string {
  const lines = ['# Written by quorated, which replaces it at each change of the network.', 'network:', '  version: 2'];
  for (const [kind, title] of Object.entries(sections)) {
    const own = devices.filter((device) => device.kind === kind);
    if (own.length > 0) lines.push(`  ${title}:`);
    for (const device of own) {
      lines.push(`    ${quoted(device.name)}:`, ...body(device, devices).map((line) => `      ${line}`));
    }
  }
  return `${lines.join('\n')}\n`;
}

const common: Omit<ConfigurationSystem, 'reload' | 'hold'> = {
  name: 'netplan',
  folder,
  prefix,
  // Netplan complains about files that others can read, since they may hold passwords.
  render: (devices) =>
    devices.length === 0 ? [] : [{ path: `${folder}/${prefix}.yaml`, contents: render(devices), mode: 0o600 }],
  clients: () => [],
};

/** Netplan has one of two others do the work. */
export const netplanOfNetworkd: ConfigurationSystem = {
  ...common,
  reload: () => [['netplan', 'apply']],
  hold: (devices) => networkd.hold(devices),
};

export const netplanOfNetworkManager: ConfigurationSystem = {
  ...common,
  // What it would take up again must be its new profiles.
  reload: (_changed, held) => [['netplan', 'generate'], ...manage(held, 'yes'), ['netplan', 'apply']],
  hold: (devices) => {
    const hold = networkManager.hold(devices);
    return hold && { ...hold, begin: [['netplan', 'generate'], ...hold.begin] };
  },
};
