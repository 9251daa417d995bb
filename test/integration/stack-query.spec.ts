import assert from 'node:assert/strict';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { startTestAgent, type TestAgent } from '../lib/agent.ts';
import { type ApiClient, CallFailed } from '../lib/api-client.ts';
import { hostUuids, livesetText } from '../lib/liveset.ts';
import { writeScript } from '../lib/stack.ts';
import { stackRoot, writeStack } from '../lib/stacks.ts';

describe('a cluster stack that is asked over the API', () => {
  let host: TestAgent;
  let api: ApiClient;
  let root: string;
  let stack: string;
  let end: () => Promise<void>;
  const says = (body: string): Promise<void> =>
    writeScript(join(root, 'mine'), 'ha_query_liveset', `#!/bin/sh\n${body}\n`);
  const query = (): Promise<unknown> => api.call('Cluster_stack.query_liveset', stack);
  const failure = async (): Promise<readonly string[]> => {
    try {
      await query();
    } catch (thrown) {
      if (thrown instanceof CallFailed) return thrown.description;
      throw thrown;
    }
    return [];
  };

  before(async () => {
    ({ root, end } = await stackRoot());
    await writeStack(join(root, 'mine'));
    host = await startTestAgent({ settings: { 'cluster-stack-root': root } });
    api = await host.client();
    const stacks = await api.call<Record<string, { name_label: string }>>('Cluster_stack.get_all_records');
    [stack = ''] = Object.keys(stacks);
  });
  after(async () => {
    await host.remove();
    await end();
  });

  it('tells who is alive', async () => {
    const hosts = hostUuids(3);
    const changed = { '1/liveness': 'FALSE', '1/statefile_access': 'FALSE', '2/excluded': 'TRUE' };
    const text = livesetText({ hosts, changed }).replace('<statefile_lost>FALSE', '<statefile_lost>TRUE');
    await says(`cat <<'END'\n${text}END`);
    assert.deepEqual(await query(), {
      status: 'Online',
      localhost: hosts[0],
      hosts: hosts.join(' '),
      live: [hosts[0], hosts[2]].join(' '),
      master: hosts[0],
      without_statefile: hosts[1],
      corrupted_statefile: '',
      excluded: hosts[2],
      warnings: 'statefile_lost',
    });
    await says(`cat <<'END'\n${livesetText({ hosts, status: 'Starting' })}END`);
    assert.deepEqual(await query(), { status: 'Starting', localhost: hosts[0] });
  });

  it('tells how it failed, what it said, and what can be done', async () => {
    await says('echo "xhad is not there" >&2; exit 14');
    const [code, name, reason, wayOut] = await failure();
    assert.deepEqual([code, name], ['CLUSTER_STACK_FAILED', 'mine']);
    assert.match(reason ?? '', /ended with exit code 14 \(DAEMON_IS_NOT_PRESENT\).* It said: xhad is not there$/);
    assert.match(wayOut ?? '', /^Start it/);
  });

  it('is not run when anybody could have changed it', async () => {
    await says('exit 0');
    await chmod(join(root, 'mine/ha_query_liveset'), 0o777);
    const [code, name, reason] = await failure();
    assert.deepEqual([code, name], ['CLUSTER_STACK_REFUSED', 'mine']);
    assert.match(reason ?? '', /ha_query_liveset of the cluster stack "mine" is not run: /);
  });
});
