import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProgramResult } from '../../src/world/world.ts';
import { type FakeProgram, startTestAgent, type TestAgent } from '../lib/agent.ts';
import type { ApiClient } from '../lib/api-client.ts';
import { FakeBus } from '../lib/fake-bus.ts';
import { until } from '../lib/virtual-host.ts';

const login1 = 'org.freedesktop.login1';

/** Holds the lock until it is told to let go. */
class Inhibitor {
  held = 0;
  taken = 0;
  readonly program: FakeProgram = async (args, _input, signal) => {
    assert.ok(args.includes('systemd-inhibit'));
    this.taken += 1;
    this.held += 1;
    await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));
    this.held -= 1;
    return { exitCode: undefined, signal: 'SIGTERM' };
  };
}

function logind(inhibitor: Inhibitor, changes: Record<string, () => readonly unknown[]> = {}): FakeBus {
  return new FakeBus({
    'org.freedesktop.DBus.Properties.Get': ([, name]) => [name === 'InhibitDelayMaxUSec' ? 5_000_000 : false],
    [`${login1}.Manager.ListInhibitors`]: () => [
      inhibitor.held > 0 ? [['shutdown', 'quorate', 'because', 'delay', 0, 1]] : [],
    ],
    [`${login1}.Manager.PowerOff`]: () => [],
    [`${login1}.Manager.Reboot`]: () => [],
    ...changes,
  });
}

function prepare(bus: FakeBus, goingDown: boolean): void {
  const heard = bus.emit(login1, {
    path: '/org/freedesktop/login1',
    interface: `${login1}.Manager`,
    member: 'PrepareForShutdown',
    args: [goingDown],
  });
  assert.equal(heard, 1);
}

describe('power of the host', () => {
  let agent: TestAgent;
  let client: ApiClient;
  let host: string;
  let bus: FakeBus;
  let inhibitor: Inhibitor;
  const systemctl: string[] = [];
  let systemctlAnswer: Partial<ProgramResult>;

  const begin = async (useBus: FakeBus | undefined): Promise<void> => {
    systemctl.length = 0;
    systemctlAnswer = {};
    agent = await startTestAgent({
      ...(useBus === undefined ? {} : { bus: useBus }),
      programs: {
        setpriv: inhibitor.program,
        systemctl: (args) => {
          systemctl.push(args.join(' '));
          return systemctlAnswer;
        },
      },
    });
    client = await agent.client();
    [host = ''] = await client.call<string[]>('host.get_all');
  };
  beforeEach(() => {
    inhibitor = new Inhibitor();
    bus = logind(inhibitor);
  });
  afterEach(async () => {
    await agent.remove();
    assert.equal(inhibitor.held, 0, 'the lock is let go at the end');
  });

  const allowed = (): Promise<string[]> => client.call('host.get_allowed_operations', host);
  const live = async (): Promise<boolean> => {
    const metrics = await client.call<string>('host.get_metrics', host);
    return client.call('host_metrics.get_live', metrics);
  };
  const fails = (work: Promise<unknown>, ...description: readonly string[]): Promise<void> =>
    assert.rejects(work, (thrown) => {
      assert.deepEqual((thrown as { description?: unknown }).description, description);
      return true;
    });
  const powerCalls = (): string[] => bus.calls.filter((call) => /PowerOff|Reboot/.test(call));

  it('permits what the state permits, and refuses the rest', async () => {
    await begin(bus);
    assert.deepEqual(await allowed(), [
      'provision',
      'evacuate',
      'vm_start',
      'vm_resume',
      'vm_migrate',
      'apply_updates',
      'enable',
    ]);
    await fails(client.call('host.shutdown', host), 'HOST_NOT_DISABLED');
    await fails(client.call('host.reboot', host), 'HOST_NOT_DISABLED');
    await client.call('host.disable', host);
    assert.equal(await client.call('host.get_enabled', host), false);
    assert.deepEqual(await allowed(), ['evacuate', 'shutdown', 'reboot', 'apply_updates', 'enable']);
    await client.call('host.enable', host);
    assert.equal(await client.call('host.get_enabled', host), true);
    await fails(client.call('host.reboot', host), 'HOST_NOT_DISABLED');
    assert.deepEqual(powerCalls(), []);
  });

  it('reboots and powers off through logind, after ending cleanly', async () => {
    await begin(bus);
    await client.call('host.disable', host);
    await client.call('host.reboot', host);
    assert.deepEqual(powerCalls(), [`${login1}.Manager.Reboot(false)`]);
    assert.equal(await live(), false);
    assert.deepEqual(await allowed(), []);
    await fails(client.call('host.shutdown', host), 'HOST_OFFLINE', host);
    // Somebody prevents it after all.
    prepare(bus, false);
    await until('the host is live again', live);
    await client.call('host.shutdown', host);
    assert.deepEqual(powerCalls().slice(1), [`${login1}.Manager.PowerOff(false)`]);
    assert.deepEqual(systemctl, []);
  });

  it('asks systemd where there is no D-Bus', async () => {
    await begin(undefined);
    await client.call('host.disable', host);
    await client.call('host.shutdown', host);
    assert.deepEqual(systemctl, ['--no-wall --no-block poweroff']);
  });

  it('takes everything back when nobody can be asked', async () => {
    await begin(undefined);
    systemctlAnswer = { exitCode: 1, stderr: 'System has not been booted with systemd as init system' };
    await client.call('host.disable', host);
    await fails(
      client.call('host.reboot', host),
      'INTERNAL_ERROR',
      'systemctl reboot failed: System has not been booted with systemd as init system',
    );
    assert.equal(await live(), true);
    assert.ok((await allowed()).includes('reboot'));
  });

  it('says why logind refuses, and goes on', async () => {
    const { BusError } = await import('../../src/world/world.ts');
    const refuse = (): never => {
      const name = `${login1}.BlockedByInhibitorLock`;
      throw new BusError('error', 'Reboot', 'Operation denied due to active block inhibitor', name);
    };
    bus = logind(inhibitor, { [`${login1}.Manager.Reboot`]: refuse });
    await begin(bus);
    await client.call('host.disable', host);
    await assert.rejects(client.call('host.reboot', host), /OPERATION_NOT_ALLOWED.*active block inhibitor/);
    assert.equal(await live(), true);
    assert.deepEqual(await client.call('host.get_current_operations', host), {});
  });

  it('runs one of them at a time, under its task', async () => {
    const gate = Promise.withResolvers<readonly unknown[]>();
    bus = new FakeBus({
      'org.freedesktop.DBus.Properties.Get': () => [false],
      [`${login1}.Manager.Reboot`]: () => gate.promise,
    });
    await begin(bus);
    await client.call('host.disable', host);
    const task = await client.call<string>('Async.host.reboot', host);
    await until('logind is asked', () => powerCalls().length === 1);
    assert.deepEqual(await client.call('host.get_current_operations', host), { [task]: 'reboot' });
    assert.deepEqual(await allowed(), []);
    for (const operation of ['shutdown', 'reboot', 'enable']) {
      await fails(client.call(`host.${operation}`, host), 'OTHER_OPERATION_IN_PROGRESS', 'host', host, 'reboot', task);
    }
    gate.resolve([]);
    await until('the task ends', async () => (await client.call('task.get_status', task)) === 'success');
    assert.deepEqual(await client.call('host.get_current_operations', host), {});
  });

  it('holds a lock, and ends cleanly when somebody else sends the machine down', async () => {
    await begin(bus);
    await until('the lock is held', () => inhibitor.held === 1);
    prepare(bus, true);
    await until('the lock is let go', () => inhibitor.held === 0);
    assert.equal(await live(), false);
    prepare(bus, false);
    await until('the lock is held again', () => inhibitor.held === 1);
    assert.equal(await live(), true);
    assert.equal(inhibitor.taken, 2);
  });

  it('takes the lock when D-Bus comes, and only once', async () => {
    bus.connect(false);
    await begin(bus);
    assert.equal(inhibitor.taken, 0);
    bus.connect(true);
    await until('the lock is held', () => inhibitor.held === 1);
    bus.connect(false);
    bus.connect(true);
    await sleep(50);
    assert.equal(inhibitor.taken, 1);
  });

  it('stays disabled over a restart of the agent', async () => {
    await begin(bus);
    await client.call('host.disable', host, true);
    agent = await agent.restart();
    client = await agent.client();
    assert.equal(await client.call('host.get_enabled', host), false);
    assert.ok((await allowed()).includes('reboot'));
  });

  it('can be emptied while nothing runs on it, and takes no licence', async () => {
    await begin(bus);
    await client.call('host.assert_can_evacuate', host);
    await client.call('host.evacuate', host);
    assert.equal(await client.call('host.get_enabled', host), true);
    await fails(client.call('host.license_apply', host, 'text'), 'MESSAGE_REMOVED');
  });
});
