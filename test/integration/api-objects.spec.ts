import assert from 'node:assert/strict';
import { limits } from '../../src/lib/limits.ts';
import { startTestAgent, type TestAgent } from '../lib/agent.ts';
import type { ApiClient } from '../lib/api-client.ts';
import { failureOf } from '../lib/failures.ts';
import { vmRecord } from '../lib/records.ts';

type Fields = Record<string, unknown>;

describe('objects over the API', () => {
  let host: TestAgent;
  let api: ApiClient;

  before(async () => {
    host = await startTestAgent();
    api = await host.client();
  });
  after(() => host.remove());

  it('begins with this host in a pool of its own', async () => {
    const pools = await api.call<Record<string, Fields>>('pool.get_all_records');
    const hosts = await api.call<Record<string, Fields>>('host.get_all_records');
    assert.equal(Object.keys(pools).length, 1);
    assert.equal(Object.keys(hosts).length, 1);
    const [pool] = Object.values(pools);
    const [ref] = Object.keys(hosts);
    assert.equal(pool?.['master'], ref);
    assert.equal(hosts[String(ref)]?.['uuid'], host.agent.hostUuid);
    const software = hosts[String(ref)]?.['software_version'] as Fields;
    for (const key of ['xapi', 'product_version', 'product_brand', 'platform_version']) assert.ok(software[key], key);
  });

  it('makes a machine, reads it, changes it and destroys it with its devices', async () => {
    const vm = await api.call<string>('VM.create', vmRecord('one'));
    const network = await api.call<string>('network.create', {
      name_label: 'net',
      name_description: '',
      MTU: 1500,
      other_config: {},
      bridge: '',
      managed: true,
      tags: [],
    });
    assert.match(await api.call<string>('network.get_bridge', network), /^xapi\d+$/);
    const vif = await api.call<string>('VIF.create', {
      device: 'autodetect',
      network,
      VM: vm,
      MAC: '',
      MTU: 1500,
      other_config: {},
      qos_algorithm_type: '',
      qos_algorithm_params: {},
    });
    assert.deepEqual(await api.call('VM.get_VIFs', vm), [vif]);
    assert.match(await api.call<string>('VIF.get_MAC', vif), /^[0-9a-f][26ae](:[0-9a-f]{2}){5}$/);
    assert.deepEqual(await failureOf(api.call('network.destroy', network)), ['NETWORK_CONTAINS_VIF', vif]);
    await api.call('VM.set_name_description', vm, 'changed');
    assert.equal(await api.call('VM.get_name_description', vm), 'changed');
    assert.deepEqual(await api.call('VM.get_by_name_label', 'one'), [vm]);
    await api.call('VM.destroy', vm);
    assert.deepEqual(await failureOf(api.call('VM.get_uuid', vm)), ['HANDLE_INVALID', 'VM', vm]);
    assert.deepEqual(await failureOf(api.call('VIF.get_uuid', vif)), ['HANDLE_INVALID', 'VIF', vif]);
    await api.call('network.destroy', network);
  });

  it('keeps maps and sets as the API says', async () => {
    const vm = await api.call<string>('VM.create', vmRecord('maps'));
    await api.call('VM.add_to_other_config', vm, '__proto__', 'a key like any other');
    await api.call('VM.add_to_other_config', vm, 'k', 'v');
    assert.deepEqual(await failureOf(api.call('VM.add_to_other_config', vm, 'k', 'w')), [
      'MAP_DUPLICATE_KEY',
      'VM',
      'other_config',
      vm,
      'k',
    ]);
    const config = await api.call<object>('VM.get_other_config', vm);
    assert.deepEqual(
      new Map(Object.entries(config)),
      new Map([
        ['__proto__', 'a key like any other'],
        ['k', 'v'],
      ]),
    );
    await api.call('VM.remove_from_other_config', vm, 'k');
    await api.call('VM.remove_from_other_config', vm, 'k');
    await api.call('VM.add_tags', vm, 'blue');
    await api.call('VM.add_tags', vm, 'blue');
    assert.deepEqual(await api.call('VM.get_tags', vm), ['blue']);
    await api.call('VM.remove_tags', vm, 'blue');
    assert.deepEqual(await api.call('VM.get_tags', vm), []);
    await api.call('VM.destroy', vm);
  });

  it('finds records by an expression', async () => {
    const vm = await api.call<string>('VM.create', vmRecord('needle'));
    const found = await api.call<object>(
      'VM.get_all_records_where',
      'field "name__label" = "needle" and not field "is_a_template" = "true"',
    );
    assert.deepEqual(Object.keys(found), [vm]);
    const [code, expression] = await failureOf(api.call('VM.get_all_records_where', 'field "name__label" = '));
    assert.deepEqual([code, expression], ['INVALID_VALUE', 'field "name__label" = ']);
    await api.call('VM.destroy', vm);
  });

  it('says what was wrong with a call', async () => {
    assert.deepEqual(await failureOf(api.call('VM.get_uuid')), [
      'MESSAGE_PARAMETER_COUNT_MISMATCH',
      'VM.get_uuid',
      '1',
      '0',
    ]);
    assert.deepEqual(await failureOf(api.call('VM.get_uuid', 'a', 'b')), [
      'MESSAGE_PARAMETER_COUNT_MISMATCH',
      'VM.get_uuid',
      '1',
      '2',
    ]);
    assert.deepEqual(await failureOf(api.raw('VM.get_all', ['OpaqueRef:nobody'])), [
      'SESSION_INVALID',
      'OpaqueRef:nobody',
    ]);
    assert.deepEqual(await failureOf(api.call('VM.no_such')), ['MESSAGE_METHOD_UNKNOWN', 'VM.no_such']);
    assert.deepEqual(await failureOf(api.raw('VM.no_such', ['OpaqueRef:nobody'])), [
      'SESSION_INVALID',
      'OpaqueRef:nobody',
    ]);
    assert.deepEqual(await failureOf(api.call('VM.start', 'OpaqueRef:NULL', false, false)), [
      'NOT_IMPLEMENTED',
      'VM.start',
    ]);
    assert.deepEqual(await failureOf(api.call('Async.VM.get_uuid', 'x')), [
      'Fault',
      'No async mode for this operation (rpc: Async.VM.get_uuid)',
    ]);
    assert.deepEqual(await failureOf(api.call('VM.get_by_uuid', 'nope')), ['UUID_INVALID', 'VM', 'nope']);
    const [code, sentence = ''] = await failureOf(api.call('VM.create', { name_label: 'lacks the rest' }));
    assert.equal(code, 'INTERNAL_ERROR');
    assert.match(sentence, /^The record for VM\.create lacks the members (?:\w+, )+\w+\.$/);
    assert.equal(await api.raw('system.isAlive:me', ['hello']), 'hello');
  });

  it('refuses machines that could never start', async () => {
    const wrong = async (fields: Fields): Promise<string | undefined> =>
      (await failureOf(api.call('VM.create', { ...vmRecord('wrong'), ...fields })))[0];
    assert.equal(await wrong({ VCPUs_max: 0 }), 'INVALID_VALUE');
    assert.equal(await wrong({ VCPUs_at_startup: 3, VCPUs_max: 2 }), 'INVALID_VALUE');
    assert.equal(await wrong({ memory_dynamic_min: 5_000_000_000 }), 'MEMORY_CONSTRAINT_VIOLATION_ORDER');
    const vm = await api.call<string>('VM.create', vmRecord('right'));
    assert.equal(
      (await failureOf(api.call('VM.set_memory_dynamic_max', vm, 1)))[0],
      'MEMORY_CONSTRAINT_VIOLATION_ORDER',
    );
    await api.call('VM.destroy', vm);
  });

  it('remembers everything after a restart, sessions excepted', async () => {
    const vm = await api.call<string>('VM.create', vmRecord('kept'));
    const before = await api.call<Fields>('VM.get_record', vm);
    host = await host.restart();
    assert.deepEqual(await failureOf(api.call('VM.get_uuid', vm)), ['SESSION_INVALID', api.session]);
    api = await host.client();
    assert.deepEqual(await api.call('VM.get_record', vm), before);
    await api.call('VM.destroy', vm);
  });

  it('keeps secrets, alerts and blobs', async () => {
    const secret = await api.call<string>('secret.introduce', '11111111-2222-3333-4444-555555555555', 'hush');
    assert.equal(await api.call('secret.get_value', secret), 'hush');
    await api.call('secret.destroy', secret);
    const uuid = host.agent.hostUuid;
    const message = await api.call<string>('message.create', 'SOMETHING', 3, 'Host', uuid, 'It happened.');
    const since = await api.call<object>('message.get', 'Host', uuid, '19700101T00:00:00Z');
    assert.deepEqual(Object.keys(since), [message]);
    assert.deepEqual(await failureOf(api.call('message.create', 'X', 3, 'VM', uuid, '')), ['UUID_INVALID', 'VM', uuid]);
    await api.call('message.destroy', message);
    const blob = await api.call<string>('blob.create', '');
    assert.equal(await api.call('blob.get_mime_type', blob), 'application/octet-stream');
    await api.call('blob.destroy', blob);
  });

  it('keeps so many alerts, and forgets the oldest first', async () => {
    const { database } = host.agent;
    const { durable, value: oldest } = database.transaction((tx) => {
      const refs = Array.from({ length: limits.messagesKept }, (_, index) =>
        tx.create('message', { name: `OLD_${index}`, cls: 'Host', obj_uuid: host.agent.hostUuid }),
      );
      return refs[0] ?? '';
    });
    await durable;
    const newest = await api.call<string>('message.create', 'NEW', 3, 'Host', host.agent.hostUuid, '');
    const kept = new Set(await api.call<string[]>('message.get_all'));
    assert.equal(kept.size, limits.messagesKept);
    assert.ok(kept.has(newest) && !kept.has(oldest));
  });

  it('shows six roles and what each may do', async () => {
    const roles = await api.call<Record<string, Fields>>('role.get_all_records');
    const byName = new Map(Object.entries(roles).map(([ref, row]) => [row['name_label'], ref]));
    assert.deepEqual(
      new Set(byName.keys()),
      new Set(['pool-admin', 'pool-operator', 'read-only', 'vm-admin', 'vm-operator', 'vm-power-admin']),
    );
    const allowed = await api.call<string[]>('role.get_permissions_name_label', byName.get('vm-operator'));
    assert.ok(allowed.includes('vm.start') && allowed.includes('vm.get_uuid'));
    assert.ok(!allowed.includes('vm.create'));
    const starters = await api.call<string[]>('role.get_by_permission_name_label', 'vm.start');
    assert.ok(
      starters.includes(String(byName.get('vm-operator'))) && !starters.includes(String(byName.get('read-only'))),
    );
  });
});
