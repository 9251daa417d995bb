import assert from 'node:assert/strict';
import { chmod, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { quorate, type Running, seen, start } from '../lib/command-line.ts';
import { hostUuid, hostUuids, livesetText } from '../lib/liveset.ts';
import { processesOf } from '../lib/stack.ts';
import { stackRoot, writeScript, writeStack } from '../lib/stacks.ts';

describe('quorate stack watch', () => {
  let root: string;
  let end: () => Promise<void>;
  let running: Running | undefined;

  /** What the scripts of the stack tell from now on. */
  async function tell(changed: Readonly<Record<string, string>>): Promise<void> {
    await writeFile(join(root, 'next'), `${livesetText({ hosts: hostUuids(3), changed })}\n`);
    await rename(join(root, 'next'), join(root, 'now'));
  }

  beforeEach(async () => {
    ({ root, end } = await stackRoot());
    await writeStack(join(root, 'own'));
    await writeScript(join(root, 'own/ha_query_liveset'), `cat ${root}/now`);
    const watch =
      'last=; while :; do now=$(ls -i "$0/../../now"); [ "$now" = "$last" ] || cat "$0/../../now"; last=$now; sleep 0.05; done';
    await writeScript(join(root, 'own/ha_watch_liveset'), watch.replaceAll('$0/../..', root));
    await tell({});
  });
  afterEach(async () => {
    running?.child.kill('SIGKILL');
    running = undefined;
    await end();
  });

  it('prints the liveset, and again whenever it has changed, until it is interrupted', async () => {
    running = start(['stack', 'watch', 'own', `root=${root}`]);
    await seen(running, `3 of 3 live; master ${hostUuid(0)}`);
    await tell({ '2/liveness': 'FALSE' });
    await seen(running, `2 of 3 live; not live: ${hostUuid(2)}; master ${hostUuid(0)}`);
    await tell({ '1/excluded': 'TRUE' });
    await seen(running, `excluded: ${hostUuid(1)}`);
    assert.equal(running.stdout().trim().split('\n').length, 3);
    running.child.kill('SIGINT');
    await running.done;
    assert.deepEqual(processesOf(join(root, 'own')), []);
  });

  it('prints lines for programs', async () => {
    running = start(['--json', 'stack', 'watch', 'own', `root=${root}`]);
    await seen(running, '"status"');
    const line = JSON.parse(running.stdout().split('\n')[0] ?? '') as Record<string, unknown>;
    assert.deepEqual(
      [line['status'], line['live'], line['lost'], line['master']],
      ['Online', hostUuids(3), [], hostUuid(0)],
    );
  });

  it('polls a stack that cannot tell by itself, and says when it sees nothing, and why', async () => {
    await writeScript(join(root, 'own/ha_query_liveset'), 'exit 14');
    await writeScript(join(root, 'own/ha_watch_liveset'), 'exit 14');
    running = start(['stack', 'watch', 'own', `root=${root}`]);
    await seen(running, 'does not run on this host');
    assert.equal(running.stdout(), '');
  });

  it('runs nothing of a stack that is refused', async () => {
    await writeScript(join(root, 'own/ha_query_liveset'), `touch ${root}/ran`);
    await chmod(join(root, 'own/ha_query_liveset'), 0o777);
    const { code, stderr } = await quorate(['stack', 'watch', 'own', `root=${root}`]);
    assert.equal(code, 1);
    assert.match(stderr, /ha_query_liveset can be changed by everybody/);
    assert.match(
      (await quorate(['stack', 'watch', 'none', `root=${root}`])).stderr,
      /There is no cluster stack none in/,
    );
    assert.equal((await quorate(['stack', 'watch'])).code, 2);
  });
});
