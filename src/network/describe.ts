/** Interfaces as they are now, in the words in which they are made to last. */
import type { RecordOf } from '../datamodel/index.ts';
import type { Link } from '../host/inventory/links.ts';
import { prefixOf } from '../lib/addresses.ts';
import type { Kernel } from './kernel.ts';
import { asPart, type DeviceConfiguration, noIpv4, noIpv6 } from './persistence/device.ts';

/** A device without addresses, as the kernel has it. */
export function deviceOf(link: Link): DeviceConfiguration {
  const kind = link.kind === 'bridge' || link.kind === 'bond' || link.kind === 'vlan' ? link.kind : 'device';
  return {
    name: link.name,
    kind,
    mac: kind === 'bridge' || kind === 'bond' ? link.address : '',
    mtu: link.mtu === 1500 ? 0 : link.mtu,
    master: undefined,
    vlan: kind === 'vlan' ? { lower: link.lower, tag: link.vlanTag ?? 0 } : undefined,
    bond: link.bond,
    ipv4: noIpv4,
    ipv6: noIpv6,
    nameServers: [],
  };
}

type Addressing = Pick<DeviceConfiguration, 'ipv4' | 'ipv6' | 'nameServers'>;

/** The addresses of an interface as its object has them. */
export function addressingOf(row: RecordOf<'PIF'>, metric: number): Addressing {
  const prefix = prefixOf(row.netmask);
  const fixed = row.ip_configuration_mode === 'Static' && row.IP !== '' && prefix !== undefined;
  const { ipv6_configuration_mode: mode6 } = row;
  return {
    ipv4: fixed
      ? { mode: 'Static', address: `${row.IP}/${prefix}`, gateway: row.gateway, metric }
      : { ...noIpv4, mode: row.ip_configuration_mode === 'DHCP' ? 'DHCP' : 'None' },
    ipv6:
      mode6 === 'Static' ? { mode: mode6, addresses: row.IPv6, gateway: row.ipv6_gateway } : { ...noIpv6, mode: mode6 },
    nameServers: row.DNS.split(',').filter((server) => server !== ''),
  };
}

/** The devices of an interface: itself, and the bridge before it that has its addresses. */
export function interfaceDevices(kernel: Kernel, name: string, addressing: Addressing): DeviceConfiguration[] {
  const link = kernel.links.find((one) => one.name === name);
  if (link === undefined) return [];
  const master = kernel.links.find((one) => one.name === link.master);
  const own = deviceOf(link);
  if (master?.kind === 'bond') return [asPart(own, { kind: 'bond', name: master.name })];
  if (master?.kind !== 'bridge') return [{ ...own, ...addressing }];
  return [{ ...deviceOf(master), ...addressing }, asPart(own, { kind: 'bridge', name: master.name })];
}
