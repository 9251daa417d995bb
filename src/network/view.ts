/** Interfaces of this host, as their objects and the kernel have them together. */
import type { Reader } from '../database/types.ts';
import type { RecordOf } from '../datamodel/index.ts';
import { prefixOf } from '../lib/addresses.ts';
import { addressingOf, deviceOf } from './describe.ts';
import type { Kernel } from './kernel.ts';
import { type DeviceConfiguration, noIpv4, noIpv6 } from './persistence/device.ts';
import type { Reachability } from './probe.ts';
import { deviceNameOf } from './rows.ts';

export class InterfaceView {
  readonly #reader: Reader;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  row(pif: string): RecordOf<'PIF'> {
    return this.#reader.require('PIF', pif);
  }

  device(pif: string): string {
    return deviceNameOf(this.#reader, pif);
  }

  described(kernel: Kernel, pif: string): DeviceConfiguration {
    const name = this.device(pif);
    const link = kernel.links.find((one) => one.name === name);
    return link === undefined
      ? { name, kind: 'device', mac: '', mtu: 0, master: undefined, vlan: undefined, bond: undefined, ...nothingOwn }
      : { ...deviceOf(link), ...addressingOf(this.row(pif), metricNow(kernel, name)) };
  }

  /** A bridge as it will be; it has the addresses of its first interface. */
  bridgeOf(kernel: Kernel, bridge: string, mtu: number, first: string | undefined): DeviceConfiguration {
    const addressing =
      first === undefined ? nothingOwn : addressingOf(this.row(first), metricNow(kernel, this.device(first)));
    const mac = first === undefined ? '' : this.row(first).MAC;
    const plain = { master: undefined, vlan: undefined, bond: undefined, mtu: mtu === 1500 ? 0 : mtu };
    return { name: bridge, kind: 'bridge', mac, ...plain, ...addressing };
  }

  /** The management interface with the addresses that it has, on another device. */
  reachableAs(pif: string, device: string): Reachability | undefined {
    const { IP, netmask, gateway, ip_configuration_mode: mode } = this.row(pif);
    const prefix = prefixOf(netmask);
    // Another device may get another lease.
    if (mode === 'DHCP') return { device, address: '', gateway };
    return IP === '' || prefix === undefined ? undefined : { device, address: `${IP}/${prefix}`, gateway };
  }

  /** The first of the names that is free, else one with a number. */
  freeName(wanted: readonly string[], base: string): string {
    const taken = new Set(this.#reader.refs('PIF').map((pif) => deviceNameOf(this.#reader, pif)));
    const free = wanted.find((name) => name.length <= 15 && !taken.has(name));
    if (free !== undefined) return free;
    let number = 0;
    while (taken.has(`${base}${number}`)) number += 1;
    return `${base}${number}`;
  }
}

export const nothingOwn = { ipv4: noIpv4, ipv6: noIpv6, nameServers: [] };

/** Of the default route over a device; 0 when it has none. */
export function metricNow(kernel: Kernel, device: string): number {
  return (
    kernel.routes.find((one) => one.device === device && one.destination === 'default' && one.family === 'inet')
      ?.metric ?? 0
  );
}
