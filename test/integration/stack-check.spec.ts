import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { type Examination, examine, type Findings } from '../../src/conformance/conduct.ts';
import { readDirectory } from '../../src/conformance/directory.ts';
import { report } from '../../src/conformance/report.ts';
import { limits } from '../../src/lib/limits.ts';
import { createLaboratory } from '../../src/world/linux/laboratory/laboratory.ts';
import { linuxTestWorld, type TestWorld } from '../lib/linux-world.ts';
import { skip } from '../lib/skip.ts';

const plain = { bold: String, dim: String, red: String, green: String, yellow: String };
const template = resolve(import.meta.dirname, '../../cluster-stack/template');

describe('the conformance kit on virtual hosts', () => {
  let outside: TestWorld;

  before(async function () {
    if (process.getuid?.() !== 0) skip(this, 'only root can make virtual hosts');
    outside = await linuxTestWorld();
  });

  after(async () => outside?.end());

  async function examineStack(path: string, given: Partial<Examination> = {}): Promise<Findings> {
    const { world } = outside;
    const directory = await readDirectory(world.files, path, limits);
    return examine(
      { directory, hostCount: 1, pace: 'fast', parallel: 3, runMs: 100_000, ...given },
      {
        clock: world.clock,
        openLaboratory: createLaboratory,
        signal: new AbortController().signal,
        onProgress: () => undefined,
      },
    );
  }

  it('finds nothing wrong with the template', async () => {
    const findings = await examineStack(template);
    const wrong = findings.results.filter(({ verdict }) => ['failed', 'notReached'].includes(verdict.kind));
    assert.deepEqual(
      wrong.map(({ check }) => check.id),
      [],
      report(findings, plain),
    );
  }).timeout(110_000);
});
