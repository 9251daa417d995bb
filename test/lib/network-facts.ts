/** A network of a host as it might be, for tests of what is made of it. */
import { parseLinks } from '../../src/host/inventory/links.ts';
import type { Hardware, NetworkFacts } from '../../src/host/inventory/network.ts';

/** What stands out of a device, in the words of `ip -j -d address show`. */
export interface Device {
  readonly index: number;
  readonly name: string;
  readonly kind?: string;
  readonly mac?: string;
  readonly master?: string;
  readonly lower?: string;
  readonly down?: boolean;
  readonly mtu?: number;
  readonly addresses?: readonly string[];
  /** Addresses that were lent. */
  readonly lent?: boolean;
  /** On the PCI bus there; a card is hardware without it too when `hardware` says so. */
  readonly pci?: string;
  readonly hardware?: boolean;
  readonly info?: Readonly<Record<string, unknown>>;
}

const noHardware: Hardware = {
  device: false,
  pciAddress: '',
  vendorId: '',
  deviceId: '',
  vendorName: '',
  deviceName: '',
  speed: 0,
  fullDuplex: false,
  sriov: false,
  features: {},
};

function asIp(device: Device): unknown {
  const { index, name, kind, mac, master, lower, down, mtu = 1500, addresses = [], lent } = device;
  return {
    ifindex: index,
    ifname: name,
    flags: down === true ? ['BROADCAST'] : ['BROADCAST', 'UP', 'LOWER_UP'],
    mtu,
    link_type: kind === 'tun' ? 'none' : 'ether',
    address: mac ?? `52:54:00:00:00:${index.toString(16).padStart(2, '0')}`,
    ...(master === undefined ? {} : { master }),
    ...(lower === undefined ? {} : { link: lower }),
    linkinfo: { info_kind: kind, info_data: device.info },
    addr_info: addresses.map((address) => ({
      family: address.includes(':') ? 'inet6' : 'inet',
      local: address.split('/')[0],
      prefixlen: Number(address.split('/')[1]),
      scope: 'global',
      ...(lent === true ? { dynamic: true } : {}),
    })),
  };
}

/** @param gateway device and address of the default route */
export function networkFacts(devices: readonly Device[], gateway?: readonly [string, string]): NetworkFacts {
  const links = parseLinks(JSON.stringify(devices.map(asIp))) ?? [];
  return {
    links,
    hardware: new Map(
      devices.map(({ index, pci = '', hardware = false }) => [
        index,
        { ...noHardware, device: hardware || pci !== '', pciAddress: pci, speed: pci === '' ? 0 : 10_000 },
      ]),
    ),
    routes4: gateway === undefined ? [] : [{ device: gateway[0], gateway: gateway[1], metric: 0, protocol: 'static' }],
    routes6: [],
    nameServers: ['10.0.0.53', '10.0.0.54'],
    methods: new Map(),
    linkNameServers: new Map(),
  };
}
