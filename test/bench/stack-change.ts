/** How long a change of a cluster stack's folder takes to reach who waits for its events, and what a look before a call costs. */
import { chmod, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { limits } from '../../src/lib/limits.ts';
import { readStack } from '../../src/stack/registry-facts.ts';
import { judgeStack } from '../../src/stack/registry-rules.ts';
import { startTestAgent } from '../lib/agent.ts';
import { EventStream } from '../lib/event-stream.ts';
import { stackRoot, writeStack } from '../lib/stacks.ts';
import type { BenchRow } from './row.ts';

const rounds = 40;
const looks = 2000;
const mostMs = 1000;

export async function benchStackChange(): Promise<readonly BenchRow[]> {
  const { root, end } = await stackRoot();
  const settings = { 'cluster-stack-root': root, 'cluster-stack-scan-interval': '86400' };
  const host = await startTestAgent({ settings });
  try {
    const stream = await new EventStream(await host.client(), ['Cluster_stack']).begin();
    const directory = join(root, 'one');
    const script = join(directory, 'ha_query_liveset');
    const delaysMs: number[] = [];
    const measure = async (change: () => Promise<unknown>, isThere: (usable: unknown) => boolean): Promise<void> => {
      await change();
      const startMs = performance.now();
      await stream.until('the change', (events) =>
        events.some(({ operation, snapshot }) => isThere(operation === 'del' ? undefined : snapshot?.['usable'])),
      );
      delaysMs.push(performance.now() - startMs);
    };
    for (let round = 0; round < rounds; round += 1) {
      if (round === 0)
        await measure(
          () => writeStack(directory),
          (usable) => usable === true,
        );
      await measure(
        () => writeFile(script, `#!/bin/sh\nexit ${round}\n`),
        (usable) => usable === true,
      );
      await measure(
        () => chmod(script, 0o777),
        (usable) => usable === false,
      );
      await measure(
        () => chmod(script, 0o755),
        (usable) => usable === true,
      );
      await measure(
        () => rename(directory, join(root, '.away')),
        (usable) => usable === undefined,
      );
      await measure(
        () => rename(join(root, '.away'), directory),
        (usable) => usable === true,
      );
    }
    delaysMs.sort((one, other) => one - other);
    const at = (share: number): number =>
      delaysMs[Math.min(delaysMs.length - 1, Math.floor(delaysMs.length * share))] ?? 0;
    const startMs = performance.now();
    for (let look = 0; look < looks; look += 1)
      judgeStack(await readStack(host.world.files, root, 'one', limits), host.world.process.uid, limits);
    const lookMs = (performance.now() - startMs) / looks;
    const row = (name: string, value: number): BenchRow => ({
      name,
      value,
      unit: 'ms',
      target: `at most ${mostMs} ms`,
      ok: value <= mostMs,
    });
    return [
      row('change of a cluster stack to its event, median', at(0.5)),
      row('change of a cluster stack to its event, p99', at(0.99)),
      row('change of a cluster stack to its event, longest', at(1)),
      { name: 'look at a cluster stack before a call', value: lookMs, unit: 'ms', target: '', ok: undefined },
    ];
  } finally {
    await host.remove();
    await end();
  }
}
