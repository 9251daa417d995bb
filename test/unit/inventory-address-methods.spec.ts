import assert from 'node:assert/strict';
import { type AddressConfiguration, readAddressConfiguration } from '../../src/host/inventory/address-methods.ts';
import { parseDhclientLeases, parseDhcpMessage, parseManagerLease } from '../../src/host/inventory/leases.ts';
import { type Link, parseLinks } from '../../src/host/inventory/links.ts';
import { parseManagerDevice, parseManagerProfile } from '../../src/host/inventory/name-service.ts';
import { Sources } from '../../src/host/inventory/sources.ts';
import { limits } from '../../src/lib/limits.ts';
import { createSimulation } from '../../src/world/simulated/simulation.ts';

const lease = (device: string, address: string): string =>
  `lease {\n  interface "${device}";\n  fixed-address ${address};\n  option subnet-mask 255.255.255.0;\n  expire 6 2026/11/21 12:15:15;\n}\n`;

/** The answer of a server, as dhcpcd keeps it. */
function answer(address: readonly number[]): Uint8Array {
  const message = new Uint8Array(548);
  message.set([2, 1, 6, 0, 0x9c, 0x8a, 0xdb, 0x26]);
  message.set(address, 16);
  message.set([99, 130, 83, 99, 53, 1, 5, 255], 236);
  return message;
}

const uuid = '8f4c1f36-4ca1-3a58-b7c5-0fc76b7d0fd1';
const profile = (method: string, method6: string): string =>
  `[connection]\nid=Wired\nuuid=${uuid}\ntype=ethernet\n\n[ethernet]\n\n[ipv4]\nmethod=${method}\n\n[ipv6]\naddr-gen-mode=default\nmethod=${method6}\n`;

describe('leases', () => {
  it('of dhclient are told by the last one of the device', () => {
    const text = lease('eth0', '10.0.2.15') + lease('eth1', '10.0.2.20') + lease('eth0', '10.0.2.16');
    assert.equal(parseDhclientLeases(text, 'eth0'), '10.0.2.16');
    assert.equal(parseDhclientLeases(text, 'eth1'), '10.0.2.20');
    assert.equal(parseDhclientLeases(text, 'eth2'), '');
    for (const bad of ['', 'lease {', 'lease {\n}\n', lease('eth0', '10.0.2.999')])
      assert.equal(parseDhclientLeases(bad, 'eth0'), '');
  });

  it('of NetworkManager are told by their address', () => {
    assert.equal(
      parseManagerLease('# This is private data. Do not parse.\nADDRESS=10.0.2.15\nNETMASK=255.255.255.0\n'),
      '10.0.2.15',
    );
    for (const bad of ['', 'ADDRESS=', 'ADDRESS=x', '\0']) assert.equal(parseManagerLease(bad), '');
  });

  it('of dhcpcd are told by the answer of the server', () => {
    assert.equal(parseDhcpMessage(answer([10, 0, 200, 255])), '10.0.200.255');
    const question = answer([10, 0, 2, 15]);
    question[0] = 1;
    for (const bad of [
      new Uint8Array(),
      new Uint8Array(600),
      answer([0, 0, 0, 0]),
      answer([10, 0, 2, 15]).subarray(0, 200),
      question,
    ])
      assert.equal(parseDhcpMessage(bad), '');
  });
});

describe('NetworkManager', () => {
  it('says which devices it looks after, and how their addresses are got', () => {
    assert.deepEqual(parseManagerDevice(`[device]\nmanaged=true\nconnection-uuid=${uuid}\n`), {
      managed: true,
      profile: uuid,
    });
    assert.deepEqual(parseManagerDevice(`[device]\nmanaged=false\nconnection-uuid=${uuid}\n`), {
      managed: false,
      profile: '',
    });
    assert.deepEqual(parseManagerDevice('managed=true\nconnection-uuid=../../etc\n'), { managed: true, profile: '' });
    assert.deepEqual(parseManagerProfile(profile('auto', 'auto')), {
      uuid,
      methods: { inet: 'DHCP', inet6: 'Autoconf' },
    });
    assert.deepEqual(parseManagerProfile(profile('manual', 'link-local')), {
      uuid,
      methods: { inet: 'Static', inet6: '' },
    });
    assert.deepEqual(parseManagerProfile(profile('toString', 'constructor')), {
      uuid,
      methods: { inet: '', inet6: '' },
    });
    assert.deepEqual(parseManagerProfile('nonsense'), { uuid: '', methods: { inet: '', inet6: '' } });
  });
});

describe('how an interface gets its address', () => {
  const told = async (
    files: Readonly<Record<string, string | Uint8Array>>,
    dynamic = false,
  ): Promise<AddressConfiguration> => {
    const simulation = createSimulation('methods');
    const { world } = simulation.host('host');
    const address = { family: 'inet', local: '10.0.2.15', prefixlen: 24, scope: 'global', ...(dynamic && { dynamic }) };
    const eth0 = {
      ifindex: 2,
      ifname: 'eth0',
      link_type: 'ether',
      address: '02:00:00:00:00:01',
      mtu: 1500,
      flags: ['UP'],
      addr_info: [address],
    };
    const links: readonly Link[] = parseLinks(JSON.stringify([eth0])) ?? [];
    assert.equal(links.length, 1);
    return simulation.finish(
      (async () => {
        for (const [path, contents] of Object.entries(files)) {
          await world.files.makeDirectory(path.replace(/\/[^/]*$/, ''), 0o755);
          await world.files.writeAtomic(path, contents, 0o644);
        }
        return readAddressConfiguration(new Sources({ world, limits }), links);
      })(),
    );
  };
  const inet = async (files: Readonly<Record<string, string | Uint8Array>>): Promise<string | undefined> =>
    (await told(files)).methods.get(2)?.inet;
  const managed = { '/run/NetworkManager/devices/2': `[device]\nmanaged=true\nconnection-uuid=${uuid}\n` };

  it('is in the profile that NetworkManager follows', async () => {
    const own = '/etc/NetworkManager/system-connections/Wired.nmconnection';
    assert.equal(await inet({ ...managed, [own]: profile('auto', 'auto') }), 'DHCP');
    assert.equal(await inet({ ...managed, [own]: profile('manual', 'auto') }), 'Static');
    assert.equal(await inet({ ...managed, [own.replace('/etc', '/run')]: profile('auto', 'auto') }), 'DHCP');
    assert.equal(await inet({ [own]: profile('auto', 'auto') }), undefined);
  });

  it('is in the files of ifupdown, also those that are included', async () => {
    assert.equal(await inet({ '/etc/network/interfaces.d/lan': 'iface eth0 inet dhcp\n' }), 'DHCP');
    assert.equal(await inet({ '/etc/network/interfaces.d/lan.bak': 'iface eth0 inet dhcp\n' }), undefined);
  });

  it('is shown by a lease of the address that it has', async () => {
    assert.equal(await inet({ '/var/lib/dhcp/dhclient.eth0.leases': lease('eth0', '10.0.2.15') }), 'DHCP');
    assert.equal(await inet({ '/var/lib/dhcp/dhclient.leases': lease('eth1', '10.0.2.15') }), undefined);
    assert.equal(await inet({ '/var/lib/dhcp/dhclient.eth0.leases': lease('eth0', '10.0.2.99') }), undefined);
    assert.equal(await inet({ '/var/lib/dhcpcd/eth0.lease': answer([10, 0, 2, 15]) }), 'DHCP');
    const [internal, text] = [`/var/lib/NetworkManager/internal-${uuid}-eth0.lease`, 'ADDRESS=10.0.2.15\n'];
    assert.equal(await inet({ ...managed, [internal]: text }), 'DHCP');
    assert.equal(await inet({ [internal]: text }), undefined);
  });

  it('is not what a lease says that is left of another time', async () => {
    const files = { '/var/lib/dhcp/dhclient.eth0.leases': lease('eth0', '10.0.2.15') };
    assert.equal(await inet({ ...files, '/etc/network/interfaces': 'iface eth0 inet static\n' }), 'Static');
  });
});
