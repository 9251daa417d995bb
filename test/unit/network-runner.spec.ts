import assert from 'node:assert/strict';
import { Sources } from '../../src/host/inventory/sources.ts';
import { limits } from '../../src/lib/limits.ts';
import type { Step } from '../../src/network/actions.ts';
import { ChangeFailed } from '../../src/network/change-failed.ts';
import { type Kernel, readKernel } from '../../src/network/kernel.ts';
import { planAddress, planAttach } from '../../src/network/plans.ts';
import { ChangeRunner, type NetworkChange } from '../../src/network/runner.ts';
import type { SimulatedHost } from '../../src/world/simulated/host.ts';
import { createSimulation, type Simulation } from '../../src/world/simulated/simulation.ts';
import { KernelTwin } from '../lib/kernel-twin.ts';
import { twinIp } from '../lib/twin-programs.ts';

const file = '/etc/quorate-test';

describe('a change of the network', () => {
  let simulation: Simulation;
  let host: SimulatedHost;
  let twin: KernelTwin;
  /** Commands that changed something, and what happens before one of them. */
  let told: string[];
  let before: (words: string) => void;

  beforeEach(async () => {
    simulation = createSimulation('network');
    host = simulation.host('host');
    twin = new KernelTwin();
    twin.card('eth0', '02:00:00:00:00:01');
    for (const words of [
      'ip link set dev eth0 up',
      'ip -4 address add 10.0.0.2/24 dev eth0',
      'ip -4 route replace default via 10.0.0.1 dev eth0',
    ])
      twin.run(words.split(' '));
    twin.neighbours.add('10.0.0.1');
    told = [];
    before = () => undefined;
    host.programs.set(
      'ip',
      twinIp(twin, (words) => {
        before(words);
        told.push(words);
      }),
    );
    await simulation.finish(host.world.files.makeDirectory('/agent', 0o700));
    await simulation.finish(host.world.files.makeDirectory('/etc', 0o755));
    await simulation.finish(host.world.files.writeAtomic(file, 'before', 0o644));
  });

  const runnerOn = (): ChangeRunner => {
    const { world } = host;
    const sources = new Sources({ world, limits });
    return new ChangeRunner({ world, sources, directory: '/agent', rollbackMs: 20_000 });
  };
  const text = async (path: string): Promise<string> =>
    new TextDecoder().decode(await simulation.finish(host.world.files.read(path, 1000)));
  const written: Step = {
    action: { act: 'write-file', path: file, contents: 'after', mode: 0o644 },
    undo: { act: 'write-file', path: file, contents: 'before', mode: 0o644 },
  };
  /** Work on the host. The first step of time comes after what is ready at once. */
  const onHost = <T>(work: () => Promise<T>): Promise<T> => simulation.finish(host.world.clock.sleep(1).then(work));
  const kernelNow = async (): Promise<Kernel> => {
    const kernel = await onHost(() => readKernel(new Sources({ world: host.world, limits })));
    assert.ok(kernel !== undefined);
    return kernel;
  };
  /** The management address moves to a bridge; `gateway` is asked. */
  const move = async (gateway: string): Promise<NetworkChange> => {
    const kernel = await kernelNow();
    return {
      why: 'a test wants it',
      steps: planAttach(kernel, { bridge: 'br0', mtu: 0, ports: ['eth0'] }),
      lasting: [written],
      settled: [],
      reachable: { device: 'br0', address: '10.0.0.2/24', gateway },
    };
  };
  const changing = async (gateway: string): Promise<() => Promise<void>> => {
    const change = await move(gateway);
    return () => runnerOn().run(change);
  };
  const failure = async (change: NetworkChange): Promise<string> => {
    const thrown = await onHost(() =>
      runnerOn()
        .run(change)
        .then(
          () => undefined,
          (error: unknown) => error,
        ),
    );
    assert.ok(thrown instanceof ChangeFailed, String(thrown));
    return thrown.message;
  };
  const nothingKept = async (): Promise<void> => {
    assert.deepEqual(await simulation.finish(host.world.files.list('/agent')), []);
  };

  it('stays when the host is reachable afterwards', async () => {
    await onHost(await changing('10.0.0.1'));
    assert.equal(twin.kernel.links.find(({ name }) => name === 'br0')?.addresses[0]?.local, '10.0.0.2');
    assert.equal(await text(file), 'after');
    await nothingKept();
  });

  it('is taken back when nobody answers until the deadline, and not before', async () => {
    const picture = twin.picture;
    const change = await move('10.0.0.1');
    before = (words) => {
      if (words.startsWith('link add')) twin.neighbours.clear();
    };
    const startMs = simulation.nowMs;
    assert.equal(await failure(change), 'the gateway 10.0.0.1 does not answer over br0');
    assert.ok(simulation.nowMs - startMs >= 20_000);
    assert.equal(twin.picture, picture);
    assert.equal(await text(file), 'before');
    await nothingKept();
  });

  it('does not ask a gateway that was silent before', async () => {
    twin.neighbours.clear();
    await onHost(await changing('10.0.0.1'));
    assert.equal(await text(file), 'after');
  });

  it('waits for a gateway that takes its time', async () => {
    const change = await move('10.0.0.1');
    before = (words) => {
      if (!words.startsWith('link add')) return;
      twin.neighbours.clear();
      simulation.after(8_000, () => twin.neighbours.add('10.0.0.1'));
    };
    await onHost(() => runnerOn().run(change));
    assert.equal(await text(file), 'after');
  });

  it('is taken back when the device has no address, or another one', async () => {
    const kernel = await kernelNow();
    const wanted = { mode: 'Static', address: '10.0.0.3/24', gateway: '', metric: 0 } as const;
    const picture = twin.picture;
    const reachable = { device: 'eth0', address: '10.0.0.4/24', gateway: '' };
    const change = { why: 'a test', steps: planAddress(kernel, 'eth0', wanted), lasting: [], settled: [], reachable };
    assert.equal(await failure(change), 'eth0 does not have the address 10.0.0.4/24');
    assert.equal(twin.picture, picture);
  });

  it('is taken back when a step fails, whichever, and says what the tool said', async () => {
    const picture = twin.picture;
    const change = await move('10.0.0.1');
    for (const step of change.steps.keys()) {
      let count = 0;
      before = (words) => {
        if (words.startsWith('neighbour')) return;
        if (count++ === step) throw new Error('never mind');
      };
      const refusing = host.programs.get('ip');
      assert.ok(refusing !== undefined);
      host.programs.set('ip', async (run) => {
        try {
          return await refusing(run);
        } catch {
          return { exitCode: 2, stderr: 'RTNETLINK answers: not today' };
        }
      });
      assert.match(await failure(change), /^ip .*: RTNETLINK answers: not today$/);
      assert.equal(twin.picture, picture);
      assert.equal(await text(file), 'before');
      await nothingKept();
    }
  });

  it('is taken back by the next agent when one died in the middle, at any step', async () => {
    const picture = twin.picture;
    const change = await move('10.0.0.1');
    for (const step of change.steps.keys()) {
      let count = 0;
      before = (words) => {
        if (!words.startsWith('neighbour') && count++ === step) host.kill();
      };
      void runnerOn().run(change);
      await simulation.until('the agent dies', () => !host.alive, 60_000);
      before = () => undefined;
      host.restart();
      await onHost(() => runnerOn().recover());
      assert.equal(twin.picture, picture);
      await nothingKept();
    }
  });

  it('of which only files are left after a restart of the machine has only those taken back', async () => {
    let boot = 'first';
    const bootId = '/proc/sys/kernel/random/boot_id';
    const setBoot = async (): Promise<void> => {
      await simulation.finish(host.world.files.makeDirectory('/proc/sys/kernel/random', 0o755));
      await simulation.finish(host.world.files.writeAtomic(bootId, boot, 0o444));
    };
    await setBoot();
    const change = await move('10.0.0.1');
    before = (words) => {
      if (words.startsWith('neighbour') || !words.startsWith('link set dev br0')) return;
      host.kill();
    };
    void runnerOn().run(change);
    await simulation.until('the agent dies', () => !host.alive, 60_000);
    host.restart();
    boot = 'second';
    await setBoot();
    await simulation.finish(host.world.files.writeAtomic(file, 'after', 0o644));
    told = [];
    await onHost(() => runnerOn().recover());
    assert.deepEqual(told, []);
    assert.equal(await text(file), 'before');
  });

  it('that left something which cannot be understood is told of once', async () => {
    await simulation.finish(
      host.world.files.writeAtomic('/agent/network-undo.json', '{"actions":[{"act":"rm -rf"}]}', 0o600),
    );
    await onHost(() => runnerOn().recover());
    assert.deepEqual(told, []);
    await nothingKept();
  });
});
