import assert from 'node:assert/strict';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeSettings } from '../../src/settings.ts';
import { StackFault } from '../../src/stack/fault.ts';
import { startTestAgent, type TestAgent } from '../lib/agent.ts';
import type { ApiClient } from '../lib/api-client.ts';
import { EventStream } from '../lib/event-stream.ts';
import { stackRoot, writeScript, writeStack } from '../lib/stacks.ts';

describe('the settings for cluster stacks', () => {
  let host: TestAgent;
  let api: ApiClient;
  let root: string;
  let end: () => Promise<void>;
  const settings = (): Record<string, string> => ({
    'cluster-stack-root': join(root, 'first'),
    'cluster-stack-default': 'one',
    // So long that only what watches, or what reads anew, can be what noticed.
    'cluster-stack-scan-interval': '86400',
  });

  /** Starts an agent to which the file system tells of nothing, when `deaf`. */
  async function begin(deaf: boolean, more: Readonly<Record<string, string>> = {}): Promise<void> {
    host = await startTestAgent({
      settings: { ...settings(), ...more },
      files: (real) => (deaf ? { ...real, watch: () => () => undefined } : real),
    });
    api = await host.client();
  }
  const apply = (more: Readonly<Record<string, string>>): Promise<void> =>
    host.agent.apply(makeSettings(new Map(Object.entries({ ...settings(), ...more })), host.directory));
  const names = async (): Promise<readonly string[]> =>
    Object.values(await api.call<Record<string, { name_label: string }>>('Cluster_stack.get_all_records'))
      .map(({ name_label }) => name_label)
      .toSorted();

  beforeEach(async () => {
    ({ root, end } = await stackRoot());
    await mkdir(join(root, 'first'));
    await chmod(join(root, 'first'), 0o755);
    await writeStack(join(root, 'first/one'));
    await writeStack(join(root, 'second/two'));
    await chmod(join(root, 'second'), 0o755);
  });
  afterEach(async () => {
    await host.remove();
    await end();
  });

  it('can move the root and the default while the agent runs', async () => {
    await begin(false);
    assert.deepEqual(await names(), ['one']);
    const stream = await new EventStream(api, ['Cluster_stack']).begin();
    await apply({ 'cluster-stack-root': join(root, 'second'), 'cluster-stack-default': 'two' });
    await stream.until('the other root', (events) => events.length >= 2);
    assert.deepEqual(await names(), ['two']);
    const { cluster_stack } = await api.call<Record<string, string>>('Cluster_stack.explain_choice');
    assert.equal(cluster_stack, 'two');
    // What is there now is followed, and what was there before is not.
    await writeStack(join(root, 'first/three'));
    await writeStack(join(root, 'second/four'));
    await stream.until('a new stack', (events) => events.some(({ snapshot }) => snapshot?.['usable'] === true));
    assert.deepEqual(await names(), ['four', 'two']);
  });

  it('say how often everything is read anew, for changes that nobody told of', async () => {
    await begin(true, { 'cluster-stack-scan-interval': '0.1' });
    const stream = await new EventStream(api, ['Cluster_stack']).begin();
    await chmod(join(root, 'first/one/ha_stop_daemon'), 0o666);
    await stream.until('the wrong mode', (events) => events.some(({ snapshot }) => snapshot?.['usable'] === false));
  });

  it('can be read anew more often while the agent runs', async () => {
    await begin(true);
    const stream = await new EventStream(api, ['Cluster_stack']).begin();
    await chmod(join(root, 'first/one/ha_stop_daemon'), 0o666);
    await apply({ 'cluster-stack-scan-interval': '0.1' });
    await stream.until('the wrong mode', (events) => events.some(({ snapshot }) => snapshot?.['usable'] === false));
  });

  it('that name a folder with too much in it have only that folder watched, until it is mended', async () => {
    const depths: (number | undefined)[] = [];
    const much = join(root, 'first/much');
    await mkdir(much);
    for (let index = 0; index < 300; index += 1) await writeFile(join(much, `file${index}`), '');
    host = await startTestAgent({
      settings: { ...settings(), 'cluster-stack-scan-interval': '0.1' },
      files: (real) => ({
        ...real,
        watch: (path, changed, depth) => {
          if (path === join(root, 'first')) depths.push(depth);
          return real.watch(path, changed, depth);
        },
      }),
    });
    api = await host.client();
    assert.deepEqual(depths, [2, 0]);
    const stream = await new EventStream(api, ['Cluster_stack']).begin();
    await rm(much, { recursive: true });
    await stream.until('it is gone', (events) => events.some(({ operation }) => operation === 'del'));
    assert.deepEqual(depths, [2, 0, 2]);
  });

  it('say how long a script may take, from the next call on', async () => {
    await begin(false);
    await writeScript(join(root, 'first/one/ha_disarm_fencing'), 'exec sleep 1000');
    const runner = host.agent.stacks.runner('one');
    await apply({ 'stack-time-limit-ha_disarm_fencing': '1' });
    await assert.rejects(runner.disarmFencing(), (thrown) => {
      assert.ok(thrown instanceof StackFault);
      assert.equal(thrown.reason, 'timed-out');
      assert.match(thrown.message, /1000 ms|1 second/);
      return true;
    });
  });

  it('that move the root end what runs below the one before', async () => {
    await begin(false);
    const runner = host.agent.stacks.runner('one');
    await runner.disarmFencing();
    await apply({ 'cluster-stack-root': join(root, 'second') });
    await assert.rejects(runner.disarmFencing(), /no longer used/);
    await assert.rejects(host.agent.stacks.runner('one').disarmFencing(), /There is no cluster stack one in .*second/);
    await host.agent.stacks.runner('two').disarmFencing();
  });
});
