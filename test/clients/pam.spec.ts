/**
 * The machine's real PAM with the service file that ships, and accounts of its own. The files of /etc that this needs are
 * laid over the real ones in a mount namespace that only the started programs see.
 */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { chmod, copyFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FakeProgram, startTestAgent, type TestAgent } from '../lib/agent.ts';
import { ApiClient } from '../lib/api-client.ts';
import { failureOf } from '../lib/failures.ts';
import { skip } from '../lib/skip.ts';
import { callOverTls } from '../lib/tls-client.ts';

const service = join(import.meta.dirname, '../../etc/pam.d/xapi');
const password = ' right & "proper" ünïcode $(x) ';

const overlay = `for name in pam.d passwd shadow group; do mount --bind "$1/$name" "/etc/$name" || exit 99; done; shift; exec "$@"`;

describe('passwords, checked by the real PAM', () => {
  let directory: string;
  let host: TestAgent | undefined;

  const within = (program: string): FakeProgram => {
    return (args, input) =>
      new Promise((resolve) => {
        const child = execFile(
          'unshare',
          ['--mount', 'sh', '-c', overlay, 'sh', directory, program, ...args],
          (error, stdout, stderr) => resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr }),
        );
        child.stdin?.end(input);
      });
  };

  async function layOut(): Promise<void> {
    directory = await mkdtemp(join(tmpdir(), 'quorate-pam-'));
    await cp('/etc/pam.d', join(directory, 'pam.d'), { recursive: true });
    await copyFile(service, join(directory, 'pam.d/xapi'));
    const hash = spawnSync('openssl', ['passwd', '-6', '-stdin'], { input: password, encoding: 'utf8' }).stdout.trim();
    const add = async (name: string, lines: readonly string[]): Promise<void> => {
      const root = (await readFile(`/etc/${name}`, 'utf8')).split('\n').filter((line) => line.startsWith('root:'));
      await writeFile(join(directory, name), `${[...(name === 'shadow' ? [] : root), ...lines].join('\n')}\n`);
    };
    await add('passwd', ['alice:x:45678:45678::/:/bin/sh', 'old:x:45679:45679::/:/bin/sh']);
    await add('group', ['alice:x:45678:', 'old:x:45679:', 'operators:x:45680:alice']);
    await add('shadow', [
      `root:${hash}:19000:0:99999:7:::`,
      `alice:${hash}:19000:0:99999:7:::`,
      `old:${hash}:19000:0:99999:7::19001:`,
    ]);
    await chmod(join(directory, 'shadow'), 0o600);
  }

  before(async function () {
    if (process.getuid?.() !== 0) skip(this, 'accounts can be laid over those of the machine by root only');
    for (const program of ['pamtester', 'unshare', 'openssl']) {
      if (spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0) skip(this, `${program} is not installed`);
    }
    if (spawnSync('unshare', ['--mount', 'true']).status !== 0) skip(this, 'mount namespaces are not permitted here');
    await layOut();
    host = await startTestAgent({
      listen: '127.0.0.1:0',
      programs: { pamtester: within('pamtester'), id: within('id'), getent: within('getent') },
    });
  });
  after(async () => {
    await host?.remove();
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  });

  const login = (user: string, given: string): Promise<ApiClient> =>
    new ApiClient(callOverTls('127.0.0.1'), { url: `https://${host?.agent.addresses[1]}` }).login(user, given);

  it('lets root in with the right password', async () => {
    const root = await login('root', password);
    assert.equal(await root.call('session.get_is_local_superuser', root.session), true);
  });

  it('refuses wrong passwords, unknown names and accounts that have expired, all with the same words', async () => {
    const failures = await Promise.all([
      failureOf(login('root', 'wrong')),
      failureOf(login('root', '')),
      failureOf(login('nobody-at-all', password)),
      failureOf(login('old', password)),
    ]);
    for (const [code, , reason] of failures) {
      assert.deepEqual([code, reason], ['SESSION_AUTHENTICATION_FAILED', 'Authentication failure']);
    }
  });

  it('knows a user by the groups of the account', async () => {
    assert.equal((await failureOf(login('alice', password)))[0], 'SESSION_AUTHENTICATION_FAILED');
    const api = await host?.client();
    assert.ok(api);
    const subject = await api.call<string>('subject.create', {
      subject_identifier: 'group:operators',
      other_config: {},
    });
    const [role] = await api.call<string[]>('role.get_by_name_label', 'read-only');
    await api.call('subject.add_to_roles', subject, role);
    const alice = await login('alice', password);
    assert.deepEqual(await alice.call('session.get_all_subject_identifiers'), ['group:operators']);
    assert.deepEqual(await alice.call('VM.get_all'), []);
  });
});
