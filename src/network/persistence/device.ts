/** How a device is to be configured at each start of the machine, in no configuration system's own words. */
import type { BondFacts } from '../../host/inventory/links.ts';

export interface DeviceConfiguration {
  readonly name: string;
  readonly kind: 'device' | 'bridge' | 'bond' | 'vlan';
  /** Of a bridge or bond; empty for the kernel's choice. */
  readonly mac: string;
  /** 0: nothing is said about it. */
  readonly mtu: number;
  /** The bridge or bond that it is a part of. */
  readonly master: { readonly kind: 'bridge' | 'bond'; readonly name: string } | undefined;
  readonly vlan: { readonly lower: string; readonly tag: number } | undefined;
  readonly bond: BondFacts | undefined;
  readonly ipv4: {
    readonly mode: 'None' | 'DHCP' | 'Static';
    /** With its prefix length; empty unless the mode is Static. */
    readonly address: string;
    readonly gateway: string;
    /** Of the default route; 0 for the system's choice. */
    readonly metric: number;
  };
  readonly ipv6: {
    readonly mode: 'None' | 'DHCP' | 'Static' | 'Autoconf';
    readonly addresses: readonly string[];
    readonly gateway: string;
  };
  readonly nameServers: readonly string[];
}

export const noIpv4: DeviceConfiguration['ipv4'] = { mode: 'None', address: '', gateway: '', metric: 0 };
export const noIpv6: DeviceConfiguration['ipv6'] = { mode: 'None', addresses: [], gateway: '' };

/** A part of a bridge or bond has no addresses of its own. */
export function asPart(
  device: DeviceConfiguration,
  master: NonNullable<DeviceConfiguration['master']>,
): DeviceConfiguration {
  return { ...device, master, ipv4: noIpv4, ipv6: noIpv6, nameServers: [] };
}

export interface ConfigurationFile {
  readonly path: string;
  readonly contents: string;
  readonly mode: number;
}

/** A program and its arguments. */
export type Command = readonly [string, ...string[]];

/** A device that is there. */
export interface PresentDevice {
  readonly name: string;
  readonly index: number;
}

export interface LeaseClient {
  readonly pidFile: string;
  readonly stop: Command;
  /** Has another one started. */
  readonly start: Command;
}

/** How a system that acts by itself is made to leave devices alone for the time of a change. */
export interface Hold {
  /** To be there as long as it lasts. */
  readonly files: readonly ConfigurationFile[];
  /** Told once the files are there. Harmless when told twice. */
  readonly begin: readonly Command[];
  /** Files that say something as long as the system has not let go. */
  readonly signs: readonly { readonly path: string; readonly lacks: string }[];
}

/** One of the programs that configure the network at the start of a machine. */
export interface ConfigurationSystem {
  readonly name: string;
  /** Folders in which the files of the agent lie, and how their names begin. */
  readonly folder: string;
  readonly prefix: string;
  /** All files that describe the devices. */
  render(devices: readonly DeviceConfiguration[]): readonly ConfigurationFile[];
  /** What makes the system follow its changed files now, for the devices that changed, and end the hold of others. */
  reload(changed: readonly DeviceConfiguration[], held: readonly PresentDevice[]): readonly Command[];
  /** Programs that may keep a lease for a device and that the system does not end by itself, by the files with their numbers. */
  clients(device: string): readonly LeaseClient[];
  /** Undefined for a system that does nothing unless it is told to. */
  hold(devices: readonly PresentDevice[]): Hold | undefined;
}
