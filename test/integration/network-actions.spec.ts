import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestAgent, type TestAgent } from '../lib/agent.ts';
import type { ApiClient } from '../lib/api-client.ts';
import { failureOf } from '../lib/failures.ts';
import { movedFiles } from '../lib/moved-files.ts';
import { NetworkNamespace } from '../lib/network-namespace.ts';
import { skip } from '../lib/skip.ts';

const configuration = ['/etc/systemd', '/etc/network', '/etc/netplan', '/etc/NetworkManager'];
const states = ['/run/systemd/netif', '/run/NetworkManager', '/run/network'];

describe('acting on the network of a host', () => {
  let space: NetworkNamespace;
  let root: string;
  let agent: TestAgent;
  let api: ApiClient;
  let host: string;

  before(async function () {
    const made = await NetworkNamespace.create('act');
    if (typeof made === 'string') skip(this, made);
    space = made;
    await space.cable('eth0', '10.9.0.1/24');
    await space.cable('eth1', '10.8.0.1/24');
    await space.ip('address', 'add', '10.9.0.2/24', 'dev', 'eth0');
    await space.ip('route', 'add', 'default', 'via', '10.9.0.1');
    root = await mkdtemp(join(tmpdir(), 'quorate-net-'));
    await mkdir(join(root, 'etc/network/interfaces.d'), { recursive: true });
    await writeFile(join(root, 'etc/network/interfaces'), 'source /etc/network/interfaces.d/*\n');
    agent = await startTestAgent({
      settings: { 'network-rollback-time': '1' },
      place: (real) => space.programs(real),
      files: (real) => movedFiles(real, [...configuration, ...states], root),
    });
    api = await agent.client();
    [host = ''] = await api.call<string[]>('host.get_all');
  });

  after(async () => {
    await agent?.remove();
    await space?.remove();
    if (root !== undefined) await rm(root, { recursive: true, force: true });
  });

  const interfaceOf = async (device: string): Promise<string> => {
    const all = await api.call<Record<string, { device: string }>>('PIF.get_all_records');
    return Object.entries(all).find(([, pif]) => pif.device === device)?.[0] ?? '';
  };
  const field = (pif: string, name: string): Promise<unknown> => api.call(`PIF.get_${name}`, pif);
  const persisted = (): Promise<string> => readFile(join(root, 'etc/network/interfaces.d/quorate'), 'utf8');
  const bridges = async (): Promise<string[]> => {
    const text = await space.ip('-j', 'link', 'show', 'type', 'bridge');
    return (JSON.parse(text || '[]') as { ifname?: string }[]).flatMap(({ ifname }) => ifname ?? []);
  };

  it('makes the bridge of a network when the host is connected to it, and removes it with the network', async () => {
    const network = await api.call<string>('network.create', { name_label: 'inside', other_config: {} });
    const bridge = await api.call<string>('network.get_bridge', network);
    assert.deepEqual(await bridges(), []);
    await api.call('network.attach', network, host);
    assert.deepEqual(await bridges(), [bridge]);
    assert.match(await persisted(), new RegExp(`iface ${bridge} inet manual`));
    assert.equal(await api.call('network.get_managed', network), true);
    await api.call('network.destroy', network);
    assert.deepEqual(await bridges(), []);
    assert.deepEqual(await readdir(join(root, 'etc/network/interfaces.d')), []);
  });

  it('sets an address, says so at once, and takes it away', async () => {
    const pif = await interfaceOf('eth1');
    await api.call('PIF.reconfigure_ip', pif, 'Static', '10.8.0.2', '255.255.255.0', '10.8.0.1', '10.8.0.1');
    assert.deepEqual(
      [await field(pif, 'ip_configuration_mode'), await field(pif, 'IP'), await field(pif, 'netmask')],
      ['Static', '10.8.0.2', '255.255.255.0'],
    );
    assert.match(await space.ip('route', 'show'), /default via 10\.8\.0\.1 dev eth1 .*metric 500/);
    assert.match(await persisted(), /iface eth1 inet static\n {4}.*\n {4}address 10\.8\.0\.2\/24\n/);
    await api.call('PIF.reconfigure_ip', pif, 'None', '', '', '', '');
    assert.deepEqual([await field(pif, 'ip_configuration_mode'), await field(pif, 'IP')], ['None', '']);
    assert.doesNotMatch(await space.ip('route', 'show'), /eth1/);
  });

  it('takes an interface down and brings it up with the routes that it had', async () => {
    const pif = await interfaceOf('eth1');
    await space.ip('address', 'add', '10.8.0.2/24', 'dev', 'eth1');
    await space.ip('route', 'add', '10.77.0.0/16', 'via', '10.8.0.1');
    const before = await space.picture();
    await api.call('PIF.unplug', pif);
    assert.equal(await field(pif, 'currently_attached'), false);
    await api.call('PIF.plug', pif);
    assert.equal(await field(pif, 'currently_attached'), true);
    assert.deepEqual(await space.picture(), before);
    await space.ip('address', 'flush', 'dev', 'eth1');
  });

  it('refuses what would cut the host off', async () => {
    const pif = await interfaceOf('eth0');
    assert.equal(await field(pif, 'management'), true);
    const expected = ['PIF_IS_MANAGEMENT_INTERFACE', pif];
    assert.deepEqual(await failureOf(api.call('PIF.unplug', pif)), expected);
    assert.deepEqual(await failureOf(api.call('PIF.reconfigure_ip', pif, 'None', '', '', '', '')), expected);
    assert.deepEqual(await failureOf(api.call('PIF.forget', pif)), expected);
  });

  it('takes back a change of the management interface after which nobody answers', async () => {
    const pif = await interfaceOf('eth0');
    const before = await space.picture();
    const call = api.call('PIF.reconfigure_ip', pif, 'Static', '10.9.0.3', '255.255.255.0', '10.9.0.77', '');
    const failure = await failureOf(call);
    assert.deepEqual(failure, ['PIF_CONFIGURATION_ERROR', pif, 'the gateway 10.9.0.77 does not answer over eth0']);
    assert.deepEqual(await space.picture(), before);
    assert.equal(await field(pif, 'IP'), '10.9.0.2');
  });

  it('moves the management address to a bridge and keeps it there', async () => {
    const pif = await interfaceOf('eth0');
    const network = (await field(pif, 'network')) as string;
    const bridge = await api.call<string>('network.get_bridge', network);
    await api.call('network.attach', network, host);
    assert.match(await space.ip('address', 'show', 'dev', bridge), /inet 10\.9\.0\.2\/24/);
    assert.match(await space.ip('route', 'show'), new RegExp(`default via 10.9.0.1 dev ${bridge}`));
    assert.equal(await field(pif, 'network'), network);
    assert.deepEqual([await field(pif, 'IP'), await field(pif, 'management')], ['10.9.0.2', true]);
    await api.call('PIF.reconfigure_ip', pif, 'Static', '10.9.0.4', '255.255.255.0', '10.9.0.1', '');
    assert.equal(await field(pif, 'IP'), '10.9.0.4');
    assert.match(await persisted(), new RegExp(`auto ${bridge}\niface ${bridge} inet static`));
  });

  it('forgets a device until it is looked for', async () => {
    const pif = await interfaceOf('eth1');
    const mac = (await field(pif, 'MAC')) as string;
    await api.call('PIF.forget', pif);
    assert.equal(await interfaceOf('eth1'), '');
    await space.cable('eth2', '10.7.0.1/24');
    const again = await api.call<string>('PIF.introduce', host, mac, 'eth1', true);
    assert.equal(await field(again, 'device'), 'eth1');
    assert.deepEqual(await failureOf(api.call('PIF.introduce', host, mac, 'eth1', true)), [
      'DUPLICATE_PIF_DEVICE_NAME',
      'eth1',
    ]);
    await api.call('PIF.scan', host);
    assert.notEqual(await interfaceOf('eth2'), '');
  });

  it('says what is wrong with an address before anything happens', async () => {
    const pif = await interfaceOf('eth1');
    const set = (...args: string[]): Promise<readonly string[]> =>
      failureOf(api.call('PIF.reconfigure_ip', pif, 'Static', ...args));
    assert.deepEqual(await set('10.8.0.300', '255.0.0.0', '', ''), ['INVALID_IP_ADDRESS_SPECIFIED', 'IP']);
    assert.deepEqual(await set('10.8.0.3', '255.0.255.0', '', ''), ['INVALID_IP_ADDRESS_SPECIFIED', 'netmask']);
    assert.deepEqual(await set('10.8.0.3', '255.255.255.0', 'x', ''), ['INVALID_IP_ADDRESS_SPECIFIED', 'gateway']);
    assert.deepEqual(await set('10.8.0.3', '255.255.255.0', '', 'ns'), ['INVALID_IP_ADDRESS_SPECIFIED', 'DNS']);
    const [code] = await set('10.8.0.3', '255.255.255.0', '10.1.1.1', '');
    assert.equal(code, 'PIF_CONFIGURATION_ERROR');
  });

  it('checks what VLANs and bonds are made of', async () => {
    const network = await api.call<string>('network.create', { name_label: 'tagged', other_config: {} });
    const pif = await interfaceOf('eth1');
    assert.deepEqual(await failureOf(api.call('VLAN.create', pif, 4095, network)), ['VLAN_TAG_INVALID', '4095']);
    assert.deepEqual(await failureOf(api.call('pool.create_VLAN', 'nic9', network, 5)), ['PIF_DEVICE_NOT_FOUND']);
    assert.deepEqual(await failureOf(api.call('PIF.destroy', pif)), ['PIF_IS_PHYSICAL', pif]);
    const bond = (...members: string[]): Promise<readonly string[]> =>
      failureOf(api.call('Bond.create', network, members, '', 'lacp', {}));
    assert.deepEqual(await bond(pif, pif), ['PIF_BOND_NEEDS_MORE_MEMBERS']);
    assert.deepEqual(await api.call('VLAN.get_all'), []);
  });

  it('is reached at the address of the interface that was chosen, also after a restart, or not at all', async () => {
    const [eth0, eth1] = [await interfaceOf('eth0'), await interfaceOf('eth1')];
    const choose = (pif: string): Promise<unknown> => api.call('host.management_reconfigure', pif);
    assert.deepEqual(await failureOf(choose(eth1)), ['INTERFACE_HAS_NO_IP', 'eth1']);
    await api.call('PIF.reconfigure_ip', eth1, 'Static', '10.8.0.2', '255.255.255.0', '', '');
    await choose(eth1);
    const managing = async (): Promise<unknown[]> => [await field(eth0, 'management'), await field(eth1, 'management')];
    assert.deepEqual(await managing(), [false, true]);
    assert.equal(await api.call('host.get_address', host), '10.8.0.2');
    agent = await agent.restart();
    api = await agent.client();
    assert.deepEqual(await managing(), [false, true]);
    assert.deepEqual(await failureOf(api.call('PIF.unplug', eth1)), ['PIF_IS_MANAGEMENT_INTERFACE', eth1]);
    await api.call('host.local_management_reconfigure', 'eth0');
    assert.deepEqual(await managing(), [true, false]);
    await api.call('host.management_disable');
  });
});
