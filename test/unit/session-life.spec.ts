/** Sessions in virtual time: how long they last, and what keeps them. */
import assert from 'node:assert/strict';
import { limits } from '../../src/lib/limits.ts';
import type { ApiClient } from '../lib/api-client.ts';
import { failureOf } from '../lib/failures.ts';
import { vmRecord } from '../lib/records.ts';
import { type SimulatedAgent, startSimulatedAgent } from '../lib/simulated-agent.ts';

const account = { password: 'right', uid: 0, groups: ['root'] };

describe('sessions in virtual time', () => {
  let world: SimulatedAgent;
  let api: ApiClient;

  beforeEach(async () => {
    world = await startSimulatedAgent('sessions', { root: account });
    api = await world.client();
  });

  const call = <T>(client: ApiClient, method: string, ...params: readonly unknown[]): Promise<T> =>
    world.finish(client.call<T>(method, ...params));
  const isOpen = async (client: ApiClient): Promise<boolean> =>
    world.agent.database.get('session', client.session) !== undefined;

  it('end after a day without a call, and not before', async () => {
    const idle = await world.client();
    await world.simulation.run(limits.sessionIdleMs - limits.sessionSweepMs);
    assert.ok(await isOpen(idle));
    await call(api, 'VM.get_all');
    await world.simulation.run(3 * limits.sessionSweepMs);
    assert.equal(await isOpen(idle), false);
    assert.deepEqual(await world.finish(failureOf(idle.call('VM.get_all'))), ['SESSION_INVALID', idle.session]);
    await call(api, 'VM.get_all');
  });

  it('last as long as a task of theirs is pending', async () => {
    const owner = await world.client();
    const appliance = await call<string>(owner, 'VM_appliance.create', { name_label: 'slow', name_description: '' });
    // Between the groups of an appliance the agent waits, here for two days.
    for (const order of [1, 2]) {
      const start_delay = (2 * limits.sessionIdleMs) / 1000;
      await call(owner, 'VM.create', { ...vmRecord(`slow ${order}`), appliance, order, start_delay });
    }
    const task = await call<string>(owner, 'Async.VM_appliance.start', appliance, false);
    const without = await world.client();
    await world.simulation.run(limits.sessionIdleMs + 3 * limits.sessionSweepMs);
    assert.equal(await isOpen(without), false);
    assert.ok(await isOpen(owner));
    assert.equal(world.agent.database.get('task', task)?.status, 'pending');
    await world.simulation.run(limits.sessionIdleMs + 3 * limits.sessionSweepMs);
    assert.notEqual(world.agent.database.get('task', task)?.status, 'pending');
    assert.equal(await isOpen(owner), false);
  });

  it('write down their last call in large steps only', async () => {
    const lastActive = (): string => String(world.agent.database.get('session', api.session)?.last_active);
    const first = lastActive();
    await world.simulation.run(limits.sessionActivityStepMs - 60_000);
    await call(api, 'VM.get_all');
    assert.equal(lastActive(), first);
    await world.simulation.run(120_000);
    await call(api, 'VM.get_all');
    assert.notEqual(lastActive(), first);
  });

  it('do not end early when the clock on the wall jumps', async () => {
    world.host.clockFaults.wallOffsetMs += 10 * limits.sessionIdleMs;
    await world.simulation.run(10 * limits.sessionSweepMs);
    await call(api, 'VM.get_all');
  });

  it('wake who waits within them when they end', async () => {
    const waiting = await world.client();
    const { token } = await call<{ token: string }>(waiting, 'event.from', ['secret'], '', 0);
    const ended = failureOf(waiting.call('event.from', ['vm'], token, 30));
    await world.simulation.run(1000);
    await world.finish(api.raw('session.logout', [waiting.session]));
    assert.deepEqual(await world.finish(ended), ['SESSION_INVALID', waiting.session]);
  });

  it('make room within their own group only', async () => {
    const [first, other] = [await world.client(), await world.client()];
    const named = (await world.finish(first.raw('session.login_with_password', ['root', '', '1', 'a tool']))) as string;
    await world.simulation.run(10);
    await call(other, 'VM.get_all');
    for (let count = 0; count < limits.sessionsPerGroup - 1; count += 1) await world.client();
    assert.equal(await isOpen(first), false, 'the longest unused one of root has gone');
    assert.ok(world.agent.database.get('session', named), 'one with an originator stands in another group');
    assert.ok(await isOpen(other));
  });
});

describe('login throttling in virtual time', () => {
  const wrong = async (world: SimulatedAgent, from: string, user = 'root', password = 'wrong'): Promise<string> =>
    (await world.finish(failureOf(world.remote(from).login(user, password))))[0] ?? '';

  it('refuses an address after too many failures, for a minute, and nobody else', async () => {
    const world = await startSimulatedAgent('throttle', { root: account, other: { ...account } });
    for (let attempt = 0; attempt < limits.loginFailures; attempt += 1) {
      assert.equal(await wrong(world, 'stranger', `nobody${attempt}`), 'SESSION_AUTHENTICATION_FAILED');
    }
    assert.equal(await wrong(world, 'stranger', 'root', 'right'), 'SESSION_AUTHENTICATION_FAILED');
    assert.match((await world.finish(world.remote('friend').login('root', 'right'))).session, /^OpaqueRef:/);
    await world.simulation.run(limits.loginPenaltyMs - 1000);
    assert.equal(await wrong(world, 'stranger', 'root', 'right'), 'SESSION_AUTHENTICATION_FAILED');
    await world.simulation.run(2000);
    assert.match((await world.finish(world.remote('stranger').login('root', 'right'))).session, /^OpaqueRef:/);
  });

  it('refuses those who have failed for an account that many try, and lets them in again later', async () => {
    const world = await startSimulatedAgent('throttle account', { root: account, other: { ...account } });
    for (let attempt = 0; attempt < limits.loginFailures; attempt += 1) await wrong(world, `stranger${attempt}`);
    assert.equal(await wrong(world, 'stranger0', 'root', 'right'), 'SESSION_AUTHENTICATION_FAILED');
    assert.match((await world.finish(world.remote('stranger0').login('other', 'right'))).session, /^OpaqueRef:/);
    assert.equal(await wrong(world, 'stranger1', 'root', 'right'), 'SESSION_AUTHENTICATION_FAILED');
    await world.simulation.run(limits.loginPenaltyMs);
    assert.match((await world.finish(world.remote('stranger1').login('root', 'right'))).session, /^OpaqueRef:/);
  });

  it('forgets failures that are a while ago, few as they were', async () => {
    const world = await startSimulatedAgent('long ago', { root: account });
    for (let attempt = 0; attempt < limits.loginFailures - 1; attempt += 1) {
      await wrong(world, 'forgetful');
      await world.simulation.run(limits.loginPenaltyMs);
    }
    await wrong(world, 'forgetful');
    assert.match((await world.finish(world.remote('forgetful').login('root', 'right'))).session, /^OpaqueRef:/);
  });

  it('forgets failures after a right password', async () => {
    const world = await startSimulatedAgent('forgiven', { root: account });
    for (let round = 0; round < 3; round += 1) {
      for (let attempt = 1; attempt < limits.loginFailures; attempt += 1) await wrong(world, 'typist');
      await world.finish(world.remote('typist').login('root', 'right'));
    }
  });

  it('counts guesses that come at the same time', async () => {
    const world = await startSimulatedAgent('burst', { root: account });
    let asked = 0;
    const real = world.host.programs.get('pamtester');
    world.host.programs.set('pamtester', (run) => {
      asked += 1;
      return { ...(real?.(run) as object), durationMs: 2000 };
    });
    const guesses = Array.from({ length: 30 }, () => failureOf(world.remote('stranger').login('root', 'wrong')));
    await world.finish(Promise.all(guesses));
    assert.ok(asked <= limits.loginFailures + limits.passwordChecksAtOnce, `PAM was asked ${asked} times`);
  });
});
