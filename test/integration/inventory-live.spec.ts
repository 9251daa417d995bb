import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLinuxWorld } from '../../src/world/linux/world.ts';
import { ApiClient } from '../lib/api-client.ts';
import { type ApiEvent, EventStream, short } from '../lib/event-stream.ts';
import { Namespace } from '../lib/namespace.ts';
import { skip } from '../lib/skip.ts';

type Records = Record<string, Record<string, unknown>>;

/** A daemon in the namespace, over the directory given. */
async function startDaemon(space: Namespace, directory: string): Promise<ChildProcess> {
  const program = join(import.meta.dirname, '../../src/bin/quorated.ts');
  const config = join(directory, 'xapi.conf');
  // Load and memory never stand still; this is about the network.
  writeFileSync(config, 'host-figures-interval = 0\nhost-scan-interval = 5\n');
  const [command, ...rest] = [...space.prefix, process.execPath, program, '--dir', directory, '--config', config];
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  while (!said.includes('is up')) {
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => assert.fail(`it ended: ${said}`))]);
  }
  return child;
}

async function stopDaemon(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** The kernel itself tells of a carrier at most once a second. */
const kernelSeconds = 2;

function isInstalled(program: string): boolean {
  return ['/usr/bin', '/bin', '/usr/sbin', '/sbin'].some((folder) => existsSync(join(folder, program)));
}

describe('the network of a host, as it changes', function () {
  this.timeout(90_000);
  const world = createLinuxWorld({ log: { level: 'error' } });
  const directory = mkdtempSync(join(tmpdir(), 'quorate-live-'));
  let space: Namespace | undefined;
  let daemon: ChildProcess;
  let api: ApiClient;
  let events: EventStream;
  let hostRef = '';

  const connect = async (): Promise<void> => {
    api = await new ApiClient(world.http, { socketPath: join(directory, 'xapi') }).login();
    [hostRef = ''] = await api.call<readonly string[]>('host.get_all');
  };
  before(async function () {
    const made = await Namespace.create('live');
    if (typeof made === 'string') skip(this, made);
    space = made;
    daemon = await startDaemon(made, directory);
    await connect();
    // The disks are read after the start, and are no part of this.
    if (isInstalled('lsblk')) while (Object.keys(await records('SR')).length === 0) await world.clock.sleep(20);
    events = await new EventStream(api, ['*']).begin();
  });
  after(async () => {
    if (daemon !== undefined) await stopDaemon(daemon);
    await space?.remove();
    await world.close();
    rmSync(directory, { recursive: true });
  });

  const ip = async (...args: string[]): Promise<void> => {
    await space?.ip(...args);
  };
  const records = (name: string): Promise<Records> => api.call<Records>(`${name}.get_all_records`);
  const pif = async (device: string): Promise<[string, Record<string, unknown>]> => {
    const found = Object.entries(await records('PIF')).find(([, row]) => row['device'] === device);
    return found ?? assert.fail(`there is no PIF ${device}`);
  };

  /**
   * Makes a change and waits until events have told it. Then nothing may come but what the change is allowed to do: what
   * else is told is a fault, also when it comes late, because then it comes into the next change.
   */
  async function change(
    what: string,
    make: () => Promise<void>,
    told: (events: readonly ApiEvent[]) => boolean,
    allowed: readonly string[],
    seconds = 1,
  ): Promise<readonly ApiEvent[]> {
    await make();
    const progress = { told: false };
    const telling = events.until(what, told).finally(() => {
      progress.told = true;
    });
    telling.catch(() => undefined);
    // A second is what a hundred answers of the agent with pauses between them take: a machine that stands still, or
    // gives the agent no turn, stands still here too.
    for (let turn = 0; !progress.told && turn < 100 * seconds; turn += 1) {
      await Promise.race([api.call('host.get_servertime', hostRef), telling]);
      await Promise.race([world.clock.sleep(10), telling]);
    }
    assert.ok(progress.told, `${what} was not told within ${seconds} seconds`);
    const seen = await telling;
    const [pool = ''] = Object.keys(await records('pool'));
    await api.call('event.inject', 'pool', pool);
    const rest = await events.until('the end of it', (more) => more.some((event) => event.class === 'pool'));
    const all = [...seen, ...rest.filter((event) => event.class !== 'pool')];
    const other = [...new Set(all.map(short))].filter((text) => !allowed.some((one) => one.toLowerCase() === text));
    assert.deepEqual(other, [], `${what}: ${JSON.stringify(all.map(short))}`);
    return all;
  }

  const says =
    (className: string, operation: string, fields: Readonly<Record<string, unknown>>) =>
    (all: readonly ApiEvent[]): boolean =>
      all.some(
        (event) =>
          event.class === className.toLowerCase() &&
          event.operation === operation &&
          Object.entries(fields).every(
            ([name, value]) => JSON.stringify(event.snapshot?.[name]) === JSON.stringify(value),
          ),
      );
  const added = ['PIF add', 'PIF_metrics add', 'network add', 'host mod', 'PIF mod', 'PIF_metrics mod'];
  const changed = ['PIF mod', 'PIF_metrics mod'];

  it('begins empty', async () => {
    assert.deepEqual([await records('PIF'), await records('network')], [{}, {}]);
  });

  it('tells a new bridge as a network', async () => {
    await change(
      'a bridge',
      () => ip('link', 'add', 'br0', 'type', 'bridge'),
      says('network', 'add', { bridge: 'br0' }),
      ['network add'],
    );
    const [row] = Object.values(await records('network'));
    assert.deepEqual([row?.['name_label'], row?.['managed'], row?.['PIFs'], row?.['MTU']], ['br0', false, [], 1500]);
  });

  it('tells a new pair of devices, each with figures and a network of its own', async () => {
    const both = (all: readonly ApiEvent[]): boolean =>
      says('PIF', 'add', { device: 'nic0' })(all) && says('PIF', 'add', { device: 'peer0' })(all);
    await change('a veth', () => ip('link', 'add', 'nic0', 'type', 'veth', 'peer', 'name', 'peer0'), both, added);
    const [, row] = await pif('nic0');
    const [link] = JSON.parse((await space?.ip('-j', 'link', 'show', 'nic0')) ?? '') as { address: string }[];
    assert.deepEqual(
      [row['MAC'], row['VLAN'], row['physical'], row['currently_attached'], row['IP'], row['management']],
      [link?.address, -1, true, false, '', false],
    );
  });

  it('tells that a device comes up, and has a carrier and a speed when its other end does', async () => {
    await change(
      'up',
      () => ip('link', 'set', 'nic0', 'up'),
      says('PIF', 'mod', { device: 'nic0', currently_attached: true }),
      changed,
    );
    const [, { metrics }] = await pif('nic0');
    const all = await change(
      'carrier',
      () => ip('link', 'set', 'peer0', 'up'),
      (seen) => seen.some((event) => event.ref === metrics && event.snapshot?.['carrier'] === true),
      changed,
      kernelSeconds,
    );
    const figures = all.findLast((event) => event.ref === metrics)?.snapshot;
    assert.deepEqual(
      [Number(figures?.['speed']), figures?.['duplex'], figures?.['pci_bus_path']],
      [10_000, true, 'N/A'],
    );
  });

  it('tells an address, and the gateway that makes it the management interface', async () => {
    await change(
      'an address',
      () => ip('address', 'add', '10.77.0.2/23', 'dev', 'nic0'),
      says('PIF', 'mod', {
        device: 'nic0',
        IP: '10.77.0.2',
        netmask: '255.255.254.0',
        ip_configuration_mode: 'Static',
      }),
      [...changed, 'host mod'],
    );
    await change(
      'a default route',
      () => ip('route', 'add', 'default', 'via', '10.77.0.1'),
      says('PIF', 'mod', { device: 'nic0', gateway: '10.77.0.1', management: true }),
      [...changed, 'host mod'],
    );
    const [host] = Object.values(await records('host'));
    assert.equal(host?.['address'], '10.77.0.2');
  });

  it('tells an IPv6 address', async () => {
    await change(
      'an IPv6 address',
      () => ip('address', 'add', 'fd77::2/64', 'dev', 'nic0', 'nodad'),
      says('PIF', 'mod', { device: 'nic0', IPv6: ['fd77::2/64'], ipv6_configuration_mode: 'Static' }),
      changed,
    );
  });

  it('tells another MTU', async () => {
    await change(
      'an MTU',
      () => ip('link', 'set', 'nic0', 'mtu', '1400'),
      says('PIF', 'mod', { device: 'nic0', MTU: 1400 }),
      changed,
    );
  });

  it('keeps the object of a device that gets another name', async () => {
    const [before] = await pif('peer0');
    await change(
      'a name',
      () => ip('link', 'set', 'peer0', 'name', 'lan0'),
      says('PIF', 'mod', { device: 'lan0' }),
      changed,
    );
    assert.equal((await pif('lan0'))[0], before);
  });

  it('moves an interface to the network of the bridge that it joins, and back', async () => {
    const [ref] = await pif('lan0');
    const [bridge] = Object.entries(await records('network')).find(([, row]) => row['bridge'] === 'br0') ?? [];
    const moved = ['PIF mod', 'network mod', 'network del', 'network add'];
    const isIn =
      (network: unknown) =>
      (all: readonly ApiEvent[]): boolean =>
        all.some((event) => event.ref === ref && event.snapshot?.['network'] === network);
    await change('joining', () => ip('link', 'set', 'lan0', 'master', 'br0'), isIn(bridge), moved);
    await change(
      'leaving',
      () => ip('link', 'set', 'lan0', 'nomaster'),
      (all) => all.some((event) => event.ref === ref && event.snapshot?.['network'] !== bridge),
      moved,
    );
    const [, { network }] = await pif('lan0');
    assert.equal((await records('network'))[String(network)]?.['bridge'], 'brlan0');
  });

  it('tells that a device goes down', async () => {
    await change(
      'down',
      () => ip('link', 'set', 'lan0', 'down'),
      (all) =>
        says('PIF', 'mod', { device: 'lan0', currently_attached: false })(all) &&
        says('PIF_metrics', 'mod', { carrier: false })(all),
      [...changed, 'host mod'],
      kernelSeconds,
    );
  });

  it('takes no tap of a guest for an interface', async () => {
    await ip('tuntap', 'add', 'vnet0', 'mode', 'tap');
    await change(
      'a later change',
      () => ip('link', 'set', 'nic0', 'mtu', '1300'),
      says('PIF', 'mod', { device: 'nic0', MTU: 1300 }),
      changed,
    );
  });

  it('keeps every reference and uuid when the agent starts again, and sees what changed meanwhile', async function () {
    if (space === undefined) skip(this, 'there is no namespace');
    const kept = ['host', 'host_cpu', 'host_metrics', 'PIF', 'PIF_metrics', 'network', 'pool'];
    const identities = async (): Promise<unknown> =>
      Promise.all(
        kept.map(async (name) =>
          Object.entries(await records(name))
            .map(([ref, row]) => `${ref} ${String(row['uuid'])}`)
            .toSorted((a, b) => a.localeCompare(b)),
        ),
      );
    const before = await identities();
    await stopDaemon(daemon);
    await ip('link', 'set', 'lan0', 'name', 'wan0');
    daemon = await startDaemon(space, directory);
    await connect();
    assert.deepEqual(await identities(), before);
    await pif('wan0');
  });

  it('removes what software made when it is gone', async () => {
    events = await new EventStream(api, ['*']).begin();
    await change(
      'gone',
      () => ip('link', 'delete', 'nic0'),
      (all) => all.filter((event) => event.class === 'pif' && event.operation === 'del').length === 2,
      ['PIF del', 'PIF_metrics del', 'network del', 'host mod', 'PIF mod', 'PIF_metrics mod'],
    );
    assert.deepEqual(await records('PIF'), {});
  });
});
