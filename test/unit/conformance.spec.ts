import assert from 'node:assert/strict';
import { SaxesParser } from 'saxes';
import { type Examination, examine, type Findings } from '../../src/conformance/conduct.ts';
import { contractLines, sections } from '../../src/conformance/contract-lines.ts';
import { groupNames } from '../../src/conformance/groups.ts';
import { junitOf } from '../../src/conformance/junit.ts';
import { exitCodeOf, jsonOf, report } from '../../src/conformance/report.ts';
import { checks, stories } from '../../src/conformance/table.ts';
import type { DirectoryFacts } from '../../src/conformance/transcript.ts';
import { scriptNames } from '../../src/stack/contract.ts';
import { type FakeStack, fakeLaboratory } from '../lib/fake-laboratory.ts';

const plain = { bold: String, dim: String, red: String, green: String, yellow: String };

const directory: DirectoryFacts = {
  path: '/stacks/fake',
  mode: 0o40755,
  uid: 0,
  files: new Map(
    scriptNames.map((name) => [
      name,
      { name, kind: 'file', mode: 0o100755, uid: 0, size: 1, interpreter: '/bin/sh', interpreterPresent: true },
    ]),
  ),
  manifest: undefined,
  manifestFault: undefined,
  capabilities: [],
  supportedSrs: undefined,
};

async function examineFake(answer: FakeStack, given: Partial<Examination> = {}): Promise<Findings> {
  return examine(
    { directory, hostCount: 1, pace: 'fast', parallel: 1, runMs: 60_000, ...given },
    {
      clock: { after: () => () => undefined, monotonicMs: () => 0 },
      openLaboratory: async (options) => fakeLaboratory(options, answer),
      signal: new AbortController().signal,
      onProgress: () => undefined,
    },
  );
}

describe('the table of conformance checks', () => {
  it('has ids that are unique, lines that exist, and stories that are told', () => {
    const ids = checks.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    const told = new Set(stories.map(({ name }) => name));
    for (const check of checks) {
      assert.ok(check.line in contractLines, check.id);
      assert.ok(groupNames.includes(check.group), check.id);
      for (const story of check.stories) assert.ok(told.has(story), `${check.id} needs ${story}`);
    }
    for (const line of Object.keys(contractLines)) assert.ok((line.split('.')[0] ?? '') in sections, line);
  });
});

describe('a conformance run', () => {
  it('reports what a step did wrong, and what came after as not reached', async () => {
    const findings = await examineFake((script) =>
      script === 'ha_start_daemon' ? { exitCode: 134, stderr: 'oops' } : {},
    );
    const start = findings.results.find(({ check }) => check.id === 'life.start');
    assert.equal(start?.verdict.kind, 'failed');
    assert.match(
      report(findings, plain),
      /ha_start_daemon in the state initialised ended with 134, which the contract does not know, and said: oops/,
    );
    const later = findings.results.find(({ check }) => check.id === 'life.stop');
    assert.equal(later?.verdict.kind, 'notReached');
    assert.equal(exitCodeOf(findings.results), 1);
  });

  it('writes JUnit that an XML parser reads, whatever the stack printed', async () => {
    const findings = await examineFake(() => ({ exitCode: 3, stderr: 'a\u0000b <&>"\ud800 ]]> \u001b[31m' }));
    const parser = new SaxesParser();
    let failures = 0;
    parser.on('opentag', ({ name }) => void (failures += name === 'failure' ? 1 : 0));
    parser.on('error', (error) => {
      throw error;
    });
    parser.write(junitOf(findings)).close();
    assert.ok(failures > 0);
    assert.ok(JSON.stringify(jsonOf(findings)).length > 0);
  });
});
