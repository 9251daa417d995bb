import assert from 'node:assert/strict';
import { startTestAgent, type TestAgent } from '../lib/agent.ts';
import type { ApiClient } from '../lib/api-client.ts';
import { failureOf } from '../lib/failures.ts';
import { KernelVm } from '../lib/kernel-vm.ts';
import { skip } from '../lib/skip.ts';

const ofTheMachine = ['/etc/', '/run/systemd/', '/run/NetworkManager', '/proc/sys/kernel/random/', '/sys/'];

describe('bonds, VLANs and DHCP with a kernel that has everything', function () {
  this.timeout(600_000);
  let vm: KernelVm;
  let agent: TestAgent;
  let api: ApiClient;

  const startAgent = async (): Promise<void> => {
    agent = await startTestAgent({ place: () => vm.programs(), files: (real) => vm.files(real, ofTheMachine) });
    api = await agent.client();
  };

  before(async function () {
    const folder = process.env['QUORATE_KERNEL_VM'] ?? '';
    if (folder === '') skip(this, 'QUORATE_KERNEL_VM names no folder that test/tools/kernel-vm.sh made');
    vm = await KernelVm.start(folder, 4);
    await vm.shell(`printf '[Match]\\nName=eth0\\n[Network]\\nDHCP=ipv4\\n' > /etc/systemd/network/10-lan.network`);
    await vm.shell('networkctl reload; for i in $(seq 100); do ip route | grep -q default && break; sleep 0.3; done');
    await startAgent();
  });

  after(async () => {
    await agent?.remove();
    await vm?.end();
  });

  const interfaceOf = async (device: string): Promise<string> => {
    const all = await api.call<Record<string, { device: string; VLAN: string | number }>>('PIF.get_all_records');
    return Object.entries(all).find(([, pif]) => pif.device === device && Number(pif.VLAN) < 0)?.[0] ?? '';
  };
  const newNetwork = (label: string): Promise<string> =>
    api.call<string>('network.create', { name_label: label, other_config: {} });

  it('makes a VLAN, and removes it', async () => {
    const [network, pif] = [await newNetwork('seven'), await interfaceOf('eth1')];
    const vlan = await api.call<string>('VLAN.create', pif, 7, network);
    assert.match(await vm.shell('ip -d link show eth1.7'), /vlan protocol 802\.1Q id 7/);
    const untagged = await api.call<string>('VLAN.get_untagged_PIF', vlan);
    assert.equal(await api.call('PIF.get_currently_attached', untagged), true);
    assert.equal(await api.call('PIF.get_network', untagged), network);
    assert.deepEqual(await failureOf(api.call('VLAN.create', pif, 7, await newNetwork('again'))), [
      'PIF_VLAN_EXISTS',
      untagged,
    ]);
    assert.deepEqual(await failureOf(api.call('VLAN.create', untagged, 8, network)), ['PIF_IS_VLAN', untagged]);
    await api.call('VLAN.destroy', vlan);
    assert.equal(await vm.shell('ip -o link show type vlan'), '');
    assert.deepEqual(await api.call('VLAN.get_all'), []);
    assert.equal((await api.call<string[]>('PIF.get_all')).includes(untagged), false);
  });

  it('makes a bond', async () => {
    const network = await newNetwork('both');
    const members = [await interfaceOf('eth2'), await interfaceOf('eth3')];
    const bond = await api.call<string>('Bond.create', network, members, '', 'active-backup', { miimon: '50' });
    const told = await vm.shell('cat /proc/net/bonding/bond0');
    assert.match(told, /active-backup/);
    assert.match(told, /Slave Interface: eth3/);
    assert.match(told, /Slave Interface: eth2/);
    const slaves = await api.call<string[]>('Bond.get_slaves', bond);
    assert.deepEqual(slaves.toSorted(), members.toSorted());
    assert.equal(await api.call('Bond.get_mode', bond), 'active-backup');
    const master = await api.call<string>('Bond.get_master', bond);
    assert.equal(await api.call('PIF.get_device', master), 'bond0');
    assert.deepEqual(await failureOf(api.call('PIF.plug', members[0])), ['CANNOT_PLUG_BOND_SLAVE', members[0]]);
  });

  it('gets an address by DHCP from the system that configures the device', async () => {
    const pif = await interfaceOf('eth1');
    await api.call('PIF.reconfigure_ip', pif, 'DHCP', '', '', '', '');
    await vm.shell('for i in $(seq 100); do ip -4 -o address show dev eth1 | grep -q inet && break; sleep 0.3; done');
    await api.call('PIF.scan', await api.call('PIF.get_host', pif));
    assert.equal(await api.call('PIF.get_ip_configuration_mode', pif), 'DHCP');
    assert.match(await api.call<string>('PIF.get_IP', pif), /^10\.0\.2\./);
    await api.call('PIF.reconfigure_ip', pif, 'Static', '10.99.0.2', '255.255.255.0', '', '');
    assert.match(await vm.shell('ip -4 -o address show dev eth1'), /inet 10\.99\.0\.2\/24/);
    assert.doesNotMatch(await vm.shell('ip -4 -o address show dev eth1'), /10\.0\.2\./);
  });
});
