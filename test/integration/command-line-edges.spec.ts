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

  it('finds a pool by its name, for which the API has no message', async () => {
    const { uuid } = agent.add('pool', { name_label: 'p' });
    assert.equal(await ok('pool-list', 'name-label=p', '--minimal'), `${uuid}\n`);
    assert.equal(await ok('pool-param-get', 'name-label=p', 'param-name=uuid'), `${uuid}\n`);
    assert.match((await run('pool-param-get', 'name-label=q', 'param-name=uuid')).stderr, /No pool is called "q"/);
  });
});
