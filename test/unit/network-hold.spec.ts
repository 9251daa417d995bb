import assert from 'node:assert/strict';
import { Sources } from '../../src/host/inventory/sources.ts';
import { limits } from '../../src/lib/limits.ts';
import { bondFacts } from '../../src/network/bond-settings.ts';
import { Changer, type Outline } from '../../src/network/changer.ts';
import { asPart, type DeviceConfiguration, noIpv4, noIpv6 } from '../../src/network/persistence/device.ts';
import { networkManager } from '../../src/network/persistence/network-manager.ts';
import { planBond } from '../../src/network/plans.ts';
import type { SimulatedHost } from '../../src/world/simulated/host.ts';
import { createSimulation, type Simulation } from '../../src/world/simulated/simulation.ts';
import { KernelTwin } from '../lib/kernel-twin.ts';
import { twinIp } from '../lib/twin-programs.ts';

const holdFile = '/run/systemd/network/00-quorate-hold.network';
const folder = '/etc/systemd/network';
const cards = ['eth0', 'eth1'];
const facts = bondFacts('active-backup', {});
const plain = { mac: '', mtu: 0, vlan: undefined, master: undefined, nameServers: [], ipv4: noIpv4, ipv6: noIpv6 };
const bonded: DeviceConfiguration = { ...plain, name: 'bond0', kind: 'bond', bond: facts };
const parts = cards.map((name): DeviceConfiguration => {
  const card: DeviceConfiguration = { ...plain, name, kind: 'device', bond: undefined };
  return asPart(card, { kind: 'bond', name: 'bond0' });
});
const outline = (kernel: Parameters<Parameters<Changer['carryOut']>[2]>[0]): Outline => ({
  steps: planBond(kernel, { name: 'bond0', mac: '', mtu: 0, facts, bridge: '', members: cards }),
  set: [bonded, ...parts],
  by: 'eth0',
  held: cards,
  cleared: cards,
});

describe('devices that systemd-networkd looks after', () => {
  let simulation: Simulation;
  let host: SimulatedHost;
  let twin: KernelTwin;
  let told: string[];
  let refused: (words: string) => boolean;

  const onHost = <T>(work: () => Promise<T>): Promise<T> => simulation.finish(host.world.clock.sleep(1).then(work));
  const write = (path: string, text: string): Promise<void> => host.world.files.writeAtomic(path, text, 0o644);
  const exists = async (path: string): Promise<boolean> => (await host.world.files.status(path)) !== undefined;
  /** It takes note of its files a moment after it was told to. */
  const reload = (): void => {
    simulation.after(20, () => {
      void (async () => {
        const held = await exists(holdFile);
        for (const [at] of cards.entries()) {
          await write(
            `/run/systemd/netif/links/${at + 1}`,
            held ? 'ADMIN_STATE=unmanaged\n' : `NETWORK_FILE=${folder}/10-lan.network\n`,
          );
        }
      })();
    });
  };

  const fresh = async (): Promise<void> => {
    simulation = createSimulation('hold');
    host = simulation.host('host');
    twin = new KernelTwin();
    for (const [at, name] of cards.entries()) {
      twin.card(name, `02:00:00:00:00:0${at}`);
      twin.run(['ip', 'link', 'set', 'dev', name, 'up']);
    }
    twin.run('ip -4 address add 10.0.0.2/24 dev eth0'.split(' '));
    twin.run('ip -4 route replace default via 10.0.0.1 dev eth0'.split(' '));
    told = [];
    refused = () => false;
    const ip = twinIp(twin, () => undefined);
    host.programs.set('ip', async (run) => {
      const words = run.args.join(' ');
      if (refused(words)) return { exitCode: 2, stderr: 'not today' };
      const answer = await ip(run);
      if (!words.includes('show')) told.push(`ip ${words}`);
      // What it looks after does not stay down.
      const [, name = ''] = /^link set dev (eth\d) down$/.exec(words) ?? [];
      const state = name === '' ? '' : `/run/systemd/netif/links/${cards.indexOf(name) + 1}`;
      const kept =
        state !== '' && new TextDecoder().decode(await host.world.files.read(state, 1000)).includes('NETWORK');
      if (kept) twin.run(['ip', 'link', 'set', 'dev', name, 'up']);
      return answer;
    });
    host.programs.set('systemctl', () => ({
      stdout: 'Id=systemd-networkd.service\nActiveState=active\n\nId=NetworkManager.service\nActiveState=inactive\n',
    }));
    host.programs.set('networkctl', (run) => {
      const words = run.args.join(' ');
      if (refused(words)) return { exitCode: 1, stderr: 'not today' };
      told.push(`networkctl ${words}`);
      if (words === 'reload') reload();
      return {};
    });
    await simulation.finish(
      (async () => {
        for (const path of ['/agent', folder, '/run/systemd/netif/links'])
          await host.world.files.makeDirectory(path, 0o755);
        await write(`${folder}/10-lan.network`, '[Match]\nName=eth*\n[Network]\nDHCP=yes\n');
      })(),
    );
    reload();
    await onHost(() => host.world.clock.sleep(100));
  };
  beforeEach(fresh);

  const bond = (change: (kernel: Parameters<typeof outline>[0]) => Outline): Promise<unknown> => {
    const { world } = host;
    const sources = new Sources({ world, limits });
    const refresh = (): Promise<void> => Promise.resolve();
    // No rows are touched by this.
    const database = {} as never;
    const changer = new Changer({ world, database, sources, directory: '/agent', rollbackMs: 20_000, refresh });
    return onHost(() =>
      changer.carryOut('a test', undefined, change).then(
        () => undefined,
        (thrown: unknown) => thrown,
      ),
    );
  };
  const left = (): Promise<readonly (readonly string[])[]> =>
    onHost(() => Promise.all(['/run/systemd/network', folder, '/agent'].map((path) => host.world.files.list(path))));

  it('are let go for the time that a bond is made', async () => {
    assert.equal(await bond(outline), undefined);
    assert.deepEqual(
      twin.kernel.links.map(({ name, master }) => `${name} ${master}`),
      ['eth0 bond0', 'eth1 bond0', 'bond0 '],
    );
    assert.equal(told[0], 'networkctl reload');
    assert.deepEqual(told.slice(-4), [
      'networkctl reload',
      'networkctl reconfigure bond0',
      'networkctl reconfigure eth0',
      'networkctl reconfigure eth1',
    ]);
    const [hold, files] = await left();
    assert.deepEqual(hold, []);
    assert.deepEqual(files, [
      '05-quorate-bond0.netdev',
      '05-quorate-bond0.network',
      '05-quorate-eth0.network',
      '05-quorate-eth1.network',
      '10-lan.network',
    ]);
  });

  it('could not become parts of a bond otherwise', async () => {
    const thrown = await bond((kernel) => ({ ...outline(kernel), held: [] }));
    assert.match(String(thrown), /ip link set dev eth0 down/);
  });

  it('are as before when it does not follow its new files', async () => {
    const picture = twin.picture;
    const networkctl = host.programs.get('networkctl');
    host.programs.set('networkctl', (run) => {
      // It takes one out again, as if its file said something else.
      if (run.args.join(' ') === 'reconfigure eth1') twin.run(['ip', 'link', 'set', 'dev', 'eth1', 'nomaster']);
      return networkctl?.(run) ?? {};
    });
    assert.match(String(await bond(outline)), /eth1 is in nothing/);
    assert.equal(twin.picture, picture);
    assert.deepEqual(await left(), [[], ['10-lan.network'], []]);
  });

  it('are as before when any command fails', async () => {
    assert.equal(await bond(outline), undefined);
    const commands = told.map((words) => words.replace(/^\w+ /, ''));
    assert.ok(commands.length > 8);
    for (const at of commands.keys()) {
      await fresh();
      const picture = twin.picture;
      let count = 0;
      refused = (words) => !words.includes('show') && count++ === at;
      const thrown = await bond(outline);
      // A bond brings up its parts by itself, so that it does not matter when that fails.
      if (/^link set dev eth\d up$/.test(commands[at] ?? '') && thrown === undefined) continue;
      assert.match(String(thrown), /not today/, commands[at]);
      assert.equal(twin.picture, picture, commands[at]);
      assert.deepEqual(await left(), [[], ['10-lan.network'], []], commands[at]);
      assert.equal(told.at(-1), 'networkctl reload', commands[at]);
    }
  });
});

it('NetworkManager is told device by device', () => {
  const eth0 = { name: 'eth0', index: 2 };
  assert.deepEqual(networkManager.hold([eth0])?.begin, [
    ['nmcli', 'connection', 'reload'],
    ['nmcli', 'device', 'set', 'eth0', 'managed', 'no'],
  ]);
  assert.deepEqual(networkManager.reload([], [eth0]), [
    ['nmcli', 'connection', 'reload'],
    ['nmcli', 'device', 'set', 'eth0', 'managed', 'yes'],
  ]);
  // What is made for parts is there before they are taken up again.
  assert.deepEqual(
    networkManager.reload([bonded, ...parts], [eth0]).map((words) => words.slice(2).join(' ')),
    ['reload', 'up quorate-bond0', 'set eth0 managed yes', 'up quorate-eth1'],
  );
});
