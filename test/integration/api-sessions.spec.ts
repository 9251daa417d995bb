import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accountPrograms } from '../lib/accounts.ts';
import { startTestAgent, type TestAgent } from '../lib/agent.ts';
import { ApiClient } from '../lib/api-client.ts';
import { failureOf } from '../lib/failures.ts';
import { vmRecord } from '../lib/records.ts';
import { callOverTls } from '../lib/tls-client.ts';

const programs = accountPrograms({
  root: { password: 'toor', uid: 0, groups: ['root'] },
  alice: { password: 'wonder', uid: 1000, groups: ['alice', 'operators'] },
  bob: { password: 'builder', uid: 1001, groups: ['bob'] },
});

describe('sessions over the API', () => {
  let host: TestAgent;
  let api: ApiClient;
  let pamRuns = 0;

  before(async () => {
    host = await startTestAgent({
      listen: '127.0.0.1:0',
      programs: {
        ...programs,
        pamtester: (args, input) => {
          pamRuns += 1;
          return programs.pamtester(args, input);
        },
      },
    });
    api = await host.client();
  });
  after(() => host.remove());

  /** A client over TLS, from an address of its own so that its failures are its own. */
  const overTls = (from = '127.0.0.1'): ApiClient =>
    new ApiClient(callOverTls(from), { url: `https://${host.agent.addresses[1]}` });

  it('takes any name and password on the socket: whoever opens it is root', async () => {
    const client = await new ApiClient(host.world.http, { socketPath: host.socketPath }).login('whoever', 'x');
    assert.equal(await client.call('session.get_is_local_superuser', client.session), true);
    await client.call('session.logout');
    assert.deepEqual(await failureOf(client.call('session.logout')), ['SESSION_INVALID', client.session]);
  });

  it('takes two, three and four parameters', async () => {
    for (const params of [
      ['root', ''],
      ['root', '', '1.1'],
      ['root', '', '1.1', 'someone'],
    ]) {
      const session = (await api.raw('session.login_with_password', params)) as string;
      assert.match(session, /^OpaqueRef:/);
      assert.equal(await api.call('session.get_originator', session), params[3] ?? '');
      await api.raw('session.logout', [session]);
    }
    assert.deepEqual(await failureOf(api.raw('session.login_with_password', ['root'])), [
      'MESSAGE_PARAMETER_COUNT_MISMATCH',
      'session.login_with_password',
      '2',
      '1',
    ]);
  });

  it('asks for the password over TLS', async () => {
    const root = await overTls().login('root', 'toor');
    assert.equal(await root.call('session.get_is_local_superuser', root.session), true);
    const [code, user] = await failureOf(overTls('127.0.0.2').login('root', 'wrong'));
    assert.deepEqual([code, user], ['SESSION_AUTHENTICATION_FAILED', 'root']);
    for (const name of ['-root', 'a b', '', 'x\n']) {
      assert.equal((await failureOf(overTls('127.0.0.3').login(name, 'x')))[0], 'SESSION_AUTHENTICATION_FAILED');
    }
  });

  it('stops asking PAM after too many failures, and tells the stranger nothing', async () => {
    const stranger = overTls('127.0.0.9');
    const answers = new Set<string>();
    for (let attempt = 0; attempt < 12; attempt += 1) {
      answers.add((await failureOf(stranger.login(`nobody${attempt}`, 'guess')))[0] ?? '');
    }
    const runs = pamRuns;
    const unseen = await failureOf(stranger.login('bob', 'builder'));
    assert.equal(pamRuns, runs);
    assert.deepEqual(unseen, await failureOf(overTls('127.0.0.10').login('bob', 'wrong')), 'as for a wrong password');
    assert.deepEqual([...answers], ['SESSION_AUTHENTICATION_FAILED']);
  });

  it('lets nobody lock a user out: an address that did not fail is heard', async () => {
    const guessers = Array.from({ length: 12 }, (_, index) => overTls(`127.0.1.${index + 1}`));
    for (const guesser of guessers) await failureOf(guesser.login('root', 'guess'));
    const runs = pamRuns;
    // Each of them had one try; a second one is not looked at.
    await failureOf(guessers[0]?.login('root', 'toor') ?? Promise.resolve());
    assert.equal(pamRuns, runs);
    const owner = await overTls('127.0.1.100').login('root', 'toor');
    await owner.call('session.logout');
  });

  it('gives users the rights of their subjects, through their groups too', async () => {
    assert.equal((await failureOf(overTls('127.0.0.4').login('alice', 'wonder')))[0], 'SESSION_AUTHENTICATION_FAILED');
    const roles = await api.call<Record<string, { name_label: string }>>('role.get_all_records');
    const roleRef = (name: string): string =>
      Object.entries(roles).find(([, row]) => row.name_label === name)?.[0] ?? '';
    const subject = await api.call<string>('subject.create', {
      subject_identifier: 'group:operators',
      other_config: {},
    });
    assert.deepEqual(
      await failureOf(api.call('subject.create', { subject_identifier: 'group:operators', other_config: {} })),
      ['SUBJECT_ALREADY_EXISTS'],
    );
    assert.deepEqual(
      await failureOf(api.call('subject.create', { subject_identifier: 'user:carol', other_config: {} })),
      ['SUBJECT_CANNOT_BE_RESOLVED'],
    );
    assert.equal((await failureOf(overTls('127.0.0.4').login('alice', 'wonder')))[0], 'SESSION_AUTHENTICATION_FAILED');
    await api.call('subject.add_to_roles', subject, roleRef('vm-operator'));
    assert.deepEqual(await failureOf(api.call('subject.add_to_roles', subject, roleRef('vm-operator'))), [
      'ROLE_ALREADY_EXISTS',
    ]);

    const alice = await overTls('127.0.0.5').login('alice', 'wonder');
    assert.equal(await alice.call('session.get_auth_user_name', alice.session), 'alice');
    assert.deepEqual(await alice.call('session.get_all_subject_identifiers'), ['group:operators']);
    const granted = new Set(await alice.call<string[]>('session.get_rbac_permissions', alice.session));
    assert.ok(granted.has('vm.start') && granted.has('vm.get_uuid') && !granted.has('vm.create'));
    await alice.call('VM.get_all');
    const denied = await failureOf(alice.call('VM.create', vmRecord('not allowed')));
    assert.deepEqual(denied.slice(0, 2), ['RBAC_PERMISSION_DENIED', 'vm.create']);
    assert.match(denied[2] ?? '', /vm-admin/);
    assert.equal((await failureOf(alice.call('session.change_password', 'a', 'b')))[0], 'RBAC_PERMISSION_DENIED');

    const mine = await alice.call<string>('task.create', 'of alice', '');
    const theirs = await api.call<string>('task.create', 'of root', '');
    await alice.call('task.cancel', mine);
    assert.deepEqual((await failureOf(alice.call('task.cancel', theirs))).slice(0, 2), [
      'RBAC_PERMISSION_DENIED',
      'task.destroy/any',
    ]);

    await api.call('subject.remove_from_roles', subject, roleRef('vm-operator'));
    assert.deepEqual(await failureOf(alice.call('VM.get_all')), ['SESSION_INVALID', alice.session]);
    await api.call('subject.destroy', subject);
  });

  it('knows other agents by the secret of the pool', async () => {
    const secret = (await readFile(join(host.directory, 'pool-secret'), 'utf8')).trim();
    const client = overTls('127.0.0.6');
    client.session = (await client.raw('session.slave_login', ['OpaqueRef:NULL', secret])) as string;
    assert.equal(await client.call('session.get_pool', client.session), true);
    assert.equal(
      (await failureOf(client.raw('session.slave_login', ['OpaqueRef:NULL', 'guess'])))[0],
      'SESSION_AUTHENTICATION_FAILED',
    );
    client.session = (await client.raw('session.slave_local_login', [secret])) as string;
    await client.call('VM.get_all');
    await client.call('session.local_logout');
    assert.deepEqual(await failureOf(client.call('VM.get_all')), ['SESSION_INVALID', client.session]);
  });

  it('makes room by ending the longest unused session of the same group', async () => {
    const first = await host.client();
    await first.call('VM.get_all');
    const others: string[] = [];
    for (let count = 0; count < 401; count += 1) {
      others.push((await api.raw('session.login_with_password', ['root', ''])) as string);
    }
    assert.equal((await failureOf(first.call('VM.get_all')))[0], 'SESSION_INVALID');
    assert.ok(await api.raw('VM.get_all', [others.at(-1)]));
  });
});
