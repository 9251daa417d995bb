/** The client library of Xen Orchestra, unmodified: every transport, over TLS and over the Unix socket. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createClient, type Xapi, type XapiRecord } from 'xen-api';
import { accountPrograms } from '../lib/accounts.ts';
import { startTestAgent, type TestAgent } from '../lib/agent.ts';
import { type ApiClient, CallFailed } from '../lib/api-client.ts';
import { type Forwarder, forwardTo } from '../lib/forwarder.ts';
import { vmRecord } from '../lib/records.ts';

const transports = ['auto', 'json-rpc', 'xml-rpc'] as const;
const auth = { user: 'root', password: 'toor & <more>' };

describe('xen-api', () => {
  let host: TestAgent;
  let other: ApiClient;
  let forwarder: Forwarder;

  before(async () => {
    host = await startTestAgent({
      listen: '127.0.0.1:0',
      programs: accountPrograms({ root: { password: auth.password, uid: 0, groups: ['root'] } }),
    });
    other = await host.client();
    forwarder = await forwardTo(host.socketPath);
  });
  after(async () => {
    await forwarder.close();
    await host.remove();
  });

  const ways = [
    { way: 'over TLS', url: () => `https://${host.agent.addresses[1]}` },
    { way: 'over the Unix socket', url: () => `http://127.0.0.1:${forwarder.port}` },
  ];
  for (const { way, url } of ways) {
    for (const transport of transports) {
      describe(`${way}, transport ${transport}`, () => {
        let xapi: Xapi;

        before(async () => {
          xapi = createClient({ url: url(), auth, transport, allowUnauthorized: true, debounce: 10 });
          await xapi.connect();
          await xapi.objectsFetched;
        });
        after(() => xapi.disconnect());

        const seen = async (ref: string): Promise<XapiRecord> => {
          const record = await xapi.barrier(ref);
          assert.equal(xapi.watchEventsError, undefined);
          return record;
        };

        it('has fetched the pool, its master and every class', async () => {
          assert.equal(xapi.status, 'connected');
          const master = xapi.getObjectByRef(String(xapi.pool['master']));
          assert.equal(master?.$type, 'host');
          assert.equal(master['uuid'], host.agent.hostUuid);
          const software = master['software_version'] as Record<string, string>;
          for (const key of ['xapi', 'product_version', 'product_brand', 'platform_version']) {
            assert.notEqual(software[key] ?? '', '', key);
          }
          for (const list of ['tags', 'capabilities', 'PBDs', 'host_CPUs'])
            assert.ok(Array.isArray(master[list]), list);
          const metrics = xapi.getObjectByRef(String(master['metrics']));
          assert.equal(typeof metrics?.['memory_total'], transport === 'xml-rpc' ? 'string' : 'number');
          assert.equal(metrics?.['live'], true);
          const mine = Object.values(xapi.objects.all).find((object) => object.$ref === xapi.sessionId);
          assert.equal(mine, undefined, 'sessions are no objects that clients keep');
        });

        it('sees what another client creates, renames and destroys', async () => {
          const label = 'VM "of" <another> & more, größer 😀';
          const ref = await other.call<string>('VM.create', vmRecord(label));
          const made = await seen(ref);
          assert.equal(made.$type, 'VM');
          assert.equal(made['name_label'], label);
          assert.deepEqual(made['platform'], { acpi: 'true' });
          assert.deepEqual(made['tags'], []);
          await other.call('VM.set_name_label', ref, '');
          assert.equal((await seen(ref))['name_label'], '');
          await other.call('VM.destroy', ref);
          await xapi.barrier(xapi.pool.$ref);
          assert.equal(xapi.getObjectByRef(ref, undefined), undefined);
        });

        it('changes fields and single keys of maps', async () => {
          const ref = await other.call<string>('VM.create', vmRecord('fields'));
          await xapi.setField('VM', ref, 'user_version', 3);
          await xapi.setFieldEntry('VM', ref, 'other_config', 'a', '1');
          await xapi.setFieldEntry('VM', ref, 'other_config', 'a', '2');
          await xapi.setFieldEntry('VM', ref, 'other_config', 'b', '3');
          await xapi.setFieldEntry('VM', ref, 'other_config', 'b', null);
          const row = await other.call<Record<string, unknown>>('VM.get_record', ref);
          assert.equal(row['user_version'], 3);
          assert.deepEqual(row['other_config'], { a: '2' });
          await other.call('VM.destroy', ref);
        });

        it('follows a task to its result, and to its error', async () => {
          const ref = String(await xapi.callAsync('VM.create', vmRecord('by a task')));
          assert.equal(await other.call('VM.get_name_label', ref), 'by a task');
          await xapi.callAsync('VM.destroy', ref);
          await assert.rejects(xapi.callAsync('VM.destroy', ref), { code: 'HANDLE_INVALID', params: ['VM', ref] });
          await seen(xapi.pool.$ref);
          // The client destroys its tasks once it has their results.
          for (;;) {
            const tasks = await other.call<Record<string, { name_label: string }>>('task.get_all_records');
            if (!Object.values(tasks).some((task) => task.name_label.startsWith('Async.'))) break;
          }
        });

        it('gets errors as codes with parameters', async () => {
          await assert.rejects(xapi.call('VM.get_record', 'OpaqueRef:nothing'), {
            code: 'HANDLE_INVALID',
            params: ['VM', 'OpaqueRef:nothing'],
          });
          await assert.rejects(xapi.call('VM.get_by_uuid', 'nothing'), { code: 'UUID_INVALID' });
          await assert.rejects(xapi.call('VM.fly'), { code: 'MESSAGE_METHOD_UNKNOWN', params: ['VM.fly'] });
        });
      });
    }
  }

  for (const transport of ['json-rpc', 'xml-rpc'] as const) {
    it(`opens a new session when its own has ended, and misses nothing, transport ${transport}`, async () => {
      const xapi = createClient({ url: `http://127.0.0.1:${forwarder.port}`, auth, transport, debounce: 10 });
      await xapi.connect();
      await xapi.objectsFetched;
      const before = xapi.sessionId;
      const renewed = once(xapi, 'sessionId');
      await other.raw('session.logout', [before]);
      const ref = await other.call<string>('VM.create', vmRecord('meanwhile'));
      await renewed;
      // It fetches everything again.
      await xapi.objectsFetched;
      assert.equal(xapi.getObjectByRef(ref)?.['name_label'], 'meanwhile');
      assert.notEqual(xapi.sessionId, before);
      await other.call('VM.set_name_label', ref, 'later');
      assert.equal((await xapi.barrier(ref))['name_label'], 'later');
      await other.call('VM.destroy', ref);
      await xapi.disconnect();
    });
  }

  it('is told that a password is wrong', async () => {
    const url = `https://${host.agent.addresses[1]}`;
    const xapi = createClient({ url, auth: { ...auth, password: 'wrong' }, allowUnauthorized: true });
    await assert.rejects(xapi.connect(), { code: 'SESSION_AUTHENTICATION_FAILED' });
    assert.equal(xapi.status, 'disconnected');
  });

  it('trusts no certificate that it does not know', async () => {
    const xapi = createClient({ url: `https://${host.agent.addresses[1]}`, auth });
    await assert.rejects(xapi.connect(), { code: /SELF_SIGNED/ });
  });

  it('ends its session when it disconnects', async () => {
    const xapi = createClient({ url: `http://127.0.0.1:${forwarder.port}`, auth, watchEvents: false });
    await xapi.connect();
    const ref = xapi.sessionId;
    await xapi.disconnect();
    assert.equal(xapi.status, 'disconnected');
    // It does not wait for the answer to its logout.
    for (;;) {
      const end = await other.call('session.get_uuid', ref).catch((thrown: unknown) => thrown);
      if (end instanceof CallFailed) {
        assert.deepEqual(end.description, ['HANDLE_INVALID', 'session', ref]);
        break;
      }
    }
  });
});
