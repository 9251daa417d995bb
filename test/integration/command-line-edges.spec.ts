import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Unreachable } from '../../src/cli/failure.ts';
import { Session } from '../../src/cli/session.ts';
import { startTestAgent } from '../lib/agent.ts';
import { quorate, seen, start } from '../lib/command-line.ts';
import { FakeAgent } from '../lib/fake-agent.ts';

const program = join(import.meta.dirname, '../../src/bin/quorate.ts');

describe('the command line where things go wrong', () => {
  let agent: FakeAgent;
  let directory: string;

  const run = (...args: readonly string[]) => quorate(['--socket', agent.socket, ...args]);
  const ok = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(...args);
    assert.equal(code, 0, stderr);
    return stdout;
  };

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'quorate-edges-'));
  });

  after(() => rmSync(directory, { recursive: true }));

  beforeEach(async () => {
    agent = await FakeAgent.start();
  });

  afterEach(async () => {
    assert.equal(agent.sessions.size, 0, 'every session is ended');
    await agent.stop();
  });

  it('says that the disk is full', () => {
    const full = openSync('/dev/full', 'w');
    try {
      for (const words of [['help'], ['version'], ['completion', 'bash'], ['config', 'show']]) {
        const args = [program, '--dir', '/nowhere', ...words];
        const { status, stderr } = spawnSync(process.execPath, args, { stdio: ['ignore', full, 'pipe'] });
        assert.equal(String(stderr), 'Error: cannot write: No space left on device\n', words.join(' '));
        assert.equal(status, 1);
      }
    } finally {
      closeSync(full);
    }
  });

  it('shows one key of a map, and says which there are', async () => {
    agent.add('host', { name_label: 'alpha', other_config: { a: '1' } });
    agent.add('host', { name_label: 'beta' });
    assert.equal(await ok('host-list', 'params=other-config:a', '--minimal'), '1,\n');
    assert.equal(
      await ok('host-list', 'name-label=alpha', 'params=name-label,other-config:a'),
      'name-label ( RW)        : alpha\n    other-config:a (MRW): 1\n',
    );
    const json = JSON.parse(await ok('host-list', 'name-label=alpha', 'params=other-config:a', '--json')) as unknown[];
    assert.deepEqual(
      json.map((row) => (row as Record<string, unknown>)['other_config:a']),
      ['1'],
    );
    assert.equal(await ok('host-param-get', 'name-label=alpha', 'param-name=other-config:a'), '1\n');
    const listed = await run('host-list', 'params=other-config:b');
    assert.match(listed.stderr, /No host listed has other-config:b\. There are: a\./);
    assert.equal(listed.code, 2);
    const got = await run('host-param-get', 'name-label=alpha', 'param-name=other-config:b');
    assert.match(got.stderr, /other-config has no key b\. It has: a/);
    assert.equal(got.code, 2);
  });

  it('gives up on an agent that holds the socket and says nothing, whatever was asked', async () => {
    const path = join(directory, 'silent');
    const silent = createServer();
    silent.on('connection', (socket) => socket.on('error', () => undefined).resume());
    silent.listen(path);
    await once(silent, 'listening');
    const asked = ['status', 'vm-list'].map((command) => quorate(['--socket', path, command]));
    for (const { code, stderr } of await Promise.all(asked)) {
      assert.match(stderr, new RegExp(`^Error: The agent holds ${path} and does not answer`));
      assert.equal(code, 3);
    }
    silent.close();
  });

  it('gives up a call when the agent hangs under it, and waits as long as it takes when it does not', async () => {
    let letGo: (() => void) | undefined;
    agent.handlers.set('host.get_log', () => new Promise((resolve) => (letGo = () => resolve('all of it'))));
    const patience = { firstMs: 20, againMs: 20, answerMs: 200 };
    const session = await Session.open(agent.socket, new AbortController().signal, patience);
    try {
      const log = session.call('host.get_log', 'OpaqueRef:x');
      // Every question that is answered lets the call go on.
      await agent.looked(3);
      letGo?.();
      assert.equal(await log, 'all of it');
      const hanging = session.call('host.get_log', 'OpaqueRef:x');
      await agent.looked(1);
      agent.mute();
      await assert.rejects(hanging, (error: unknown) => {
        assert.ok(error instanceof Unreachable);
        assert.match(error.message, /does not answer: nothing came within 0\.2 seconds.*systemctl restart quorated/);
        return true;
      });
    } finally {
      letGo?.();
      agent.mute(false);
      await session.close();
    }
  });

  it('says that a file is no socket', async () => {
    const path = join(directory, 'file');
    writeFileSync(path, '');
    const { code, stderr } = await quorate(['--socket', path, 'vm-list']);
    assert.equal(stderr, `Error: ${path} is not a socket. Say where the agent listens with --socket or --dir.\n`);
    assert.equal(code, 3);
  });

  it('says that the agent ended while it told events', async () => {
    const ending = await FakeAgent.start();
    const vm = ending.add('VM', { name_label: 'web1' });
    ending.add('pool');
    const running = start(['--socket', ending.socket, 'events']);
    const more = setInterval(() => ending.set('VM', vm.ref, { name_description: 'x' }), 20);
    try {
      await seen(running, 'web1');
    } finally {
      clearInterval(more);
      await ending.stop();
    }
    const { code, stderr } = await running.done;
    assert.equal(stderr, 'Error: The agent ended.\n');
    assert.equal(code, 3);
  });

  it('says so too of a real agent, which ends the sessions first', async () => {
    const real = await startTestAgent();
    const running = start(['--dir', real.directory, 'events']);
    try {
      const rename = (label: string) => quorate(['--dir', real.directory, 'pool-param-set', `name-label=${label}`]);
      const more = rename('a')
        .then(() => rename('b'))
        .then(() => rename('c'));
      await seen(running, ' mod pool ');
      await more;
    } finally {
      await real.remove();
    }
    const { code, stderr } = await running.done;
    assert.equal(stderr, 'Error: The agent ended.\n');
    assert.equal(code, 3);
  });

  it('prints the reference of a session, which is what calls need', async () => {
    const printed = await ok('call', 'session.login_with_password', 'root', 'x');
    assert.match(printed, /^OpaqueRef:session-\d+\n$/);
    agent.sessions.delete(printed.trim());
  });

  it('says what named a settings file that is not there', async () => {
    const { stderr } = await run('config', 'show', 'file=/nowhere/xapi.conf');
    assert.match(stderr, /There is no file \/nowhere\/xapi\.conf, which file= names\./);
  });

  it('knows no short options but -h', async () => {
    const { code, stderr } = await run('-v');
    assert.match(stderr, /There is no option -v\./);
    assert.equal(code, 2);
  });

  it('shows who a subject is and what it may do', async () => {
    const role = agent.add('role', { name_label: 'pool-admin' });
    agent.add('subject', { subject_identifier: 'user:ada', roles: [role.ref] });
    const shown = await ok('subject-list');
    assert.match(shown, /subject-identifier \( RO\) *: user:ada\n/);
    assert.ok(shown.includes(role.uuid), shown);
  });

  it('finds a pool by its name, for which the API has no message', async () => {
    const { uuid } = agent.add('pool', { name_label: 'p' });
    assert.equal(await ok('pool-list', 'name-label=p', '--minimal'), `${uuid}\n`);
    assert.equal(await ok('pool-param-get', 'name-label=p', 'param-name=uuid'), `${uuid}\n`);
    assert.match((await run('pool-param-get', 'name-label=q', 'param-name=uuid')).stderr, /No pool is called "q"/);
  });
});
