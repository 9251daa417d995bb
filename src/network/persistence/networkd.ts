/** Files of systemd-networkd. The first file that fits a device counts, so ours come before those of others. */

import { networkdBondSettings } from './bond-words.ts';
import type { ConfigurationFile, ConfigurationSystem, DeviceConfiguration } from './device.ts';

const folder = '/etc/systemd/network';
const prefix = '05-quorate-';
const head = '# Written by quorated, which replaces it at each change of the network.\n';

type Lines = readonly (readonly [string, string | number])[];

function section(name: string, lines: Lines): string {
  return `\n[${name}]\n${lines.map(([key, value]) => `${key}=${value}\n`).join('')}`;
}

/** The device itself: only for what software makes. */
function netdev(device: DeviceConfiguration): string {
  const { name, kind, mac, mtu, vlan, bond } = device;
  const lines: [string, string | number][] = [
    ['Name', name],
    ['Kind', kind],
  ];
  if (mac !== '' && kind !== 'vlan') lines.push(['MACAddress', mac]);
  if (mtu > 0) lines.push(['MTUBytes', mtu]);
  const own = [
    ...(kind === 'vlan' ? [section('VLAN', [['Id', vlan?.tag ?? 0]])] : []),
    ...(kind === 'bridge'
      ? [
          section('Bridge', [
            ['STP', 'no'],
            ['ForwardDelaySec', 0],
          ]),
        ]
      : []),
    ...(kind === 'bond' && bond !== undefined ? [section('Bond', networkdBondSettings(bond))] : []),
  ];
  return head + section('NetDev', lines) + own.join('');
}

function dhcpOf({ ipv4, ipv6 }: DeviceConfiguration): string {
  if (ipv4.mode === 'DHCP') return ipv6.mode === 'DHCP' ? 'yes' : 'ipv4';
  return ipv6.mode === 'DHCP' ? 'ipv6' : 'no';
}

function network(device: DeviceConfiguration, vlans: readonly string[]): string {
  const { name, kind, mtu, master, ipv4, ipv6, nameServers } = device;
  const part = master !== undefined;
  const lines: [string, string | number][] = [];
  if (master !== undefined) lines.push([master.kind === 'bridge' ? 'Bridge' : 'Bond', master.name]);
  for (const vlan of vlans) lines.push(['VLAN', vlan]);
  if (!part) {
    lines.push(
      ['DHCP', dhcpOf(device)],
      ['IPv6AcceptRA', ipv6.mode === 'Autoconf' || ipv6.mode === 'DHCP' ? 'yes' : 'no'],
    );
    if (ipv4.mode === 'Static') lines.push(['Address', ipv4.address]);
    if (ipv6.mode === 'Static') for (const address of ipv6.addresses) lines.push(['Address', address]);
    for (const server of nameServers) lines.push(['DNS', server]);
  }
  // A bridge without ports has no carrier, and its addresses are wanted all the same.
  if (kind === 'bridge') lines.push(['ConfigureWithoutCarrier', 'yes']);
  if (part) lines.push(['LinkLocalAddressing', 'no']);
  const link: Lines = kind === 'device' && mtu > 0 ? [['MTUBytes', mtu]] : [];
  const routes = [
    ...(ipv4.mode === 'Static' && ipv4.gateway !== '' ? [route(ipv4.gateway, ipv4.metric)] : []),
    ...(ipv6.mode === 'Static' && ipv6.gateway !== '' ? [route(ipv6.gateway, 0)] : []),
  ];
  return (
    head +
    section('Match', [['Name', name]]) +
    (link.length > 0 ? section('Link', link) : '') +
    section('Network', lines) +
    (part ? '' : routes.join(''))
  );
}

function route(gateway: string, metric: number): string {
  return section('Route', [['Gateway', gateway], ...(metric > 0 ? [['Metric', metric] as const] : [])]);
}

export const networkd: ConfigurationSystem = {
  name: 'systemd-networkd',
  folder,
  prefix,
  render: (devices) =>
    devices.flatMap((device): ConfigurationFile[] => {
      const vlans = devices.filter(({ vlan }) => vlan?.lower === device.name).map(({ name }) => name);
      const path = `${folder}/${prefix}${device.name}`;
      const files = [{ path: `${path}.network`, contents: network(device, vlans), mode: 0o644 }];
      if (device.kind !== 'device') files.unshift({ path: `${path}.netdev`, contents: netdev(device), mode: 0o644 });
      return files;
    }),
  reload: (changed) => [
    ['networkctl', 'reload'],
    ...changed.map(({ name }) => ['networkctl', 'reconfigure', name] as const),
  ],
  clients: () => [],
  // In /run, so that nothing of it is left when the machine is cut off in the middle.
  hold: (devices) => {
    const names = devices.map(({ name }) => name).join(' ');
    const contents = head + section('Match', [['Name', names]]) + section('Link', [['Unmanaged', 'yes']]);
    return {
      files: [{ path: '/run/systemd/network/00-quorate-hold.network', contents, mode: 0o644 }],
      begin: [['networkctl', 'reload']],
      signs: devices.map(({ index }) => ({ path: `/run/systemd/netif/links/${index}`, lacks: 'NETWORK_FILE=' })),
    };
  },
};
