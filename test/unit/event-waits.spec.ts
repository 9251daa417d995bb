/** Waiting for events in virtual time: who is woken when, what was lost, and how many may wait. */
import assert from 'node:assert/strict';
import type { Session } from '../../src/api/call.ts';
import { limits } from '../../src/lib/limits.ts';
import { Timings } from '../../src/lib/timings.ts';
import { EventHub } from '../../src/rpc/events.ts';
import { formatToken } from '../../src/rpc/subscription.ts';
import type { ApiClient } from '../lib/api-client.ts';
import { CallFailed } from '../lib/api-client.ts';
import { datamodel, testDatabase } from '../lib/database.ts';
import { failureOf } from '../lib/failures.ts';
import { vmRecord } from '../lib/records.ts';
import { type SimulatedAgent, startSimulatedAgent } from '../lib/simulated-agent.ts';

interface Batch {
  readonly events: readonly { readonly ref: string; readonly operation: string }[];
  readonly token: string;
}

describe('waiting for events in virtual time', () => {
  let world: SimulatedAgent;
  let api: ApiClient;
  let token: string;

  beforeEach(async () => {
    world = await startSimulatedAgent('events');
    api = await world.client();
    ({ token } = await world.finish(api.call<Batch>('event.from', ['secret'], '', 0)));
  });

  const from = (classes: readonly string[], since: string, seconds: number): Promise<Batch> =>
    api.call<Batch>('event.from', classes, since, seconds);

  it('ends at once when something happens, and not before', async () => {
    const begun = world.simulation.nowMs;
    let answeredMs = 0;
    const waiting = from(['VM'], token, 30).finally(() => (answeredMs = world.simulation.nowMs));
    await world.simulation.run(10_000);
    await world.finish(api.call('task.create', 'of another class', ''));
    await world.simulation.run(5_000);
    assert.equal(answeredMs, 0);
    const created = world.simulation.nowMs;
    const vm = await world.finish(api.call<string>('VM.create', vmRecord('x')));
    const { events } = await world.finish(waiting);
    assert.deepEqual(
      events.map(({ ref, operation }) => [ref, operation]),
      [[vm, 'add']],
    );
    assert.ok(answeredMs - created < 50, `answered ${answeredMs - created} ms after the change`);
    assert.ok(answeredMs - begun > 15_000);
  });

  it('ends when the time is up, with a token that has moved on', async () => {
    const begun = world.simulation.nowMs;
    const waiting = from(['VM'], token, 20);
    await world.simulation.run(1000);
    await world.finish(api.call('task.create', 'of another class', ''));
    const batch = await world.finish(waiting);
    assert.deepEqual(batch.events, []);
    assert.ok(batch.token > token);
    const tookMs = world.simulation.nowMs - begun;
    assert.ok(tookMs >= 20_000 && tookMs < 20_100, `${tookMs} ms`);
  });

  it('tells who comes too late that events were lost, and remembers the rest', async () => {
    const { database } = world.agent;
    const [pool = ''] = database.refs('pool');
    const touch = (): unknown => database.transaction((tx) => tx.touch('pool', pool));
    touch();
    const { token: remembered } = await world.finish(from(['pool'], token, 0));
    for (let count = 0; count < limits.rememberedCommits - 10; count += 1) touch();
    assert.equal((await world.finish(from(['pool'], remembered, 0))).events.length, 1);
    for (let count = 0; count < 20; count += 1) touch();
    assert.deepEqual(await world.finish(failureOf(from(['pool'], remembered, 0))), ['EVENTS_LOST']);
    const { token: now, events } = await world.finish(from(['pool'], '', 0));
    assert.equal(events.length, 1);
    touch();
    assert.equal((await world.finish(from(['pool'], now, 0))).events.length, 1);
  });

  it('tells the first generation of clients too that events were lost, once they come back', async () => {
    const { database } = world.agent;
    const [pool = ''] = database.refs('pool');
    await world.finish(api.call('event.register', ['pool']));
    for (let count = 0; count < limits.rememberedCommits + 10; count += 1) {
      database.transaction((tx) => tx.touch('pool', pool));
    }
    assert.deepEqual(await world.finish(failureOf(api.call('event.next'))), ['EVENTS_LOST']);
    assert.deepEqual(await world.finish(failureOf(api.call('event.next'))), ['SESSION_NOT_REGISTERED', api.session]);
    await world.finish(api.call('event.register', ['pool']));
    const next = api.call<Batch['events']>('event.next');
    database.transaction((tx) => tx.touch('pool', pool));
    assert.equal((await world.finish(next)).length, 1);
  });

  it('is refused to one session that waits too often', async () => {
    const outcomes: string[] = [];
    const wait = (client: ApiClient): void => {
      client.call<Batch>('event.from', ['VM'], token, 30).then(
        ({ events }) => outcomes.push(`${events.length} events`),
        (thrown: unknown) => outcomes.push(thrown instanceof CallFailed ? thrown.code : String(thrown)),
      );
    };
    for (let count = 0; count < limits.eventWaitersPerSession + 5; count += 1) wait(api);
    await world.simulation.run(1000);
    assert.deepEqual(
      outcomes,
      Array.from({ length: 5 }, () => 'TOO_BUSY'),
    );
    await world.finish(api.call('VM.create', vmRecord('x')));
    await world.simulation.run(1000);
    assert.equal(outcomes.filter((outcome) => outcome === '1 events').length, limits.eventWaitersPerSession);
    // Whoever has been answered may wait again.
    outcomes.length = 0;
    ({ token } = await world.finish(from(['secret'], '', 0)));
    for (let count = 0; count < limits.eventWaitersPerSession; count += 1) wait(api);
    await world.simulation.run(40_000);
    assert.deepEqual(new Set(outcomes), new Set(['0 events']));
    assert.equal(outcomes.length, limits.eventWaitersPerSession);
  });

  it('is refused to everybody when too many wait, until some have been answered', async () => {
    const { database } = await testDatabase();
    const hub = new EventHub({ world: world.host.world, database, datamodel, timings: new Timings() });
    const now = formatToken(database.generation);
    const wait = (number: number, seconds: number): unknown =>
      hub.from(sessionOf(`session ${number}`), ['vm'], now, seconds, () => new AbortController().signal);
    const waits = Array.from({ length: limits.eventWaiters }, (_, number) =>
      wait(Math.floor(number / 50), 10 + number),
    );
    assert.equal(hub.waiting, limits.eventWaiters);
    await assert.rejects(Promise.resolve(wait(9999, 10)), { code: 'TOO_BUSY' });
    await world.simulation.run(10_500);
    assert.equal(hub.waiting, limits.eventWaiters - 1);
    void wait(9999, 10);
    assert.equal(hub.waiting, limits.eventWaiters);
    database.transaction((tx) => tx.create('VM', { name_label: 'x' }));
    await Promise.all(waits);
    assert.equal(hub.waiting, 0);
    hub.close();
  });
});

function sessionOf(ref: string): Session {
  return {
    ref,
    kind: 'user',
    userName: 'root',
    originator: '',
    superuser: true,
    role: 'pool-admin',
    subjectIdentifier: '',
    signal: new AbortController().signal,
  };
}
