import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startTestAgent, type TestAgent } from '../lib/agent.ts';
import { quorate, type Ran } from '../lib/command-line.ts';
import { stackRoot, writeStack } from '../lib/stacks.ts';

describe('the commands for cluster stacks', () => {
  let host: TestAgent;
  let root: string;
  let end: () => Promise<void>;
  const ask = (...words: readonly string[]): Promise<Ran> => quorate(['--dir', host.directory, 'stack', ...words]);

  before(async () => {
    ({ root, end } = await stackRoot());
    for (const name of ['xhad', 'other', 'broken']) await writeStack(join(root, name));
    await writeFile(join(root, 'other/ha_supported_srs'), 'lvm nfs\n');
    await writeFile(join(root, 'other/stack.json'), '{"description":"The other one","capabilities":["host_weight"]}');
    await chmod(join(root, 'broken/ha_start_daemon'), 0o777);
    host = await startTestAgent({ settings: { 'cluster-stack-root': root } });
  });
  after(async () => {
    await host.remove();
    await end();
  });

  it('list what the agent would use, why, and what is against the others', async () => {
    const { stdout, code } = await ask('list');
    assert.equal(code, 0);
    assert.match(stdout, /^ {2}broken {2}refused {2}The file \S+ha_start_daemon can be changed by everybody/m);
    assert.match(stdout, /^ {2}other {3}usable {3}lvm, nfs; host_weight; The other one$/m);
    assert.match(stdout, /^\* xhad {4}usable {3}any storage$/m);
    assert.match(stdout, /^High availability would use xhad\. Nothing demands a stack/m);
    assert.equal((await ask('list', '--minimal')).stdout.trim().split(',').length, 3);
    const all = JSON.parse((await ask('list', '--json')).stdout) as Record<string, unknown>;
    assert.deepEqual([all['running'], (all['choice'] as { stack: string }).stack], [true, 'xhad']);
  });

  it('show one whole', async () => {
    const { stdout } = await ask('show', 'other');
    assert.match(stdout, /^description {3}The other one$/m);
    assert.match(stdout, /^contract {6}1\.0$/m);
    assert.match(stdout, /^High availability could use it\. The caller asks for other\./m);
    assert.match((await ask('show', 'broken')).stdout, /^state {9}refused\n {14}The file .*chmod go-w/m);
    assert.equal((await ask('show', 'broken', '--minimal')).stdout, 'refused\n');
  });

  it('look at the disk when no agent answers, or when a folder is named', async () => {
    const { stdout, code } = await quorate(['--dir', join(root, 'nobody'), 'stack', 'list'], {
      environment: { QUORATE_CLUSTER_STACK_ROOT: root },
    });
    assert.equal(code, 0);
    assert.match(stdout, /read from the disk: no agent was asked/);
    assert.match(stdout, /^ {2}xhad {4}usable/m);
    const named = await ask('list', `root=${root}`, '--json');
    const read = JSON.parse(named.stdout) as { running: boolean; stacks: { name: string; usable: boolean }[] };
    assert.equal(read.running, false);
    assert.deepEqual(
      read.stacks.map(({ name, usable }) => [name, usable]),
      [
        ['broken', false],
        ['other', true],
        ['xhad', true],
      ],
    );
    assert.match((await ask('list', `root=${root}/nothing`)).stdout, /^There is no cluster stack in /);
  });

  it('say what they do not take', async () => {
    for (const [words, code, sentence] of [
      [[], 2, /stack needs what to do/],
      [['lst'], 2, /Did you mean list\?/],
      [['show'], 2, /needs the name/],
      [['list', 'xhad'], 2, /does not take "xhad"/],
      [['show', 'xhda'], 1, /There is no cluster stack xhda in .*Did you mean xhad\?/],
    ] as const) {
      const ran = await ask(...words);
      assert.match(ran.stderr, sentence);
      assert.equal(ran.code, code, words.join(' '));
    }
  });
});
