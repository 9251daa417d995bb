/** Connection profiles of NetworkManager, as files in its own format. */
import { uuidOfName } from '../../host/objects/identity.ts';
import { kernelBondSettings } from './bond-words.ts';
import type { Command, ConfigurationSystem, DeviceConfiguration, PresentDevice } from './device.ts';

const folder = '/etc/NetworkManager/system-connections';
const prefix = 'quorate-';

function section(name: string, lines: readonly (readonly [string, string | number])[]): string {
  return `\n[${name}]\n${lines.map(([key, value]) => `${key}=${value}\n`).join('')}`;
}

const types = { device: 'ethernet', bridge: 'bridge', bond: 'bond', vlan: 'vlan' } as const;

/** Name servers of one family, as each section has its own. */
function dns(servers: readonly string[]): [string, string][] {
  return servers.length === 0 ? [] : [['dns', `${servers.join(';')};`]];
}

function ipv4Of({ ipv4, nameServers }: DeviceConfiguration): [string, string | number][] {
  const servers = dns(nameServers.filter((server) => !server.includes(':')));
  if (ipv4.mode === 'None') return [['method', 'disabled']];
  if (ipv4.mode === 'DHCP') return [['method', 'auto'], ...servers];
  const gateway = ipv4.gateway === '' ? '' : `,${ipv4.gateway}`;
  const metric: [string, number][] = ipv4.metric > 0 ? [['route-metric', ipv4.metric]] : [];
  return [['method', 'manual'], ['address1', `${ipv4.address}${gateway}`], ...metric, ...servers];
}

function ipv6Of({ ipv6, nameServers }: DeviceConfiguration): [string, string | number][] {
  const servers = dns(nameServers.filter((server) => server.includes(':')));
  if (ipv6.mode === 'None') return [['method', 'link-local']];
  if (ipv6.mode === 'Autoconf') return [['method', 'auto'], ...servers];
  if (ipv6.mode === 'DHCP') return [['method', 'dhcp'], ...servers];
  const addresses = ipv6.addresses.map((address, at): [string, string] => {
    const gateway = at === 0 && ipv6.gateway !== '' ? `,${ipv6.gateway}` : '';
    return [`address${at + 1}`, `${address}${gateway}`];
  });
  return [['method', 'manual'], ...addresses, ...servers];
}

function profile(device: DeviceConfiguration): string {
  const { name, kind, mac, mtu, master, vlan, bond } = device;
  const connection: [string, string | number][] = [
    ['id', `${prefix}${name}`],
    ['uuid', uuidOfName(`network-manager/${name}`)],
    ['type', types[kind]],
    ['interface-name', name],
    ['autoconnect', 'true'],
    // Before whatever profile somebody else has for the device.
    ['autoconnect-priority', 100],
  ];
  if (master !== undefined) connection.push(['master', master.name], ['slave-type', master.kind]);
  const wired: [string, string | number][] = [];
  if (mac !== '' && (kind === 'bridge' || kind === 'bond')) wired.push(['cloned-mac-address', mac]);
  if (mtu > 0) wired.push(['mtu', mtu]);
  const parts = [
    '# Written by quorated, which replaces it at each change of the network.\n',
    section('connection', connection),
    wired.length > 0 || kind === 'device' ? section('ethernet', wired) : '',
    kind === 'bridge'
      ? section('bridge', [
          ['stp', 'false'],
          ['forward-delay', 0],
        ])
      : '',
    kind === 'bond' && bond !== undefined ? section('bond', kernelBondSettings(bond)) : '',
    vlan === undefined
      ? ''
      : section('vlan', [
          ['id', vlan.tag],
          ['parent', vlan.lower],
        ]),
    ...(master === undefined ? [section('ipv4', ipv4Of(device)), section('ipv6', ipv6Of(device))] : []),
  ];
  return parts.join('');
}

export const networkManager: ConfigurationSystem = {
  name: 'NetworkManager',
  folder,
  prefix,
  // It takes no profile that others can read, since profiles may hold passwords.
  render: (devices) =>
    devices.map((device) => ({
      path: `${folder}/${prefix}${device.name}.nmconnection`,
      contents: profile(device),
      mode: 0o600,
    })),
  reload: (changed, held) => {
    const names = new Set(held.map(({ name }) => name));
    const up = (devices: readonly DeviceConfiguration[]): Command[] =>
      devices.map(({ name }) => ['nmcli', 'connection', 'up', `${prefix}${name}`]);
    const whole = changed.filter(({ master }) => master === undefined);
    // A part that was left alone joins by itself when it finds its bond; told so as well, it may fall between the two.
    return [
      ['nmcli', 'connection', 'reload'],
      ...up(whole.filter(({ name }) => !names.has(name))),
      ...manage(held, 'yes'),
      ...up(whole.filter(({ name }) => names.has(name))),
      ...up(changed.filter(({ name, master }) => master !== undefined && !names.has(name))),
    ];
  },
  clients: () => [],
  hold: (devices) => ({
    files: [],
    // When a bond is taken back it must not be known any more: NetworkManager 1.42 dies when a part of one is taken out of its hands.
    begin: [['nmcli', 'connection', 'reload'], ...manage(devices, 'no')],
    signs: [],
  }),
};

/** Tells it to look after devices, or to leave them alone. */
export function manage(devices: readonly PresentDevice[], managed: 'yes' | 'no'): Command[] {
  return devices.map(({ name }) => ['nmcli', 'device', 'set', name, 'managed', managed]);
}
