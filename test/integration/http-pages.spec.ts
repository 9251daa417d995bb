import assert from 'node:assert/strict';
import { accountPrograms } from '../lib/accounts.ts';
import { startTestAgent, type TestAgent } from '../lib/agent.ts';
import { ApiClient } from '../lib/api-client.ts';
import { basic, type Got, httpGet } from '../lib/http-get.ts';
import { callOverTls } from '../lib/tls-client.ts';

const programs = accountPrograms({
  root: { password: 'toor', uid: 0, groups: ['root'] },
  alice: { password: 'wonder', uid: 1000, groups: ['alice'] },
  bob: { password: 'builder', uid: 1001, groups: ['bob'] },
});

const pages = ['/host_rrd', '/rrd_updates?start=0&host=true', '/metrics'];
const realm = { '/host_rrd': 'host_rrd', '/rrd_updates': 'rrd_updates', '/metrics': 'get_metrics' } as const;

describe('pages beside calls', () => {
  let host: TestAgent;
  let api: ApiClient;

  before(async () => {
    host = await startTestAgent({ listen: '127.0.0.1:0', programs });
    api = await host.client();
    const roles = await api.call<string[]>('role.get_by_name_label', 'read-only');
    for (const name of ['alice', 'bob']) {
      const fields = { subject_identifier: `user:${name}`, other_config: {} };
      const subject = await api.call<string>('subject.create', fields);
      await api.call('subject.add_to_roles', subject, roles[0]);
    }
  });
  after(() => host.remove());

  let last = 1;
  /** Each from an address of its own, so that failures of one are not those of another. */
  const overTls = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Got> => {
    last += 1;
    return httpGet(callOverTls(`127.0.0.${last}`), { url: `https://${host.agent.addresses[1]}` }, path, headers);
  };
  const onSocket = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Got> =>
    httpGet(host.world.http, { socketPath: host.socketPath }, path, headers);
  const tlsClient = (): ApiClient =>
    new ApiClient(callOverTls('127.0.0.1'), { url: `https://${host.agent.addresses[1]}` });
  const withParameter = (path: string, parameter: string): string =>
    `${path}${path.includes('?') ? '&' : '?'}${parameter}`;

  for (const path of pages) {
    const [bare = ''] = path.split('?');

    it(`${bare} is for root on the socket without more`, async () => {
      assert.equal((await onSocket(path)).status, 200);
    });

    it(`${bare} asks strangers over TLS for a name and password`, async () => {
      const bogus = 'session_id=OpaqueRef:nobody';
      for (const got of [
        await overTls(path),
        await overTls(withParameter(path, bogus)),
        await overTls(path, { cookie: bogus }),
        await overTls(path, basic('alice', 'wrong')),
        await overTls(path, basic('nobody', 'x')),
        await overTls(path, { authorization: 'Basic !!!' }),
        await overTls(path, { authorization: 'Bearer x' }),
        await overTls(path, { cookie: 'pool_secret=guessed' }),
      ]) {
        assert.equal(got.status, 401);
        assert.equal(got.headers['www-authenticate'], `Basic realm="${realm[bare as keyof typeof realm]}"`);
        assert.match(got.text, /^<html>/);
      }
    });

    it(`${bare} is for sessions, in the query or in a cookie, and for names with their passwords`, async () => {
      const alice = await tlsClient().login('alice', 'wonder');
      const before = (await api.call<string[]>('session.get_all_subject_identifiers')).length;
      for (const got of [
        await overTls(withParameter(path, `session_id=${alice.session}`)),
        await overTls(path, { cookie: `a=b; session_id=${alice.session}` }),
        await overTls(path, basic('alice', 'wonder')),
        await overTls(path, basic('root', 'toor')),
      ]) {
        assert.equal(got.status, 200);
      }
      // A name and password open no session that stays.
      assert.equal((await api.call<string[]>('session.get_all_subject_identifiers')).length, before);
      await alice.call('session.logout');
      assert.equal((await overTls(withParameter(path, `session_id=${alice.session}`))).status, 401);
    });
  }

  it('has its permissions among those of roles', async () => {
    const [readOnly = ''] = await api.call<string[]>('role.get_by_name_label', 'read-only');
    const permissions = await api.call<string[]>('role.get_permissions_name_label', readOnly);
    for (const name of Object.values(realm)) {
      assert.ok(permissions.includes(`http/${name}`), name);
      const roles = await api.call<string[]>('role.get_by_permission_name_label', `http/${name}`);
      assert.ok(roles.includes(readOnly));
      assert.equal(roles.length, 6);
    }
  });

  it('asks a session first, and name and password only when there is none', async () => {
    const got = await overTls('/metrics?session_id=OpaqueRef:nobody', basic('alice', 'wonder'));
    assert.equal(got.status, 401);
  });

  it('ends the task that a session made for it, and names it in the answer', async () => {
    const bob = await tlsClient().login('bob', 'builder');
    const task = await bob.call<string>('task.create', 'fetch', '');
    const good = await overTls(`/host_rrd?session_id=${bob.session}&task_id=${task}`);
    assert.equal(good.status, 200);
    assert.equal(good.headers['task-id'], task);
    assert.equal(await bob.call('task.get_status', task), 'success');
  });

  it('ends the task of the client with the request, also when it fails', async () => {
    const task = await api.call<string>('task.create', 'fetch', '');
    const got = await onSocket('/rrd_updates?start=soon', { cookie: `task_id=${task}` });
    assert.equal(got.status, 400);
    assert.equal(await api.call('task.get_status', task), 'failure');
    assert.deepEqual(await api.call('task.get_error_info', task), ['INVALID_VALUE', 'start', 'soon']);
    // A task is used once; one that there is not cannot be used.
    assert.equal((await onSocket(`/host_rrd?task_id=${task}`)).status, 400);
    assert.equal((await onSocket('/host_rrd?task_id=OpaqueRef:none')).status, 400);
  });

  it('lets nobody use the task of somebody else', async () => {
    const task = await api.call<string>('task.create', 'mine', '');
    const got = await overTls(`/host_rrd?task_id=${task}`, basic('alice', 'wonder'));
    assert.equal(got.status, 403);
    assert.equal(await api.call('task.get_status', task), 'pending');
  });

  it('says what is wrong with a query', async () => {
    for (const query of ['', 'start=', 'start=1e99', 'start=0&cf=LAST', 'start=0&interval=x']) {
      const got = await onSocket(`/rrd_updates?host=true&${query}`);
      assert.equal(got.status, 400, query);
      assert.match(got.text, /INVALID_VALUE/);
    }
  });

  it('says in words which parameter is missing, and who was not known', async () => {
    assert.match((await onSocket('/rrd_updates')).text, /The parameter start is missing/);
    assert.match((await onSocket('/rrd_updates?start=soon')).text, /The parameter start cannot be soon/);
    assert.match((await overTls('/metrics')).text, /This needs a session/);
    assert.match((await overTls('/metrics', basic('alice', 'wrong'))).text, /name and password .* were not accepted/);
    assert.match((await overTls('/metrics?session_id=OpaqueRef:x')).text, /session of this request is not valid/);
    assert.match((await overTls('/metrics', { cookie: 'pool_secret=x' })).text, /secret of this request is not that/);
  });

  it('says that calls in JSON-RPC are made with POST', async () => {
    const got = await onSocket('/jsonrpc');
    assert.equal(got.status, 405);
    assert.equal(got.headers['allow'], 'POST, OPTIONS');
    assert.match(got.text, /made with POST/);
  });

  it('still answers 404 for what there is not', async () => {
    assert.equal((await onSocket('/vm_rrd')).status, 404);
    assert.equal((await onSocket('/metrics/x')).status, 404);
  });
});
