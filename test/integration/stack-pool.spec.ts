import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { examine, type Findings } from '../../src/conformance/conduct.ts';
import { readDirectory } from '../../src/conformance/directory.ts';
import type { Group } from '../../src/conformance/groups.ts';
import { report } from '../../src/conformance/report.ts';
import { limits } from '../../src/lib/limits.ts';
import { createLaboratory } from '../../src/world/linux/laboratory/laboratory.ts';
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

  async function examineStack(path: string, only: Group): Promise<Findings> {
    const { world } = outside;
    const directory = await readDirectory(world.files, path, limits);
    return examine(
      { directory, hostCount: 3, pace: 'fast', parallel: 1, runMs: 200_000, only },
      {
        clock: world.clock,
        openLaboratory: createLaboratory,
        signal: new AbortController().signal,
        onProgress: () => undefined,
      },
    );
  }

  for (const group of ['forming', 'faults', 'lock', 'pool'] as const) {
    it(`finds nothing wrong with a stack over a shared statefile: ${group}`, async () => {
      const findings = await examineStack(sharedFile, group);
      const wrong = findings.results.filter(({ verdict }) => ['failed', 'notReached'].includes(verdict.kind));
      assert.deepEqual(
        wrong.map(({ check }) => check.id),
        [],
        report(findings, plain),
      );
    }).timeout(210_000);
  }
});
