/**
 * What the SDKs of other languages send, request by request as they were seen or read, and what they need to find in the
 * answers. Their generators cannot be run here; their habits can.
 */
import assert from 'node:assert/strict';
import { startTestAgent, type TestAgent } from '../lib/agent.ts';
import { vmRecord } from '../lib/records.ts';

type Fields = Readonly<Record<string, unknown>>;

describe('habits of SDKs', () => {
  let host: TestAgent;

  before(async () => {
    host = await startTestAgent();
  });
  after(() => host.remove());

  async function post(path: string, headers: Readonly<Record<string, string>>, body: string): Promise<string> {
    const call = { method: 'POST', path, headers, body, timeoutMs: 15_000, maxReplyBytes: 10_000_000 };
    const reply = await host.world.http.call({ socketPath: host.socketPath }, call);
    assert.equal(reply.status, 200, new TextDecoder().decode(reply.body));
    return new TextDecoder().decode(reply.body);
  }

  const json = async (body: object, contentType = 'application/json'): Promise<Fields> =>
    JSON.parse(await post('/jsonrpc', { 'content-type': contentType }, JSON.stringify(body))) as Fields;
  const one = (method: string, ...params: readonly unknown[]): Promise<Fields> => json({ id: 3, method, params });
  const two = async (method: string, ...params: readonly unknown[]): Promise<unknown> => {
    const answer = await json({ jsonrpc: '2.0', id: 0, method, params }, 'application/json; charset=utf-8');
    assert.equal(answer['error'], undefined, JSON.stringify(answer['error']));
    return answer['result'];
  };

  it('C#: begins with JSON-RPC 1.0, logs in with ever fewer parameters, and asks what it may do', async () => {
    for (const params of [
      ['root', '', '2.21', 'XenCenter'],
      ['root', '', '2.21'],
      ['root', ''],
    ]) {
      const { result, error, id } = await one('session.login_with_password', ...params);
      assert.equal(error, null);
      assert.equal(id, 3);
      assert.match(String(result), /^OpaqueRef:/);
    }
    // Where there is no login with four parameters this code makes it try three, and then two.
    const { result, error } = await one('session.login_with_password', 'root');
    assert.equal(result, null);
    assert.deepEqual((error as string[]).slice(0, 2), [
      'MESSAGE_PARAMETER_COUNT_MISMATCH',
      'session.login_with_password',
    ]);

    const session = String((await one('session.login_with_password', 'root', '', '2.21', 'XenCenter'))['result']);
    const pools = (await one('pool.get_all_records', session))['result'] as Readonly<Record<string, Fields>>;
    const [pool] = Object.values(pools);
    const master = (await one('host.get_record', session, pool?.['master']))['result'] as Fields;
    // From 2.8 on it speaks JSON-RPC 2.0.
    assert.ok(Number(master['API_version_major']) === 2 && Number(master['API_version_minor']) >= 8);
    assert.equal(await two('session.get_is_local_superuser', session, session), true);
    assert.equal(await two('session.get_subject', session, session), 'OpaqueRef:NULL');
    assert.equal(await two('session.get_auth_user_sid', session, session), '');
    assert.deepEqual(await two('session.get_rbac_permissions', session, session), []);
  });

  it('Go: fails its login unless the host says which xapi it is', async () => {
    const session = String(await two('session.login_with_password', 'root', '', '1.0', 'Go SDK'));
    const [pool] = (await two('pool.get_all', session)) as string[];
    const { master } = (await two('pool.get_record', session, pool)) as { master: string };
    const first = (await two('host.get_record', session, master)) as Fields;
    assert.deepEqual(await two('host.get_record', session, master), first);
    assert.match((first['software_version'] as Record<string, string>)['xapi'] ?? '', /^\d+\.\d+/);
    // It reads integers through doubles and dates in this form only when they are strings.
    assert.equal(typeof first['API_version_major'], 'number');
    const metrics = (await two('host_metrics.get_record', session, first['metrics'])) as Fields;
    assert.match(String(metrics['last_updated']), /^\d{8}T\d{2}:\d{2}:\d{2}Z$/);
  });

  it('Java: looks the version up from the pool', async () => {
    const session = String(await two('session.login_with_password', 'root', '', '2.21', 'Java'));
    const [pool] = (await two('pool.get_all', session)) as string[];
    const master = await two('pool.get_master', session, pool);
    assert.equal(await two('host.get_API_version_major', session, master), 2);
    assert.equal(await two('host.get_API_version_minor', session, master), 21);
    assert.equal(await two('session.logout', session), '');
  });

  /** The only value of an answer in the XML dialect of C: `<value>`, bare or with a type in it. */
  async function c(method: string, ...params: readonly string[]): Promise<string> {
    const values = params.map((value) => `<param><value><string>${value}</string></value></param>`).join('\n');
    const body = `<?xml version="1.0"?>\n<methodCall>\n<methodName>${method}</methodName>\n<params>\n${values}\n</params>\n</methodCall>\n`;
    const answer = await post('/', { 'content-type': 'text/xml' }, body);
    const found =
      /<member><name>Status<\/name><value>Success<\/value><\/member><member><name>Value<\/name><value>(.*)<\/value><\/member>/.exec(
        answer,
      );
    if (found === null) throw new Error(answer);
    return found[1] ?? '';
  }

  it('C: logs in with three parameters, and asks its session where it is', async () => {
    const session = await c('session.login_with_password', 'root', '', '2.21');
    assert.match(session, /^OpaqueRef:[0-9a-f-]{36}$/);
    const thisHost = await c('session.get_this_host', session, session);
    assert.equal(await c('host.get_API_version_major', session, thisHost), '2');
    assert.equal(await c('host.get_API_version_minor', session, thisHost), '21');
    assert.equal(await c('host.get_uuid', session, thisHost), host.agent.hostUuid);
    // It tells a login that is refused for its number of parameters by exactly four strings.
    await assert.rejects(c('session.login_with_password', 'root'), (error: Error) => {
      const [, strings = ''] = /ErrorDescription<\/name><value><array><data>(.*)<\/data>/.exec(error.message) ?? [];
      assert.equal(strings.split('<value>').length - 1, 4);
      return strings.startsWith('<value>MESSAGE_PARAMETER_COUNT_MISMATCH</value>');
    });
  });

  it('XO Lite: resumes a session, and subscribes to classes that are not there in lower case', async () => {
    const session = String(await two('session.login_with_password', 'root', ''));
    assert.deepEqual(await two('session.get_all_subject_identifiers', session), []);
    const gone = await json({
      jsonrpc: '2.0',
      id: 1,
      method: 'session.get_all_subject_identifiers',
      params: ['OpaqueRef:gone'],
    });
    assert.deepEqual(gone['error'], { code: 1, message: 'SESSION_INVALID', data: ['OpaqueRef:gone'] });
    const [pool] = Object.keys((await two('pool.get_all_records', session)) as Fields);
    const token = await two('event.inject', session, 'pool', pool);
    const classes = ['pool', 'vm', 'host', 'vm_guest_metrics', 'vbd', 'no_such_class_yet', 'observer'];
    const first = (await two('event.from', session, classes, token, 5.001)) as { events: Fields[]; token: string };
    assert.deepEqual(
      first.events.map(({ class: className, operation, ref }) => [className, operation, ref]),
      [['pool', 'mod', pool]],
    );
    const vm = await two('VM.create', session, vmRecord('lite'));
    const next = (await two('event.from', session, classes, first.token, 5.001)) as {
      events: Fields[];
      valid_ref_counts: Record<string, number>;
    };
    assert.deepEqual(
      next.events.map(({ class: className, operation, ref }) => [className, operation, ref]),
      [['vm', 'add', vm]],
    );
    assert.equal(next.valid_ref_counts['vm'], 1);
    await two('VM.destroy', session, vm);
  });

  it('fence agents and old copies of XenAPI.py: read numbers in the counts of a mismatch', async () => {
    const session = String(await two('session.login_with_password', 'root', ''));
    const answer = await one('VM.get_record', session);
    const [code, method, expected, received] = answer['error'] as string[];
    assert.deepEqual(
      [code, method, Number(expected), Number(received)],
      ['MESSAGE_PARAMETER_COUNT_MISMATCH', 'VM.get_record', 1, 0],
    );
  });
});
