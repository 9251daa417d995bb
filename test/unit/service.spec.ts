import assert from 'node:assert/strict';
import { limits } from '../../src/lib/limits.ts';
import { describeAgent } from '../../src/service/describe.ts';
import { findFault, type HealthParts } from '../../src/service/health.ts';
import { inheritedDescriptor } from '../../src/service/inherited.ts';
import { ServiceKeeper } from '../../src/service/keeper.ts';
import { createService, unixSocketPaths } from '../../src/world/linux/service.ts';
import type { Service } from '../../src/world/service.ts';
import { createSimulation } from '../../src/world/simulated/simulation.ts';
import type { Log, ProgramResult, Programs } from '../../src/world/world.ts';
import { MemoryJournal } from '../lib/memory-journal.ts';

/** A log that is kept: the events. */
function keptLog(): Log & { readonly events: string[] } {
  const events: string[] = [];
  return { debugOn: true, events, write: (_level, event) => void events.push(event) };
}

/** A host with a service manager, and what keeps that one informed. */
function kept(watchdogMs?: number, managed = true) {
  const simulation = createSimulation(1);
  const host = simulation.host('a');
  Object.assign(host.service, { managed, watchdogMs });
  const state: { fault: string | undefined; status: string } = { fault: undefined, status: 'Serving.' };
  const log = keptLog();
  const keeper = new ServiceKeeper({
    clock: host.world.clock,
    log,
    service: host.world.service,
    findFault: () => Promise.resolve(state.fault),
    describe: () => state.status,
  });
  return { simulation, keeper, state, log, told: host.service.told };
}

describe('the service manager', () => {
  it('hears that the agent is ready and then, twice in the time of the watchdog, that it is alive', async () => {
    const { simulation, keeper, told } = kept(30_000);
    await keeper.ready();
    assert.deepEqual(told.splice(0), [{ state: 'ready', alive: true, status: 'Serving.' }]);
    await simulation.run(61_000);
    assert.deepEqual(
      told,
      Array.from({ length: 4 }, () => ({ alive: true })),
    );
  });

  it('hears nothing from an agent that is not in order but what is wrong, and again when it is well', async () => {
    const { simulation, keeper, state, told, log } = kept(30_000);
    await keeper.ready();
    told.splice(0);
    state.fault = 'the database does not answer';
    await simulation.run(29_000);
    assert.deepEqual(told.splice(0), [{ status: 'Not in order: the database does not answer.' }]);
    state.fault = undefined;
    await simulation.run(4_000);
    assert.deepEqual(told, [{ alive: true, status: 'Serving.' }]);
    assert.deepEqual(log.events, ['health-lost', 'health-regained']);
  });

  it('without a watchdog hears of the status when that changes', async () => {
    const { simulation, keeper, state, told } = kept();
    await keeper.ready();
    told.splice(0);
    await simulation.run(3 * limits.serviceStatusMs);
    state.status = 'Serving 2.';
    await simulation.run(3 * limits.serviceStatusMs);
    assert.deepEqual(told, [{ status: 'Serving 2.' }]);
  });

  it('hears of the beginning and the end of a reload, also of one that fails', async () => {
    const { keeper, told } = kept(30_000);
    const states = () => told.splice(0).map(({ state }) => state);
    await keeper.ready();
    await keeper.reload(async () => undefined);
    assert.deepEqual(states(), ['ready', 'reloading', 'ready']);
    await assert.rejects(
      keeper.reload(() => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.deepEqual(states(), ['reloading', 'ready']);
  });

  it('hears nothing more after it heard of the stop', async () => {
    const { simulation, keeper, told } = kept(30_000);
    await keeper.ready();
    await keeper.stop();
    told.splice(0, 1);
    await simulation.run(100_000);
    await keeper.ready();
    assert.deepEqual(
      told.map(({ state }) => state),
      ['stopping'],
    );
  });

  it('need not be there', async () => {
    const { keeper, told } = kept(undefined, false);
    let worked = false;
    await keeper.ready();
    await keeper.reload(async () => {
      worked = true;
    });
    await keeper.stop();
    assert.ok(worked);
    assert.deepEqual(told, []);
  });
});

describe('the health of an agent', () => {
  async function healthy() {
    const simulation = createSimulation(1);
    const { world } = simulation.host('a');
    const journal = new MemoryJournal();
    const socketPath = '/run/agent';
    const address = { kind: 'unix', path: socketPath, mode: 0o600 } as const;
    const reply = { status: 404, headers: {}, body: '' };
    const listener = await simulation.finish(world.http.listen(address, () => reply));
    const parts: HealthParts = { clock: world.clock, http: world.http, journal, socketPath };
    return { simulation, parts, listener };
  }

  it('is good when the loop turns, the database answers and the socket is served', async () => {
    const { simulation, parts } = await healthy();
    assert.equal(await simulation.finish(findFault(parts)), undefined);
  });

  it('is lost when the database is gone or hangs', async () => {
    const { simulation, parts } = await healthy();
    const gone = { generationCeiling: () => Promise.reject(new Error('its thread has ended')) };
    assert.equal(
      await simulation.finish(findFault({ ...parts, journal: gone })),
      'the database does not answer: its thread has ended',
    );
    const hanging = { generationCeiling: () => new Promise<number>(() => undefined) };
    assert.equal(
      await simulation.finish(findFault({ ...parts, journal: hanging })),
      'the database did not answer within 5000 ms',
    );
  });

  it('is lost when nobody answers on the socket', async () => {
    const { simulation, parts, listener } = await healthy();
    await simulation.finish(listener.close(0));
    assert.match((await simulation.finish(findFault(parts))) ?? '', /^the listener does not answer: /);
  });

  it('is lost when the main loop does not turn', async () => {
    const { simulation, parts } = await healthy();
    let reads = 0;
    const stalled = { ...parts.clock, monotonicMs: () => reads++ * 60_000 };
    assert.equal(
      await simulation.finish(findFault({ ...parts, clock: stalled })),
      'the main loop took 60000 ms for one turn',
    );
  });
});

describe('the sentence on an agent', () => {
  const addresses = ['/run/agent', '127.0.0.1:443'];

  it('says how many are logged in, and where', () => {
    const text = (sessions: number) => describeAgent({ addresses, sessions, notWritable: undefined });
    assert.equal(text(1), 'Serving 1 session on /run/agent, 127.0.0.1:443.');
    assert.equal(text(0), 'Serving 0 sessions on /run/agent, 127.0.0.1:443.');
  });

  it('begins with what is wrong', () => {
    const text = describeAgent({ addresses, sessions: 0, notWritable: 'the disk is full' });
    assert.match(text, /^Nothing can be changed: the disk is full\. Serving /);
  });
});

describe('an inherited socket', () => {
  const serviceWith = (inherited: Service['inherited']): Service => ({
    managed: true,
    watchdogMs: undefined,
    inherited,
    tell: () => Promise.resolve(true),
  });

  it('is taken by its path, whatever its name and place', () => {
    const log = keptLog();
    const inherited = [
      { name: 'a', path: '/run/other', fd: 3 },
      { name: 'b', path: '/run/agent', fd: 4 },
    ];
    assert.deepEqual(inheritedDescriptor(serviceWith(inherited), '/run/agent', log), { fd: 4 });
    assert.deepEqual(log.events, []);
  });

  it('at another path is left alone, and said', () => {
    const log = keptLog();
    const other = serviceWith([{ name: 'a', path: '/run/other', fd: 3 }]);
    assert.deepEqual(inheritedDescriptor(other, '/run/agent', log), {});
    assert.deepEqual(log.events, ['inherited-socket-unused']);
    assert.deepEqual(inheritedDescriptor(serviceWith([]), '/run/agent', log), {});
  });

  it('is found by its inode among those of the kernel that listen', () => {
    const table = [
      'Num       RefCount Protocol Flags    Type St Inode Path',
      '0000000000000000: 00000002 00000000 00010000 0001 01 2001 /run/agent',
      '0000000000000000: 00000003 00000000 00000000 0001 03 2002 /run/agent',
      '0000000000000000: 00000002 00000000 00010000 0001 01 2003 /run/with a space',
      '0000000000000000: 00000002 00000000 00010000 0001 01 2004 @abstract',
      '0000000000000000: 00000003 00000000 00000000 0001 03 2005',
      '',
    ].join('\n');
    assert.deepEqual(
      [...unixSocketPaths(table)],
      [
        [2001, '/run/agent'],
        [2003, '/run/with a space'],
      ],
    );
  });
});

describe('systemd, as the environment shows it', () => {
  type Run = { readonly args: readonly string[]; readonly socket: string | undefined };
  function withPrograms(result: Partial<ProgramResult> | Error) {
    const runs: Run[] = [];
    const done = { exitCode: 0, signal: undefined, timedOut: false, stdout: '', stderr: '', truncated: false };
    const programs: Programs = {
      run: (_program, args, options) => {
        runs.push({ args, socket: options.environment?.['NOTIFY_SOCKET'] });
        return result instanceof Error ? Promise.reject(result) : Promise.resolve({ ...done, ...result });
      },
      follow: () => () => undefined,
    };
    const log = keptLog();
    const service = (environment: Record<string, string>) =>
      createService({ programs, log, limits, environment, pid: 77 });
    return { runs, log, service };
  }

  it('is not there without its socket', async () => {
    const { service, runs } = withPrograms({});
    const none = service({ WATCHDOG_USEC: '1000000' });
    assert.equal(none.managed, false);
    assert.equal(none.watchdogMs, undefined);
    assert.deepEqual(none.inherited, []);
    assert.equal(await none.tell({ state: 'ready' }), false);
    assert.deepEqual(runs, []);
  });

  it('watches this process, and not another one with the same environment', () => {
    const { service } = withPrograms({});
    const socket = { NOTIFY_SOCKET: '/run/notify', WATCHDOG_USEC: '30000000' };
    assert.equal(service(socket).watchdogMs, 30_000);
    assert.equal(service({ ...socket, WATCHDOG_PID: '77' }).watchdogMs, 30_000);
    assert.equal(service({ ...socket, WATCHDOG_PID: '78' }).watchdogMs, undefined);
    assert.equal(service({ ...socket, WATCHDOG_USEC: 'soon' }).watchdogMs, undefined);
  });

  it('leaves alone what was meant for another process, or is no socket', () => {
    const { service } = withPrograms({});
    assert.deepEqual(service({ LISTEN_PID: '78', LISTEN_FDS: '1' }).inherited, []);
    assert.deepEqual(service({ LISTEN_PID: '77', LISTEN_FDS: 'many' }).inherited, []);
    assert.deepEqual(service({ LISTEN_PID: '77', LISTEN_FDS: '1', LISTEN_FDNAMES: 'a' }).inherited, []);
  });

  it('is told by systemd-notify', async () => {
    const { service, runs } = withPrograms({});
    const { tell } = service({ NOTIFY_SOCKET: '/run/notify' });
    assert.equal(await tell({ state: 'ready', alive: true, status: 'Two\nlines.' }), true);
    assert.equal(await tell({ state: 'reloading' }), true);
    assert.equal(await tell({ state: 'stopping' }), true);
    const [ready, reloading, stopping] = runs;
    assert.deepEqual(ready, { args: ['READY=1', 'WATCHDOG=1', 'STATUS=Two lines.'], socket: '/run/notify' });
    assert.equal(reloading?.args[0], 'RELOADING=1');
    assert.match(reloading?.args[1] ?? '', /^MONOTONIC_USEC=\d+$/);
    assert.deepEqual(stopping?.args, ['STOPPING=1']);
  });

  for (const [what, result] of [
    ['fails', { exitCode: 1, stderr: 'no' }],
    ['hangs', { exitCode: undefined, timedOut: true }],
    ['is not installed', new Error('not found')],
  ] as const) {
    it(`is not reached when systemd-notify ${what}, which is said once`, async () => {
      const { service, log } = withPrograms(result);
      const { tell } = service({ NOTIFY_SOCKET: '/run/notify' });
      assert.equal(await tell({ alive: true }), false);
      assert.equal(await tell({ alive: true }), false);
      assert.deepEqual(log.events, ['service-manager-unreachable']);
    });
  }
});
