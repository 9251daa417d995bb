import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Examination, Findings } from '../../src/conformance/conduct.ts';
import type { Group } from '../../src/conformance/groups.ts';
import { report } from '../../src/conformance/report.ts';
import { brokenPools, makeBrokenPool } from '../lib/broken-pools.ts';
import { examineStack } from '../lib/examined-stack.ts';
import { linuxTestWorld, type TestWorld } from '../lib/linux-world.ts';
import { skip } from '../lib/skip.ts';

const plain = { bold: String, dim: String, red: String, green: String, yellow: String };
const sharedFile = resolve(import.meta.dirname, '../stacks/shared-file');

describe('the conformance kit on several virtual hosts', () => {
  let outside: TestWorld;

  before(async function () {
    if (process.getuid?.() !== 0) skip(this, 'only root can make virtual hosts');
    outside = await linuxTestWorld();
  });

  after(async () => outside?.end());

  const examined = (path: string, given: Pick<Examination, 'only' | 'onlyStories'>): Promise<Findings> =>
    examineStack(outside.world, path, { hostCount: 3, pace: 'fast', parallel: 1, runMs: 200_000, ...given });

  async function findsNothing(...groups: readonly Group[]): Promise<void> {
    for (const only of groups) {
      const findings = await examined(sharedFile, { only });
      const wrong = findings.results.filter(({ verdict }) => ['failed', 'notReached'].includes(verdict.kind));
      assert.deepEqual(
        wrong.map(({ check }) => check.id),
        [],
        report(findings, plain),
      );
    }
  }

  it('finds nothing wrong with a stack over a shared statefile', async () => {
    await Promise.all([findsNothing('faults'), findsNothing('forming', 'lock', 'pool')]);
  }).timeout(300_000);

  it('finds what is wrong with stacks that have one fault, and nothing else', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'quorate-broken-pools-'));
    try {
      const left = [...brokenPools];
      const wrong: string[] = [];
      const lane = async (): Promise<void> => {
        for (let broken = left.shift(); broken !== undefined; broken = left.shift()) {
          const path = join(directory, `broken-${String(left.length)}`);
          await makeBrokenPool(sharedFile, path, broken);
          const findings = await examined(path, { onlyStories: new Set([broken.story]) });
          const failed = findings.results.filter(({ verdict }) => verdict.kind === 'failed').map(({ check }) => check);
          const found = failed.some(({ id }) => id === broken.check);
          const elsewhere = failed.filter(({ group }) => group !== broken.check.split('.')[0]);
          if (found && elsewhere.length === 0) continue;
          const told = [...findings.transcript.stories.values()].map(({ stopped }) => stopped).join();
          wrong.push(`${broken.fault}: ${failed.map(({ id }) => id).join()} and not ${broken.check}; ${told}`);
        }
      };
      await Promise.all([lane(), lane(), lane()]);
      assert.deepEqual(wrong, []);
    } finally {
      await rm(directory, { recursive: true });
    }
  }).timeout(300_000);
});
