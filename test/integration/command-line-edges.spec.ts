import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { quorate } from '../lib/command-line.ts';
import { FakeAgent } from '../lib/fake-agent.ts';

const program = join(import.meta.dirname, '../../src/bin/quorate.ts');

describe('the command line where things go wrong', () => {
  let agent: FakeAgent;

  const run = (...args: readonly string[]) => quorate(['--socket', agent.socket, ...args]);
  const ok = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(...args);
    assert.equal(code, 0, stderr);
    return stdout;
  };

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

  it('finds a pool by its name, for which the API has no message', async () => {
    const { uuid } = agent.add('pool', { name_label: 'p' });
    assert.equal(await ok('pool-list', 'name-label=p', '--minimal'), `${uuid}\n`);
    assert.equal(await ok('pool-param-get', 'name-label=p', 'param-name=uuid'), `${uuid}\n`);
    assert.match((await run('pool-param-get', 'name-label=q', 'param-name=uuid')).stderr, /No pool is called "q"/);
  });
});
