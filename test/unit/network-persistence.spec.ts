import assert from 'node:assert/strict';
import { parseInterfaces, parseNetworkFile } from '../../src/host/inventory/name-service.ts';
import { bondFacts } from '../../src/network/bond-settings.ts';
import type { ConfigurationSystem, DeviceConfiguration } from '../../src/network/persistence/device.ts';
import { asPart, noIpv4, noIpv6 } from '../../src/network/persistence/device.ts';
import { ifupdown } from '../../src/network/persistence/ifupdown.ts';
import { netplanOfNetworkd as netplan } from '../../src/network/persistence/netplan.ts';
import { networkManager } from '../../src/network/persistence/network-manager.ts';
import { networkd } from '../../src/network/persistence/networkd.ts';
import { type OwnerFacts, ownerOf } from '../../src/network/persistence/owner.ts';

const plain: DeviceConfiguration = {
  name: 'eth0',
  kind: 'device',
  mac: '',
  mtu: 0,
  master: undefined,
  vlan: undefined,
  bond: undefined,
  ipv4: noIpv4,
  ipv6: noIpv6,
  nameServers: [],
};
const fixed: DeviceConfiguration = {
  ...plain,
  ipv4: { mode: 'Static', address: '10.0.0.2/24', gateway: '10.0.0.1', metric: 0 },
  ipv6: { mode: 'Static', addresses: ['fd00::2/64'], gateway: 'fd00::1' },
  nameServers: ['10.0.0.53', 'fd00::53'],
};
const leased: DeviceConfiguration = {
  ...plain,
  ipv4: { ...noIpv4, mode: 'DHCP' },
  ipv6: { ...noIpv6, mode: 'Autoconf' },
};
/** Two cards in a bond, a VLAN on it, and a bridge over that. */
const stack: readonly DeviceConfiguration[] = [
  { ...plain, name: 'bond0', kind: 'bond', mac: '02:00:00:00:00:01', bond: bondFacts('lacp', { 'lacp-time': 'fast' }) },
  asPart(plain, { kind: 'bond', name: 'bond0' }),
  asPart({ ...plain, name: 'eth1' }, { kind: 'bond', name: 'bond0' }),
  asPart(
    { ...plain, name: 'bond0.5', kind: 'vlan', vlan: { lower: 'bond0', tag: 5 } },
    { kind: 'bridge', name: 'xapi0' },
  ),
  { ...fixed, name: 'xapi0', kind: 'bridge', mtu: 9000 },
];

function rendered(system: ConfigurationSystem, devices: readonly DeviceConfiguration[]): Record<string, string> {
  return Object.fromEntries(
    system
      .render(devices)
      .map(({ path, contents, mode }) => [
        `${path.slice(system.folder.length + 1)} ${mode.toString(8)}`,
        contents.replace(/^# Written by quorated.*\n/, '').trim(),
      ]),
  );
}

const lines = (...all: readonly string[]): string => all.join('\n');

describe('the network in the words of systemd-networkd', () => {
  it('is a file a device, which the inventory reads as what was meant', () => {
    const files = rendered(networkd, [fixed]);
    assert.deepEqual(files, {
      '05-quorate-eth0.network 644': lines(
        '[Match]',
        'Name=eth0',
        '',
        '[Network]',
        'DHCP=no',
        'IPv6AcceptRA=no',
        'Address=10.0.0.2/24',
        'Address=fd00::2/64',
        'DNS=10.0.0.53',
        'DNS=fd00::53',
        '',
        '[Route]',
        'Gateway=10.0.0.1',
        '',
        '[Route]',
        'Gateway=fd00::1',
      ),
    });
    assert.deepEqual(parseNetworkFile(Object.values(files)[0] ?? ''), { inet: 'Static', inet6: 'Static' });
    const [lease = ''] = Object.values(rendered(networkd, [leased]));
    assert.equal(parseNetworkFile(lease).inet, 'DHCP');
    assert.match(lease, /^IPv6AcceptRA=yes$/m);
  });

  it('makes what software makes, parts first to know their master', () => {
    const files = rendered(networkd, stack);
    assert.deepEqual(Object.keys(files).toSorted(), [
      '05-quorate-bond0.5.netdev 644',
      '05-quorate-bond0.5.network 644',
      '05-quorate-bond0.netdev 644',
      '05-quorate-bond0.network 644',
      '05-quorate-eth0.network 644',
      '05-quorate-eth1.network 644',
      '05-quorate-xapi0.netdev 644',
      '05-quorate-xapi0.network 644',
    ]);
    assert.equal(
      files['05-quorate-bond0.netdev 644'],
      lines(
        '[NetDev]',
        'Name=bond0',
        'Kind=bond',
        'MACAddress=02:00:00:00:00:01',
        '',
        '[Bond]',
        'Mode=802.3ad',
        'MIIMonitorSec=100ms',
        'TransmitHashPolicy=layer3+4',
        'LACPTransmitRate=fast',
      ),
    );
    assert.match(files['05-quorate-bond0.network 644'] ?? '', /^VLAN=bond0\.5$/m);
    assert.match(files['05-quorate-eth1.network 644'] ?? '', /^Bond=bond0$/m);
    assert.match(files['05-quorate-bond0.5.netdev 644'] ?? '', /\[VLAN\]\nId=5/);
    assert.match(files['05-quorate-bond0.5.network 644'] ?? '', /^Bridge=xapi0$/m);
    assert.match(files['05-quorate-xapi0.netdev 644'] ?? '', /MTUBytes=9000\n\n\[Bridge\]\nSTP=no/);
    assert.match(files['05-quorate-xapi0.network 644'] ?? '', /^Address=10\.0\.0\.2\/24$/m);
  });
});

describe('the network in the words of netplan', () => {
  it('is one file that only root can read', () => {
    assert.deepEqual(rendered(netplan, []), {});
    assert.deepEqual(rendered(netplan, stack), {
      '90-quorate.yaml 600': lines(
        'network:',
        '  version: 2',
        '  ethernets:',
        '    "eth0":',
        '      dhcp4: false',
        '      dhcp6: false',
        '      accept-ra: false',
        '      link-local: []',
        '    "eth1":',
        '      dhcp4: false',
        '      dhcp6: false',
        '      accept-ra: false',
        '      link-local: []',
        '  bridges:',
        '    "xapi0":',
        '      interfaces: ["bond0.5"]',
        '      mtu: 9000',
        '      parameters:',
        '        stp: false',
        '        forward-delay: 0',
        '      dhcp4: false',
        '      dhcp6: false',
        '      accept-ra: false',
        '      addresses: ["10.0.0.2/24", "fd00::2/64"]',
        '      nameservers:',
        '        addresses: ["10.0.0.53", "fd00::53"]',
        '      routes:',
        '        - to: "0.0.0.0/0"',
        '          via: "10.0.0.1"',
        '        - to: "::/0"',
        '          via: "fd00::1"',
        '  bonds:',
        '    "bond0":',
        '      interfaces: ["eth0", "eth1"]',
        '      macaddress: "02:00:00:00:00:01"',
        '      parameters:',
        '        mode: "802.3ad"',
        '        mii-monitor-interval: "100"',
        '        transmit-hash-policy: "layer3+4"',
        '        lacp-rate: "fast"',
        '      dhcp4: false',
        '      dhcp6: false',
        '      accept-ra: false',
        '  vlans:',
        '    "bond0.5":',
        '      id: 5',
        '      link: "bond0"',
        '      dhcp4: false',
        '      dhcp6: false',
        '      accept-ra: false',
        '      link-local: []',
      ),
    });
  });
});

describe('the network in the words of ifupdown', () => {
  it('is one file, which the inventory reads as what was meant', () => {
    const [text = ''] = Object.values(rendered(ifupdown, [fixed]));
    assert.equal(
      text,
      lines(
        'auto eth0',
        'iface eth0 inet static',
        '    up ip link set dev eth0 up',
        '    address 10.0.0.2/24',
        '    gateway 10.0.0.1',
        '    dns-nameservers 10.0.0.53 fd00::53',
        '',
        'iface eth0 inet6 static',
        '    address fd00::2/64',
        '    gateway fd00::1',
      ),
    );
    assert.deepEqual(parseInterfaces(text).get('eth0'), { inet: 'Static', inet6: 'Static' });
    const [lease = ''] = Object.values(rendered(ifupdown, [leased]));
    assert.deepEqual(parseInterfaces(lease).get('eth0'), { inet: 'DHCP', inet6: 'Autoconf' });
    const [command, ...others] = ifupdown.reload([leased, fixed], []);
    assert.deepEqual(others, []);
    assert.equal(command?.[0], 'systemd-run');
    assert.deepEqual(command?.slice(command.indexOf('--') + 1), ['ifup', '--force', 'eth0']);
  });

  it('makes carriers before what they carry', () => {
    const [text = ''] = Object.values(rendered(ifupdown, stack));
    const order = [...text.matchAll(/^iface (\S+) inet /gm)].map(([, name]) => name);
    assert.deepEqual(order, ['eth0', 'eth1', 'bond0', 'bond0.5', 'xapi0']);
    assert.match(
      text,
      /ip link add name bond0 address 02:\S+ type bond mode 802\.3ad miimon 100 xmit_hash_policy layer3\+4 lacp_rate fast$/m,
    );
    assert.match(text, /ip link add link bond0 name bond0\.5 type vlan id 5$/m);
    assert.match(text, /ip link set dev bond0\.5 master xapi0$/m);
    assert.doesNotMatch(text, /^auto eth0$/m);
  });
});

describe('the network in the words of NetworkManager', () => {
  it('is a profile a device that only root can read', () => {
    const files = rendered(networkManager, [fixed]);
    assert.deepEqual(Object.keys(files), ['quorate-eth0.nmconnection 600']);
    const [text = ''] = Object.values(files);
    assert.equal(
      text.replace(/^uuid=.*\n/m, ''),
      lines(
        '[connection]',
        'id=quorate-eth0',
        'type=ethernet',
        'interface-name=eth0',
        'autoconnect=true',
        'autoconnect-priority=100',
        '',
        '[ethernet]',
        '',
        '[ipv4]',
        'method=manual',
        'address1=10.0.0.2/24,10.0.0.1',
        'dns=10.0.0.53;',
        '',
        '[ipv6]',
        'method=manual',
        'address1=fd00::2/64,fd00::1',
        'dns=fd00::53;',
      ),
    );
  });

  it('knows parts by their masters', () => {
    const files = rendered(networkManager, stack);
    assert.match(files['quorate-eth1.nmconnection 600'] ?? '', /^master=bond0\nslave-type=bond$/m);
    assert.match(files['quorate-bond0.5.nmconnection 600'] ?? '', /\[vlan\]\nid=5\nparent=bond0/);
    assert.match(files['quorate-bond0.nmconnection 600'] ?? '', /\[bond\]\nmode=802\.3ad\nmiimon=100\n/);
    assert.match(files['quorate-bond0.nmconnection 600'] ?? '', /\[ipv4\]\nmethod=disabled/);
  });
});

describe('who configures a device', () => {
  const nobody: OwnerFacts = {
    device: 'eth0',
    networkFile: '',
    networkManagerState: '',
    profilesOfNetplan: false,
    netplanFiles: new Map(),
    interfacesFiles: new Map(),
    networkdRuns: false,
    networkManagerRuns: false,
  };
  const found = (facts: Partial<OwnerFacts>): [string | undefined, string] => {
    const { system, obstacle } = ownerOf({ ...nobody, ...facts });
    return [system?.name, obstacle];
  };
  const managed = '[device]\nmanaged=true\nconnection-uuid=1\n';
  const cloud = new Map([['/etc/netplan/50-cloud.yaml', 'network:\n  ethernets:\n    eth0:\n      dhcp4: true\n']]);

  it('is told by what runs and by what names the device', () => {
    assert.deepEqual(found({ networkFile: '/etc/systemd/network/10-lan.network' }), ['systemd-networkd', '']);
    assert.deepEqual(found({ networkManagerState: managed }), ['NetworkManager', '']);
    assert.deepEqual(found({ networkdRuns: true }), ['systemd-networkd', '']);
    assert.deepEqual(found({ networkManagerRuns: true }), ['NetworkManager', '']);
    assert.equal(found({})[0], undefined);
    assert.match(found({})[1], /no system that configures the network/);
  });

  it('is netplan where netplan wrote what the others read', () => {
    const networkFile = '/run/systemd/network/10-netplan-eth1.network';
    assert.deepEqual(found({ networkFile, device: 'eth1', netplanFiles: cloud }), ['netplan', '']);
    assert.deepEqual(found({ networkManagerState: managed, profilesOfNetplan: true }), ['netplan', '']);
  });

  it('cannot be overruled where two files of it would add up', () => {
    const networkFile = '/run/systemd/network/10-netplan-eth0.network';
    assert.match(
      found({ networkFile, netplanFiles: cloud })[1],
      /^\/etc\/netplan\/50-cloud\.yaml describes eth0 as well/,
    );
    const interfacesFiles = new Map([['/etc/network/interfaces', 'auto eth0\niface eth0 inet dhcp\n']]);
    assert.match(found({ interfacesFiles })[1], /^\/etc\/network\/interfaces describes eth0 as well/);
    const own = new Map([['/etc/network/interfaces.d/quorate', 'iface eth0 inet dhcp\n']]);
    assert.match(found({ interfacesFiles: new Map([['/etc/network/interfaces', ''], ...own]) })[1], /does not include/);
    assert.deepEqual(
      found({ interfacesFiles: new Map([['/etc/network/interfaces', 'source interfaces.d/*'], ...own]) }),
      ['ifupdown', ''],
    );
  });
});

describe('the settings of a bond', () => {
  it('are those of the kernel that come closest', () => {
    assert.deepEqual(bondFacts('balance-slb', {}).properties, { miimon: '100', xmit_hash_policy: 'vlan+srcmac' });
    assert.deepEqual(bondFacts('active-backup', { miimon: '50' }), {
      mode: 'active-backup',
      properties: { miimon: '50' },
    });
    const lacp = bondFacts('lacp', { hashing_algorithm: 'src_mac', 'lacp-time': 'fast' });
    assert.deepEqual(lacp.properties, { miimon: '100', xmit_hash_policy: 'vlan+srcmac', ad_lacp_rate: 'fast' });
  });

  it('are refused where they mean nothing', () => {
    for (const properties of [{ miimon: '-1' }, { colour: 'blue' }, { 'lacp-time': 'fast' }, { toString: '1' }])
      assert.throws(() => bondFacts('active-backup', properties), { code: 'INVALID_VALUE' });
  });
});
