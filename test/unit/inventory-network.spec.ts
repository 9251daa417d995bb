import assert from 'node:assert/strict';
import { array, assert as assertAlways, constantFrom, integer, property, record } from 'fast-check';
import type { Database } from '../../src/database/types.ts';
import { applyNetwork } from '../../src/host/objects/network-apply.ts';
import { type Memory } from '../../src/host/objects/network-match.ts';
import { planNetwork } from '../../src/host/objects/network-plan.ts';
import { testDatabase } from '../lib/database.ts';
import { type Device, networkFacts } from '../lib/network-facts.ts';

/** A host whose network is read again and again. */
class Host {
  readonly database: Database;
  readonly ref: string;
  /** Forgotten when the agent starts again. */
  memory: Memory = { interfaces: new Map(), bridges: new Map() };

  private constructor(database: Database) {
    this.database = database;
    this.ref = database.transaction((tx) => {
      const metrics = tx.create('host_metrics', {});
      return tx.create('host', { name_label: 'one', metrics });
    }).value;
  }

  static async make(): Promise<Host> {
    return new Host((await testDatabase()).database);
  }

  /** Brings the objects up to date; returns what was changed, `class kind`, sorted. */
  sees(devices: readonly Device[], gateway?: readonly [string, string]): string[] {
    const plan = planNetwork(networkFacts(devices, gateway));
    const { commit } = this.database.transaction((tx) =>
      applyNetwork(tx, plan, { host: this.ref, memory: this.memory, nowMs: 0 }),
    );
    return (commit?.changes ?? []).map((change) => `${change.class} ${change.kind}`).toSorted();
  }

  restart(): void {
    this.memory = { interfaces: new Map(), bridges: new Map() };
  }

  pifs(): ReadonlyMap<string, string> {
    return new Map(this.database.refs('PIF').map((ref) => [this.database.require('PIF', ref).device_name, ref]));
  }

  pif(device: string) {
    return this.database.require('PIF', this.pifs().get(device) ?? assert.fail(`there is no PIF ${device}`));
  }

  network(device: string) {
    return this.database.require('network', this.pif(device).network);
  }

  bridges(): string[] {
    return this.database
      .refs('network')
      .map((ref) => this.database.require('network', ref).bridge)
      .toSorted();
  }
}

const eth0: Device = { index: 2, name: 'eth0', pci: '0000:01:00.0' };
const eth1: Device = { index: 3, name: 'eth1', pci: '0000:01:00.1' };

describe('the network of a host becomes objects', () => {
  let host: Host;
  beforeEach(async () => {
    host = await Host.make();
  });

  it('one for each card, with figures and a network, and nothing when nothing changed', () => {
    const card: Device = { ...eth0, addresses: ['10.0.0.2/24', 'fd00::2/64'] };
    assert.deepEqual(host.sees([card, eth1], ['eth0', '10.0.0.1']), [
      'PIF add',
      'PIF add',
      'PIF_metrics add',
      'PIF_metrics add',
      'host mod',
      'network add',
      'network add',
    ]);
    const pif = host.pif('eth0');
    assert.deepEqual(
      [
        pif.device,
        pif.MAC,
        pif.IP,
        pif.netmask,
        pif.gateway,
        pif.DNS,
        pif.ip_configuration_mode,
        pif.management,
        pif.IPv6,
      ],
      [
        'eth0',
        '52:54:00:00:00:02',
        '10.0.0.2',
        '255.255.255.0',
        '10.0.0.1',
        '10.0.0.53,10.0.0.54',
        'Static',
        true,
        ['fd00::2/64'],
      ],
    );
    assert.equal(host.database.require('PIF_metrics', pif.metrics).pci_bus_path, '0000:01:00.0');
    assert.deepEqual(host.bridges(), ['xenbr0', 'xenbr1']);
    assert.equal(host.database.require('host', host.ref).address, '10.0.0.2');
    assert.deepEqual(host.sees([card, eth1], ['eth0', '10.0.0.1']), []);
    host.restart();
    assert.deepEqual(host.sees([card, eth1], ['eth0', '10.0.0.1']), []);
  });

  it('says how an address was got', () => {
    host.sees([
      { ...eth0, addresses: ['10.0.0.2/24', 'fd00::2/64'], lent: true },
      { ...eth1, addresses: ['fd00::3/128'], lent: true },
    ]);
    const modes = ['eth0', 'eth1'].map((name) => {
      const { ip_configuration_mode, ipv6_configuration_mode, primary_address_type } = host.pif(name);
      return [ip_configuration_mode, ipv6_configuration_mode, primary_address_type];
    });
    assert.deepEqual(modes, [
      ['DHCP', 'Autoconf', 'IPv4'],
      ['None', 'DHCP', 'IPv6'],
    ]);
  });

  it('says how the bridge got it whose port an interface is', () => {
    const bridge: Device = { index: 9, name: 'xenbr0', kind: 'bridge', addresses: ['10.0.0.2/24'] };
    const facts = networkFacts([{ ...eth0, addresses: [], master: 'xenbr0' }, bridge]);
    const methods = new Map([
      [eth0.index, { inet: 'None', inet6: 'None' } as const],
      [9, { inet: 'DHCP', inet6: 'Autoconf' } as const],
    ]);
    const [wanted] = planNetwork({ ...facts, methods }).interfaces;
    assert.equal(wanted?.ip.ip_configuration_mode, 'DHCP');
    assert.equal(wanted?.ip.ipv6_configuration_mode, 'Autoconf');
    assert.equal(planNetwork(facts).interfaces[0]?.ip.ip_configuration_mode, 'Static');
  });

  it('keeps the object of a card that gets another name, in the same run and over a restart', () => {
    host.sees([eth0, eth1]);
    const before = host.pifs();
    assert.deepEqual(host.sees([{ ...eth0, name: 'lan0' }, eth1]), ['PIF mod']);
    assert.equal(host.pifs().get('lan0'), before.get('eth0'));
    host.restart();
    host.sees([
      { ...eth0, name: 'eth1' },
      { ...eth1, name: 'eth0' },
    ]);
    assert.deepEqual(
      [host.pifs().get('eth1'), host.pifs().get('eth0')],
      [before.get('eth0'), before.get('eth1')],
      'names that were swapped',
    );
  });

  it('keeps the object of a card whose address is changed while the agent runs', () => {
    host.sees([eth0]);
    const before = host.pifs().get('eth0');
    assert.deepEqual(host.sees([{ ...eth0, mac: '02:00:00:00:00:99' }]), ['PIF mod']);
    assert.equal(host.pifs().get('eth0'), before);
  });

  it('keeps the object of a card that is pulled out, and gives it back when the card comes back elsewhere', () => {
    host.sees([{ ...eth0, addresses: ['10.0.0.2/24'] }, eth1]);
    const before = host.pifs().get('eth0');
    host.sees([eth1]);
    const gone = host.pif('eth0');
    assert.deepEqual([gone.currently_attached, gone.IP, gone.management], [false, '', false]);
    assert.equal(host.database.require('PIF_metrics', gone.metrics).carrier, false);
    host.restart();
    host.sees([eth1, { ...eth0, index: 9, name: 'enp7s0', pci: '0000:07:00.0', mac: '52:54:00:00:00:02' }]);
    assert.equal(host.pifs().get('enp7s0'), before);
    assert.equal(host.pif('enp7s0').currently_attached, true);
  });

  it('makes a new object for another card in the same place', () => {
    host.sees([eth0]);
    const before = host.pifs().get('eth0');
    host.restart();
    host.sees([{ ...eth0, mac: '52:54:00:aa:aa:aa' }]);
    assert.equal(host.database.count('PIF'), 2);
    assert.equal(host.database.require('PIF', before ?? '').currently_attached, false);
  });

  it('tells cards with the same address apart by their place', () => {
    const twins = [
      { ...eth0, mac: '52:54:00:00:00:77' },
      { ...eth1, mac: '52:54:00:00:00:77' },
    ];
    host.sees(twins);
    const before = host.pifs();
    host.restart();
    assert.deepEqual(host.sees(twins.toReversed()), []);
    assert.deepEqual(host.pifs(), before);
  });

  it('shows the addresses of a bridge at its first port, and moves that to the network of the bridge', () => {
    host.sees([eth0, eth1]);
    const own = host.pif('eth0').network;
    const bridge: Device = {
      index: 8,
      name: 'br0',
      kind: 'bridge',
      addresses: ['10.0.0.2/24'],
      info: { mcast_snooping: 1 },
    };
    const ports = [
      { ...eth0, master: 'br0' },
      { ...eth1, master: 'br0' },
    ];
    host.sees([...ports, bridge], ['br0', '10.0.0.1']);
    assert.deepEqual(
      [host.pif('eth0').IP, host.pif('eth0').management, host.pif('eth0').gateway],
      ['10.0.0.2', true, '10.0.0.1'],
    );
    assert.deepEqual([host.pif('eth1').IP, host.pif('eth1').management], ['', false]);
    assert.equal(host.pif('eth0').igmp_snooping_status, 'enabled');
    assert.deepEqual(
      [host.network('eth0').bridge, host.network('eth0').managed, host.network('eth0').PIFs.length],
      ['br0', false, 2],
    );
    assert.deepEqual(host.bridges(), ['br0'], 'networks that nobody used are gone');
    host.sees([eth0, eth1, bridge]);
    assert.equal(host.pif('eth0').network, own, 'and come back as they were');
  });

  it('keeps a network that somebody named or uses', () => {
    const bridge: Device = { index: 8, name: 'br0', kind: 'bridge' };
    host.sees([eth0, bridge, { index: 9, name: 'br1', kind: 'bridge' }]);
    const [named] = host.database
      .refs('network')
      .filter((ref) => host.database.require('network', ref).bridge === 'br0');
    host.database.transaction((tx) => tx.update('network', named ?? '', { name_label: 'storage' }));
    assert.deepEqual(host.sees([eth0]), ['network del'], 'the other one');
    assert.deepEqual(host.bridges(), ['br0', 'xenbr0']);
    assert.deepEqual(host.sees([eth0, bridge]), []);
    host.sees([eth0, { ...bridge, name: 'br7' }]);
    assert.deepEqual(host.bridges(), ['br7', 'xenbr0'], 'a bridge that gets another name keeps its network');
    assert.equal(host.database.require('network', named ?? '').name_label, 'storage');
  });

  it('leaves a network alone whose bridge is not there yet', () => {
    host.database.transaction((tx) => tx.create('network', { name_label: 'to come', bridge: 'xapi0' }));
    host.sees([eth0]);
    assert.deepEqual(host.bridges(), ['xapi0', 'xenbr0']);
    const plan = { index: 8, name: 'xapi0', kind: 'bridge', mtu: 9000 };
    assert.deepEqual(host.sees([eth0, plan]), [], 'and takes its bridge for what was planned');
  });

  it('makes bonds of their parts', () => {
    const bond: Device = {
      index: 7,
      name: 'bond0',
      kind: 'bond',
      mac: '52:54:00:00:00:02',
      addresses: ['10.0.0.9/24'],
      info: { mode: '802.3ad', miimon: 100 },
    };
    const devices = [{ ...eth0, master: 'bond0' }, { ...eth1, master: 'bond0', down: true }, bond];
    host.sees(devices, ['bond0', '10.0.0.1']);
    const [ref = ''] = host.database.refs('Bond');
    const row = host.database.require('Bond', ref);
    assert.deepEqual(
      [row.master, new Set(row.slaves), row.primary_slave, row.mode, row.links_up, row.properties],
      [
        host.pifs().get('bond0'),
        new Set([host.pifs().get('eth0'), host.pifs().get('eth1')]),
        host.pifs().get('eth0'),
        'lacp',
        1,
        { mode: '802.3ad', miimon: '100' },
      ],
    );
    const master = host.pif('bond0');
    assert.deepEqual(
      [master.physical, master.VLAN, master.bond_master_of, master.management],
      [false, -1, [ref], true],
    );
    host.restart();
    assert.deepEqual(host.sees(devices, ['bond0', '10.0.0.1']), []);
    host.sees([eth0, eth1]);
    assert.deepEqual(host.database.require('Bond', ref).slaves, [], 'its parts are free when it is down');
    assert.equal(host.pif('bond0').currently_attached, false);
    host.sees(devices, ['bond0', '10.0.0.1']);
    assert.equal(host.database.require('Bond', ref).slaves.length, 2);
  });

  it('makes VLANs on what carries them, also through a bridge and on each other', () => {
    const devices: Device[] = [
      { ...eth0, master: 'br0' },
      { index: 6, name: 'br0', kind: 'bridge' },
      { index: 9, name: 'br0.20', kind: 'vlan', lower: 'br0', info: { id: 20 } },
      { index: 8, name: 'inner', kind: 'vlan', lower: 'br0.20', info: { id: 30 }, addresses: ['10.0.30.2/24'] },
      { index: 7, name: 'lost', kind: 'vlan', lower: 'nowhere', info: { id: 40 } },
    ];
    host.sees(devices);
    const vlan = host.database.require('VLAN', host.pif('br0.20').VLAN_master_of);
    assert.deepEqual(
      [vlan.tag, vlan.tagged_PIF, vlan.untagged_PIF],
      [20, host.pifs().get('eth0'), host.pifs().get('br0.20')],
    );
    assert.deepEqual(
      [host.pif('br0.20').device, host.pif('br0.20').VLAN, host.pif('br0.20').physical],
      ['eth0', 20, false],
    );
    assert.equal(host.database.require('VLAN', host.pif('inner').VLAN_master_of).tagged_PIF, host.pifs().get('br0.20'));
    assert.equal(host.pif('inner').IP, '10.0.30.2');
    assert.equal(host.pifs().has('lost'), false);
    host.restart();
    assert.deepEqual(host.sees(devices), []);
    const renamed = devices.map((device) => (device.name === 'inner' ? { ...device, name: 'other' } : device));
    assert.deepEqual(host.sees(renamed), ['PIF mod']);
  });

  it('takes guests, tunnels and the ends of containers for what they are', () => {
    const others: Device[] = [
      { index: 20, name: 'vnet0', kind: 'tun', master: 'br0' },
      { index: 21, name: 'vethab', kind: 'veth', master: 'br0' },
      { index: 22, name: 'cali12', kind: 'veth' },
      { index: 23, name: 'ifb0', kind: 'ifb' },
      { index: 24, name: 'wg0', kind: 'wireguard', addresses: ['10.8.0.1/24'] },
      { index: 25, name: 'vif1.0', kind: 'veth', addresses: ['10.9.0.1/24'] },
      { index: 26, name: 'br0', kind: 'bridge' },
    ];
    host.sees([eth0, ...others, { index: 27, name: 'uplink', kind: 'veth', addresses: ['10.7.0.1/24'] }]);
    assert.deepEqual([...host.pifs().keys()].toSorted(), ['eth0', 'uplink']);
  });

  it('takes the veths of a container without hardware for its cards, and forgets them when they are gone', () => {
    const veth: Device = { index: 5, name: 'host0', kind: 'veth', mac: '02:11:22:33:44:55' };
    host.sees([veth]);
    const before = host.pifs().get('host0');
    assert.deepEqual(host.sees([]), ['PIF del', 'PIF_metrics del', 'host mod', 'network del']);
    host.sees([{ ...veth, index: 9 }]);
    assert.equal(host.pifs().get('host0'), before);
  });

  it('keeps what cannot go because something else refers to it', () => {
    host.sees([{ index: 5, name: 'host0', kind: 'veth', mac: '02:11:22:33:44:55' }]);
    const pif = host.pifs().get('host0') ?? '';
    host.database.transaction((tx) => tx.create('VLAN', { tagged_PIF: pif, untagged_PIF: pif, tag: 3 }));
    host.sees([]);
    assert.equal(host.database.require('PIF', pif).currently_attached, false);
  });

  it('leaves the interfaces and networks of other hosts alone', () => {
    host.sees([eth0]);
    const other = host.database.transaction((tx) => {
      const ref = tx.create('host', { metrics: tx.create('host_metrics', {}) });
      const network = tx.create('network', { bridge: 'xenbr5', name_label: 'Pool-wide network associated with eth5' });
      tx.create('PIF', {
        host: ref,
        network,
        metrics: tx.create('PIF_metrics', {}),
        MAC: '52:54:00:00:00:03',
        device: 'eth1',
        device_name: 'eth1',
        physical: true,
      });
      tx.create('network', { bridge: 'br9', name_label: 'br9', managed: false });
      return ref;
    }).value;
    host.sees([eth0, eth1]);
    assert.deepEqual(host.bridges(), ['br9', 'xenbr0', 'xenbr1', 'xenbr5']);
    assert.equal(host.database.require('host', other).PIFs.length, 1);
    assert.equal(host.database.require('host', host.ref).PIFs.length, 2);
  });

  it('whatever comes: the second look changes nothing, and a restart neither', async () => {
    const device = record({
      index: integer({ min: 2, max: 9 }),
      name: constantFrom('eth0', 'eth1', 'br0', 'br1', 'bond0', 'eth0.5', 'veth1'),
      kind: constantFrom('', 'bridge', 'bond', 'vlan', 'veth', 'tun'),
      master: constantFrom('', 'br0', 'br1', 'bond0', 'eth0'),
      lower: constantFrom('', 'eth0', 'br0', 'bond0', 'eth0.5'),
      mac: constantFrom('52:54:00:00:00:02', '52:54:00:00:00:03', '02:00:00:00:00:01', ''),
      pci: constantFrom('', '0000:01:00.0', '0000:01:00.1'),
      addresses: constantFrom([], ['10.0.0.2/24'], ['fd00::1/64', '10.0.0.3/8']),
      info: constantFrom({}, { id: 5 }, { mode: 'active-backup' }, { id: 4095 }),
    });
    const seen = array(array(device, { maxLength: 6 }), { minLength: 1, maxLength: 4 });
    const one = await Host.make();
    assertAlways(
      property(seen, (looks) => {
        for (const devices of looks) {
          const names = new Set<string>();
          const indexes = new Set<number>();
          const possible = devices.filter(({ name, index }) => {
            const free = !names.has(name) && !indexes.has(index);
            names.add(name);
            indexes.add(index);
            return free;
          });
          one.sees(possible, ['eth0', '10.0.0.1']);
          assert.deepEqual(one.sees(possible, ['eth0', '10.0.0.1']), []);
          const attached = one.database
            .refs('PIF')
            .filter((ref) => one.database.require('PIF', ref).currently_attached);
          assert.ok(attached.length <= possible.length);
        }
        one.restart();
      }),
      { numRuns: 200 },
    );
  });
});
