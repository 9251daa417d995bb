import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startTestAgent, type TestAgent } from '../lib/agent.ts';
import { type ApiClient, CallFailed } from '../lib/api-client.ts';
import { stackRoot, writeStack } from '../lib/stacks.ts';

describe('the choice of a cluster stack over the API', () => {
  let host: TestAgent;
  let api: ApiClient;
  let root: string;
  let end: () => Promise<void>;
  const storage: Record<string, { sr: string; pbd: string }> = {};

  before(async () => {
    ({ root, end } = await stackRoot());
    for (const name of ['xhad', 'corosync']) await writeStack(join(root, name));
    await writeFile(join(root, 'xhad/ha_supported_srs'), 'lvm\n nfs \n');
    host = await startTestAgent({ settings: { 'cluster-stack-root': root } });
    api = await host.client();
    const master = await api.call<string>('host.get_by_uuid', host.agent.hostUuid);
    await host.agent.database.transaction((tx) => {
      for (const [type, stacks] of [
        ['lvm', []],
        ['gfs2', ['corosync']],
      ] as const) {
        tx.create('SM', { type, required_cluster_stack: [...stacks] });
        const sr = tx.create('SR', { name_label: `${type} storage`, type, content_type: 'user' });
        const pbd = tx.create('PBD', { host: master, SR: sr, device_config: {} });
        storage[type] = { sr, pbd };
      }
    }).durable;
  });
  after(async () => {
    await host.remove();
    await end();
  });

  const attach = (type: string, attached: boolean): unknown =>
    host.agent.database.transaction((tx) =>
      tx.update('PBD', storage[type]?.pbd ?? '', { currently_attached: attached }),
    ).durable;

  const failure = async (method: string, ...params: readonly unknown[]): Promise<readonly string[]> => {
    try {
      await api.call(method, ...params);
    } catch (thrown) {
      if (thrown instanceof CallFailed) return thrown.description;
      throw thrown;
    }
    return [];
  };
  const enable = (type: string, ...stack: readonly string[]): Promise<readonly string[]> =>
    failure('pool.enable_ha', [storage[type]?.sr], {}, ...stack);
  const waiting = ['NOT_IMPLEMENTED', 'pool.enable_ha'];

  it('is explained', async () => {
    assert.deepEqual(await api.call('Cluster_stack.explain_choice'), {
      cluster_stack: 'xhad',
      because: 'default',
      explanation:
        'Nothing demands a stack: xhad is the default. The statefile of xhad can be on storage of the type lvm or nfs.',
    });
    await attach('gfs2', true);
    const explained = await api.call<Record<string, string>>('Cluster_stack.explain_choice', '');
    assert.deepEqual([explained['cluster_stack'], explained['because']], ['corosync', 'storage']);
    assert.equal(explained['objects'], storage['gfs2']?.sr);
    assert.deepEqual(await failure('Cluster_stack.explain_choice', 'xhad'), [
      'CLUSTER_STACK_CONSTRAINT',
      storage['gfs2']?.sr,
      'corosync',
    ]);
    await attach('gfs2', false);
  });

  it('is made before pool.enable_ha says that it waits', async () => {
    assert.deepEqual(await enable('lvm'), waiting);
    assert.deepEqual(await enable('lvm', ''), waiting);
    assert.deepEqual(await enable('gfs2'), ['INCOMPATIBLE_STATEFILE_SR', 'lvm,nfs']);
    assert.deepEqual(await enable('gfs2', 'corosync'), waiting);
    assert.deepEqual(await enable('gfs2', 'foo'), ['UNKNOWN_CLUSTER_STACK', 'foo']);
    await attach('gfs2', true);
    assert.deepEqual(await enable('gfs2'), waiting);
    assert.deepEqual(await enable('lvm', 'xhad'), ['CLUSTER_STACK_CONSTRAINT', storage['gfs2']?.sr, 'corosync']);
    await attach('gfs2', false);
  });

  it('looks at the disk again first', async () => {
    await chmod(join(root, 'xhad/ha_start_daemon'), 0o755);
    assert.deepEqual(await enable('lvm'), waiting);
    await chmod(join(root, 'xhad/ha_start_daemon'), 0o666);
    const [code, name, reason] = await enable('lvm');
    assert.deepEqual([code, name], ['CLUSTER_STACK_REFUSED', 'xhad']);
    assert.match(reason ?? '', /ha_start_daemon can be changed by everybody/);
    await chmod(join(root, 'xhad/ha_start_daemon'), 0o755);
    assert.deepEqual(await enable('lvm'), waiting);
  });

  it('keeps storage away that the running stack does not suit', async () => {
    const [pool = ''] = await api.call<string[]>('pool.get_all');
    const run = (ha_enabled: boolean, ha_cluster_stack: string): unknown =>
      host.agent.database.transaction((tx) => tx.update('pool', pool, { ha_enabled, ha_cluster_stack })).durable;
    const plug = (type: string): Promise<readonly string[]> => failure('PBD.plug', storage[type]?.pbd);
    assert.deepEqual(await plug('gfs2'), ['NOT_IMPLEMENTED', 'PBD.plug']);
    await run(true, 'xhad');
    assert.deepEqual(await plug('gfs2'), ['INCOMPATIBLE_CLUSTER_STACK_ACTIVE', 'corosync']);
    assert.deepEqual(await plug('lvm'), ['NOT_IMPLEMENTED', 'PBD.plug']);
    await run(true, 'corosync');
    assert.deepEqual(await plug('gfs2'), ['NOT_IMPLEMENTED', 'PBD.plug']);
    await run(false, '');
  });
});
