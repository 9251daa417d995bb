import assert from 'node:assert/strict';
import { startTestAgent, type TestAgent } from '../lib/agent.ts';
import { type ApiClient, CallFailed } from '../lib/api-client.ts';
import { failureOf } from '../lib/failures.ts';
import { vmRecord } from '../lib/records.ts';

interface Event {
  readonly id: string;
  readonly timestamp: string;
  readonly class: string;
  readonly operation: string;
  readonly ref: string;
  readonly snapshot?: Record<string, unknown>;
}

interface Batch {
  readonly events: readonly Event[];
  readonly token: string;
  readonly valid_ref_counts: Readonly<Record<string, number>>;
}

describe('events over the API', () => {
  let host: TestAgent;
  let api: ApiClient;

  before(async () => {
    host = await startTestAgent();
    api = await host.client();
  });
  after(() => host.remove());

  const from = (classes: readonly string[], token: string, timeout: number): Promise<Batch> =>
    api.call<Batch>('event.from', classes, token, timeout);

  /** A token from now on. */
  const now = async (classes: readonly string[]): Promise<string> => (await from(classes, '', 0)).token;

  it('tells everything that there is to who begins without a token', async () => {
    const batch = await from(['Host', 'pool'], '', 0);
    assert.deepEqual(batch.events.map((event) => event.class).toSorted(), ['host', 'pool']);
    for (const event of batch.events) {
      assert.equal(event.operation, 'add');
      assert.equal(event.timestamp, '0.0');
      assert.ok(event.snapshot?.['uuid']);
    }
    assert.match(batch.token, /^\d{20},\d{20}$/);
    assert.deepEqual(batch.valid_ref_counts, { host: 1, pool: 1 });
  });

  it('wakes a waiting subscriber with the change, the object whole', async () => {
    const vm = await api.call<string>('VM.create', vmRecord('watched'));
    const token = await now(['VM']);
    const waiting = from(['VM'], token, 30);
    await api.call('VM.set_name_label', vm, 'renamed');
    const { events } = await waiting;
    assert.equal(events.length, 1);
    assert.deepEqual([events[0]?.class, events[0]?.operation, events[0]?.ref], ['vm', 'mod', vm]);
    assert.deepEqual(events[0]?.snapshot, await api.call('VM.get_record', vm));
    await api.call('VM.destroy', vm);
  });

  it('makes one event of many changes, and none of what came and went', async () => {
    const token = await now(['VM']);
    const kept = await api.call<string>('VM.create', vmRecord('kept'));
    await api.call('VM.set_name_label', kept, 'kept on');
    const gone = await api.call<string>('VM.create', vmRecord('gone'));
    await api.call('VM.destroy', gone);
    const first = await from(['VM'], token, 0);
    assert.deepEqual(
      first.events.map((event) => [event.operation, event.ref]),
      [['add', kept]],
    );
    assert.equal(first.events[0]?.snapshot?.['name_label'], 'kept on');
    await api.call('VM.destroy', kept);
    const second = await from(['VM'], first.token, 0);
    assert.deepEqual(
      second.events.map((event) => [event.operation, event.ref]),
      [['del', kept]],
    );
    assert.ok(!('snapshot' in (second.events[0] ?? {})));
    assert.deepEqual((await from(['VM'], token, 0)).events, []);
  });

  it('tells of both ends of a relation', async () => {
    const vm = await api.call<string>('VM.create', vmRecord('ends'));
    const token = await now(['*']);
    const device = { device: '0', network: 'OpaqueRef:NULL', VM: vm, MAC: '', MTU: 1500, other_config: {} };
    const network = await api.call<string>('network.create', {
      name_label: 'n',
      name_description: '',
      MTU: 1500,
      other_config: {},
      bridge: '',
      managed: true,
      tags: [],
    });
    const vif = await api.call<string>('VIF.create', {
      ...device,
      network,
      qos_algorithm_type: '',
      qos_algorithm_params: {},
    });
    const { events } = await from(['VIF', 'VM', 'network'], token, 0);
    const told = events.map((event) => `${event.operation} ${event.class}`).toSorted();
    assert.deepEqual(told, ['add network', 'add vif', 'mod vm']);
    assert.deepEqual(events.find((event) => event.class === 'vm')?.snapshot?.['VIFs'], [vif]);
    await api.call('VM.destroy', vm);
    await api.call('network.destroy', network);
  });

  it('puts a barrier: an injected object is in the next batch', async () => {
    const [pool] = await api.call<string[]>('pool.get_all');
    const token = await api.call<string>('event.inject', 'pool', pool);
    const { events } = await from(['pool'], token, 5);
    assert.deepEqual(
      events.map((event) => [event.operation, event.ref]),
      [['mod', pool]],
    );
    assert.deepEqual(await failureOf(api.call('event.inject', 'pool', 'OpaqueRef:no')), [
      'HANDLE_INVALID',
      'pool',
      'OpaqueRef:no',
    ]);
    assert.deepEqual(await failureOf(api.call('event.inject', 'nothing', 'r')), ['HANDLE_INVALID', 'nothing', 'r']);
  });

  it('watches single objects', async () => {
    const one = await api.call<string>('VM.create', vmRecord('one'));
    const other = await api.call<string>('VM.create', vmRecord('other'));
    const first = await from([`vm/${one}`], '', 0);
    assert.deepEqual(
      first.events.map((event) => event.ref),
      [one],
    );
    await api.call('VM.set_name_label', other, 'not told');
    await api.call('VM.set_name_label', one, 'told');
    const second = await from([`VM/${one}`], first.token, 5);
    assert.deepEqual(
      second.events.map((event) => event.ref),
      [one],
    );
    await api.call('VM.destroy', one);
    await api.call('VM.destroy', other);
  });

  it('answers at once without a time to wait, and on time with one', async () => {
    const token = await now(['VM']);
    for (const timeout of [0, -1, 0.05, '0.05']) {
      const batch = await api.call<Batch>('event.from', ['VM'], token, timeout);
      assert.deepEqual(batch.events, []);
    }
  });

  it('refuses tokens that it cannot have given out', async () => {
    assert.deepEqual(await failureOf(from(['VM'], 'nonsense', 0)), ['EVENT_FROM_TOKEN_PARSE_FAILURE', 'nonsense']);
    const future = `${'9007199254740991'.padStart(20, '0')},${'9007199254740991'.padStart(20, '0')}`;
    assert.deepEqual(await failureOf(from(['VM'], future, 0)), ['EVENTS_LOST']);
    assert.deepEqual(await failureOf(from(['a/b/c'], '', 0)), ['EVENT_SUBSCRIPTION_PARSE_FAILURE', 'a/b/c']);
  });

  it('knows a token from before a restart as too old', async () => {
    const token = await now(['VM']);
    host = await host.restart();
    api = await host.client();
    assert.deepEqual(await failureOf(from(['VM'], token, 0)), ['EVENTS_LOST']);
    assert.ok((await now(['VM'])) > token);
  });

  it('serves clients of the first generation', async () => {
    assert.deepEqual(await failureOf(api.call('event.next')), ['SESSION_NOT_REGISTERED', api.session]);
    await api.call('event.register', []);
    const id = await api.call<number>('event.get_current_id');
    const waiting = api.call<Event[]>('event.next');
    const vm = await api.call<string>('VM.create', vmRecord('legacy'));
    const told = await waiting;
    const added = told.find((event) => event.ref === vm);
    assert.equal(added?.operation, 'add');
    assert.ok(Number(added?.id) > id && Number(added?.timestamp) > 1_600_000_000);
    await api.call('event.unregister', ['*']);
    assert.deepEqual(await failureOf(api.call('event.next')), ['SESSION_NOT_REGISTERED', api.session]);
    await api.call('VM.destroy', vm);
  });

  it('gives calls side by side different events', async () => {
    await api.call('event.register', ['VM']);
    const waiting = [api.call<Event[]>('event.next'), api.call<Event[]>('event.next')];
    const first = await api.call<string>('VM.create', vmRecord('a'));
    const one = await Promise.race(waiting);
    assert.deepEqual(
      one.map((event) => event.ref),
      [first],
    );
    const second = await api.call<string>('VM.create', vmRecord('b'));
    const both = (await Promise.all(waiting)).flat().map((event) => event.ref);
    assert.deepEqual(both.toSorted(), [first, second].toSorted());
    await api.call('event.unregister', ['VM']);
    for (const vm of [first, second]) await api.call('VM.destroy', vm);
  });

  it('lets one session wait a hundred times at once, and another go on', async () => {
    const greedy = await host.client();
    const token = await now(['VM']);
    const waits = Array.from({ length: 101 }, () =>
      greedy.call('event.from', ['VM'], token, 600).catch((e: unknown) => e),
    );
    const refused = await Promise.race(waits);
    assert.ok(refused instanceof CallFailed && refused.code === 'TOO_BUSY');
    const other = from(['VM'], token, 600);
    const vm = await api.call<string>('VM.create', vmRecord('for all'));
    assert.deepEqual(
      (await other).events.map((event) => event.ref),
      [vm],
    );
    const outcomes = await Promise.all(waits);
    assert.equal(outcomes.filter((outcome) => outcome instanceof CallFailed).length, 1);
    await api.call('VM.destroy', vm);
  });

  it('ends a wait when its session ends', async () => {
    const other = await host.client();
    const token = await now(['VM']);
    const waiting = failureOf(other.call('event.from', ['VM'], token, 600));
    // Asked and answered on the same server turn order: once this is answered, the wait above has begun.
    await other.call('session.get_uuid', other.session);
    await other.call('session.logout');
    assert.deepEqual(await waiting, ['SESSION_INVALID', other.session]);
  });
});
