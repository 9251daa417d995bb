import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import type { Examination, Findings } from '../../src/conformance/conduct.ts';
import { LaboratoryError } from '../../src/conformance/laboratory.ts';
import { paces } from '../../src/conformance/pace.ts';
import { report } from '../../src/conformance/report.ts';
import type { PaceLimits } from '../../src/conformance/story.ts';
import { createLaboratory } from '../../src/world/linux/laboratory/laboratory.ts';
import { brokenStacks, makeBroken } from '../lib/broken-stacks.ts';
import { examineStack } from '../lib/examined-stack.ts';
import { linuxTestWorld, type TestWorld } from '../lib/linux-world.ts';
import { skip } from '../lib/skip.ts';

const plain = { bold: String, dim: String, red: String, green: String, yellow: String };
const template = resolve(import.meta.dirname, '../../cluster-stack/template');

describe('the conformance kit on virtual hosts', () => {
  let outside: TestWorld;

  before(async function () {
    if (process.getuid?.() !== 0) skip(this, 'only root can make virtual hosts');
    const missing = await missingForLaboratory(template);
    if (missing !== undefined) skip(this, missing);
    outside = await linuxTestWorld();
  });

  after(async () => outside?.end());

  const examined = (path: string, given: Partial<Examination> = {}): Promise<Findings> =>
    examineStack(outside.world, path, { hostCount: 1, pace: 'fast', parallel: 3, runMs: 100_000, ...given });

  it('finds nothing wrong with the template', async () => {
    const findings = await examined(template);
    const wrong = findings.results.filter(({ verdict }) => ['failed', 'notReached'].includes(verdict.kind));
    assert.deepEqual(
      wrong.map(({ check }) => check.id),
      [],
      report(findings, plain),
    );
  }).timeout(110_000);

  describe('notices in a stack with one fault, and in one group of checks only,', () => {
    const found = new Map<string, Promise<Findings>>();

    before(() => {
      // They wait for timeouts more than for the processor: two at a time, in the order in which they are asked for below.
      const left = [...brokenStacks];
      const results = new Map(left.map(({ name }) => [name, Promise.withResolvers<Findings>()] as const));
      for (const [name, { promise }] of results) {
        promise.catch(() => undefined);
        found.set(name, promise);
      }
      const lane = async (): Promise<void> => {
        for (let stack = left.shift(); stack !== undefined; stack = left.shift()) {
          const path = join(outside.directory, `broken-${String(left.length)}`);
          try {
            makeBroken(template, path, stack);
            results.get(stack.name)?.resolve(await examined(path, { limits: short }));
          } catch (thrown) {
            results.get(stack.name)?.reject(thrown);
          }
        }
      };
      void Promise.all([lane(), lane()]);
    });

    for (const { name, check, group } of brokenStacks) {
      it(name, async () => {
        const findings = await found.get(name);
        assert.ok(findings !== undefined);
        const failed = findings.results.filter(({ verdict }) => verdict.kind === 'failed');
        const text = report(findings, plain);
        assert.ok(
          failed.some((result) => result.check.id === check),
          text,
        );
        assert.deepEqual([...new Set(failed.map((result) => result.check.group))], [group], text);
      }).timeout(200_000);
    }
  });
});

/** A script that hangs is found sooner than people would wait. */
const short: PaceLimits = { callMs: 3000, longCallMs: 6000, storyMs: 60_000 };

/** Why this machine, although we are root, cannot make virtual hosts; a container may not let it. */
async function missingForLaboratory(stackDirectory: string): Promise<string | undefined> {
  try {
    const { timeouts } = paces.fast;
    const options = { stackDirectory, hostCount: 1, timeouts, statefile: 'file', watchdogMs: 4000 } as const;
    await (await createLaboratory(options)).close();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof LaboratoryError) return thrown.message;
    throw thrown;
  }
}
