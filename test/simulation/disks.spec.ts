/** Disks that come and go while the agent runs, and an lsblk that lets it down, in virtual time. */
import assert from 'node:assert/strict';
import type { FakeResult } from '../../src/world/simulated/programs.ts';
import type { ApiClient } from '../lib/api-client.ts';
import { type ApiEvent, short } from '../lib/event-stream.ts';
import { type SimulatedAgent, startSimulatedAgent } from '../lib/simulated-agent.ts';

type Rows = Record<string, Record<string, unknown>>;

const device = (name: string, serial: string, more: Readonly<Record<string, unknown>> = {}): object => ({
  name,
  type: 'disk',
  size: 1_000_000,
  model: 'Ultra',
  serial,
  ...more,
});

describe('disks of a running agent', () => {
  let world: SimulatedAgent;
  let api: ApiClient;
  let devices: readonly object[];
  let fault: FakeResult | undefined;
  let tell: ((line: string) => void) | undefined;
  let endTelling: ((reason: string) => void) | undefined;

  /** With a udev that tells of devices, and an agent that looks after what nobody tells every ten seconds. */
  async function begin(seed: string, programs: readonly string[] = ['lsblk', 'udevadm'], figures = '0'): Promise<void> {
    devices = [device('sda', 'S0', { children: [{ name: 'sda1', type: 'part', mountpoint: '/' }] })];
    fault = undefined;
    world = await startSimulatedAgent(
      seed,
      {},
      {
        settings: { 'host-scan-interval': '10', 'host-figures-interval': figures },
        prepare: (host) => {
          host.disk.put('/proc/partitions', 'sda');
          if (programs.includes('lsblk'))
            host.programs.set('lsblk', () => fault ?? { stdout: JSON.stringify({ blockdevices: devices }) });
          if (!programs.includes('udevadm')) return;
          host.disk.put('/run/udev/control', '');
          host.followers.set('udevadm', (_args, print, end) => {
            tell = print;
            endTelling = end;
            return undefined;
          });
        },
      },
    );
    api = await world.client();
    await world.simulation.run(5_000);
  }
  afterEach(() => world.finish(world.agent.stop()));

  const disks = async (): Promise<readonly unknown[]> =>
    Object.values(await world.finish(api.call<Rows>('VDI.get_all_records'))).map((row) => row['name_label']);
  const count = async (name: string): Promise<number> =>
    (await world.finish(api.call<readonly string[]>(`${name}.get_all`))).length;
  const logged = (text: string): number => world.simulation.trace.lines.filter((line) => line.includes(text)).length;

  /** What is told of a change within a second of virtual time, sorted. */
  async function toldOf(change: () => void): Promise<readonly string[]> {
    const classes = ['SR', 'PBD', 'SM', 'VDI'];
    const from = (token: string, seconds: number): Promise<{ events: ApiEvent[]; token: string }> =>
      world.finish(api.call('event.from', classes, token, seconds));
    const { token } = await from('', 0.1);
    change();
    await world.simulation.run(1_000);
    return (await from(token, 0.1)).events.map(short).toSorted();
  }

  const udev = (action: string, name: string): void => {
    tell?.(`UDEV  [77.1] ${action}   /devices/pci0000:00/usb1/block/${name} (block)`);
  };

  it('are told within a second when udev tells of them, and nothing else is', async () => {
    await begin('plugged in');
    assert.deepEqual([await count('SR'), await count('PBD'), await disks()], [1, 1, []]);
    assert.deepEqual(
      await toldOf(() => {
        devices = [...devices, device('sdb', 'S1')];
        udev('add', 'sdb');
      }),
      ['sr mod', 'vdi add'],
    );
    assert.deepEqual(await disks(), ['Ultra S1']);
    const [before] = Object.keys(await world.finish(api.call<Rows>('VDI.get_all_records')));
    assert.deepEqual(await toldOf(() => udev('change', 'sdb')), []);
    const away = devices;
    assert.deepEqual(
      await toldOf(() => {
        devices = devices.slice(0, 1);
        udev('remove', 'sdb');
      }),
      ['sr mod', 'vdi del'],
    );
    await toldOf(() => {
      devices = away;
      udev('add', 'sdb');
    });
    assert.deepEqual(Object.keys(await world.finish(api.call<Rows>('VDI.get_all_records'))), [before]);
  });

  const uses: readonly (readonly [string, string, string])[] = [
    ['mounts', '/proc/self/mounts', '/dev/sda1 / ext4 rw 0 0\n/dev/sdb /mnt ext4 rw 0 0\n'],
    ['swaps to', '/proc/swaps', 'Filename\t\tType\t\tSize\n/dev/sdb   partition\t1024\n'],
    ['makes something of', '/proc/partitions', 'sda\nsdb\ndm-0\n'],
  ];
  for (const [what, path, text] of uses) {
    it(`leave the repository when the host ${what} them, which nobody tells`, async () => {
      await begin(what);
      world.host.disk.put('/proc/swaps', 'Filename\t\tType\t\tSize\n');
      world.host.disk.put('/proc/self/mounts', '/dev/sda1 / ext4 rw 0 0\n');
      world.host.disk.put('/proc/partitions', 'sda\nsdb\n');
      await toldOf(() => {
        devices = [...devices, device('sdb', 'S1')];
        udev('add', 'sdb');
      });
      await world.simulation.run(12_000);
      assert.deepEqual(await disks(), ['Ultra S1']);
      devices = [...devices.slice(0, 1), device('sdb', 'S1', { mountpoint: '/mnt' })];
      await world.simulation.run(12_000);
      assert.deepEqual(await disks(), ['Ultra S1'], 'nobody looks without a reason');
      world.host.disk.put(path, text);
      await world.simulation.run(12_000);
      assert.deepEqual(await disks(), []);
    });
  }

  it('are looked for every second where there is no udev', async () => {
    await begin('no udev', ['lsblk'], '1');
    devices = [...devices, device('sdb', 'S1')];
    world.host.disk.put('/proc/partitions', 'sda sdb');
    await world.simulation.run(2_000);
    assert.deepEqual(await disks(), ['Ultra S1']);
  });

  it('are looked at anew when who tells of them has ended', async () => {
    await begin('udev ends');
    devices = [...devices, device('sdb', 'S1')];
    endTelling?.('it was killed');
    await world.simulation.run(3_000);
    assert.deepEqual(await disks(), ['Ultra S1']);
  });

  const faults: readonly (readonly [string, FakeResult, string])[] = [
    ['hangs', { durationMs: 3_600_000 }, 'it did not end within 3000 ms'],
    ['prints garbage', { stdout: '\u0000<html>' }, 'its output is not understood'],
    ['prints something else', { stdout: '{"blockdevices": 7}' }, 'its output is not understood'],
    ['fails', { exitCode: 32, stderr: 'unknown column' }, 'it ended with 32'],
    ['is killed', { signal: 'SIGKILL' }, 'it ended with SIGKILL'],
  ];
  for (const [what, result, sentence] of faults) {
    it(`stay as they were while lsblk ${what}, which is said once, and are right again afterwards`, async () => {
      await begin(`lsblk ${what}`);
      devices = [...devices, device('sdb', 'S1')];
      await toldOf(() => udev('add', 'sdb'));
      fault = result;
      devices = [...devices.slice(0, 1), device('sdc', 'S2')];
      udev('add', 'sdc');
      await world.simulation.run(60_000);
      assert.deepEqual(await disks(), ['Ultra S1']);
      assert.equal(logged(`inventory-source-lost`), 1 + logged('What "ip') + logged('What "/proc'));
      assert.equal(logged(sentence), 1);
      fault = undefined;
      await world.simulation.run(15_000);
      assert.deepEqual(await disks(), ['Ultra S2']);
      assert.equal(logged('inventory-source-back'), 1);
    });
  }

  it('are in no repository where there is no lsblk, until it is installed', async () => {
    await begin('no lsblk', ['udevadm']);
    assert.deepEqual([await count('SR'), await count('SM')], [0, 0]);
    assert.equal(logged('it is not installed'), 1 + logged('What "ip'));
    world.host.programs.set('lsblk', () => ({ stdout: JSON.stringify({ blockdevices: devices }) }));
    await world.simulation.run(15_000);
    assert.deepEqual([await count('SR'), await count('SM')], [1, 1]);
  });

  it('keep everything over a restart of the agent', async () => {
    await begin('restart');
    await toldOf(() => {
      devices = [...devices, device('sdb', 'S1')];
      udev('add', 'sdb');
    });
    const all = async (): Promise<unknown> =>
      Promise.all(['SR', 'PBD', 'SM', 'VDI'].map((name) => world.finish(api.call<Rows>(`${name}.get_all_records`))));
    const before = await all();
    world = await world.restart();
    api = await world.client();
    await world.simulation.run(5_000);
    assert.deepEqual(await all(), before);
  });
});
