import assert from 'node:assert/strict';
import { chmod, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startTestAgent, type TestAgent } from '../lib/agent.ts';
import type { ApiClient } from '../lib/api-client.ts';
import { EventStream } from '../lib/event-stream.ts';
import { stackRoot, writeStack } from '../lib/stacks.ts';

interface StackFields {
  readonly name_label: string;
  readonly usable: boolean;
  readonly refusals: readonly string[];
  readonly fingerprint: string;
}

describe('cluster stacks while the agent runs', () => {
  let host: TestAgent;
  let api: ApiClient;
  let root: string;
  let end: () => Promise<void>;

  before(async () => {
    ({ root, end } = await stackRoot());
    // So long that whatever is told was noticed as it happened.
    const settings = { 'cluster-stack-root': root, 'cluster-stack-scan-interval': '86400' };
    host = await startTestAgent({ settings });
    api = await host.client();
  });
  after(async () => {
    await host.remove();
    await end();
  });

  it('are told of as they come, change, are refused, go and come back', async () => {
    const stream = await new EventStream(api, ['Cluster_stack']).begin();
    const directory = join(root, 'one');
    let latest: StackFields | undefined;
    const seen = (what: string, holds: (fields: StackFields) => boolean): Promise<unknown> =>
      stream.until(what, (events) =>
        events.some(({ operation, snapshot }) => {
          latest = snapshot as StackFields | undefined;
          return operation !== 'del' && latest !== undefined && holds(latest);
        }),
      );
    await writeStack(directory);
    await seen('it came', ({ usable }) => usable);
    const [ref = ''] = await api.call<string[]>('Cluster_stack.get_by_name_label', 'one');
    const uuid = await api.call<string>('Cluster_stack.get_uuid', ref);
    const first = latest?.fingerprint;

    await writeFile(join(directory, 'ha_query_liveset'), '#!/bin/sh\nexit 14\n');
    await seen('it was edited', ({ usable, fingerprint }) => usable && fingerprint !== first);

    await chmod(join(directory, 'ha_query_liveset'), 0o777);
    await seen('a wrong mode', ({ usable }) => !usable);
    assert.match(
      latest?.refusals.join() ?? '',
      /ha_query_liveset can be changed by everybody \(mode 0777\)\. .*chmod go-w/,
    );
    await chmod(join(directory, 'ha_query_liveset'), 0o755);
    await seen('the right mode', ({ usable }) => usable);

    await rename(directory, `${root}-away`);
    await stream.until('it went', (events) => events.some(({ operation }) => operation === 'del'));
    await rename(`${root}-away`, directory);
    await seen('it came back', ({ usable }) => usable);
    assert.equal(await api.call('Cluster_stack.get_uuid', ref), uuid);
    await rm(directory, { recursive: true });
    await stream.until('it went for good', (events) => events.some(({ operation }) => operation === 'del'));
  });

  it('are the same objects after a new start of the agent', async () => {
    await writeStack(join(root, 'kept'));
    await api.call('Cluster_stack.scan', await api.call('host.get_by_uuid', host.agent.hostUuid));
    const before = await api.call<object>('Cluster_stack.get_all_records');
    assert.equal(Object.keys(before).length, 1);
    host = await host.restart();
    api = await host.client();
    assert.deepEqual(await api.call('Cluster_stack.get_all_records'), before);
  });
});
