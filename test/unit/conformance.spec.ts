import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SaxesParser } from 'saxes';
import { judge } from '../../src/conformance/check.ts';
import { brokenRules, faultOf } from '../../src/conformance/checks/output.ts';
import { type Examination, examine, type Findings } from '../../src/conformance/conduct.ts';
import { contractLines, sections } from '../../src/conformance/contract-lines.ts';
import { groupNames } from '../../src/conformance/groups.ts';
import { junitOf } from '../../src/conformance/junit.ts';
import { paces } from '../../src/conformance/pace.ts';
import { exitCodeOf, jsonOf, report } from '../../src/conformance/report.ts';
import { checks, stories } from '../../src/conformance/table.ts';
import type { DirectoryFacts } from '../../src/conformance/transcript.ts';
import { readXml } from '../../src/conformance/xml.ts';
import { scriptNames } from '../../src/stack/contract.ts';
import { type FakeStack, fakeLaboratory } from '../lib/fake-laboratory.ts';
import { goodLaboratory, goodLiveset } from '../lib/good-stack.ts';
import { mutated } from '../lib/mutated.ts';
import { skip } from '../lib/skip.ts';

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

describe('a stack that keeps the contract, in memory', () => {
  async function good(): Promise<Findings> {
    const manifest = '{}';
    const capabilities = ['watch_liveset', 'host_weight'];
    return examine(
      {
        directory: { ...directory, manifest, capabilities, supportedSrs: 'nfs' },
        hostCount: 1,
        pace: 'fast',
        parallel: 1,
        runMs: 60_000,
      },
      {
        clock: { after: () => () => undefined, monotonicMs: () => 0 },
        openLaboratory: async (options) => goodLaboratory(options),
        signal: new AbortController().signal,
        onProgress: () => undefined,
      },
    );
  }

  it('passes every check for one host', async () => {
    const findings = await good();
    const wrong = findings.results.filter(({ check, verdict }) => check.hosts === 1 && verdict.kind !== 'passed');
    assert.deepEqual(
      wrong.map(({ check, verdict }) => [check.id, verdict]),
      [],
    );
  });

  it('fails each of them when one thing of the transcript is otherwise', async () => {
    const { transcript } = await good();
    const single = checks.filter(({ hosts }) => hosts === 1);
    const never = single.filter((check) => {
      for (const other of mutated(transcript, check.stories)) if (judge(check, other).kind === 'failed') return false;
      return true;
    });
    assert.deepEqual(
      never.map(({ id }) => id),
      [],
    );
  });
});

describe('the rules of a liveset', () => {
  const { timeouts } = paces.fast;
  const good = goodLiveset(timeouts);
  const own = /<HostID>(.*)</.exec(good)?.[1] ?? '';

  /** Does a check of the group output fail for it? */
  function isNoticed(text: string): boolean {
    if (faultOf(text) !== undefined) return true;
    const broken = brokenRules(readXml(text), { hosts: [own], own, timeouts });
    return [...broken.values()].some((fault) => fault !== undefined);
  }

  it('hold for a good one', () => assert.equal(isNoticed(good), false));

  it('hold for what the original daemon of this contract printed', function () {
    const recorded = resolve(import.meta.dirname, '../../../shared/data/xhad/2-query-host3.out');
    if (!existsSync(recorded)) skip(this, 'the recording is not beside this checkout');
    const text = readFileSync(recorded, 'utf8');
    const hosts = ['1', '2', '3'].map((digit) => [8, 4, 4, 4, 12].map((length) => digit.repeat(length)).join('-'));
    assert.equal(faultOf(text), undefined);
    const broken = brokenRules(readXml(text), { hosts, own: hosts[2] ?? '', timeouts });
    assert.deepEqual(
      [...broken].filter(([, fault]) => fault !== undefined),
      [],
    );
  });

  it('notice every line that is missing, but the first', () => {
    const lines = good.trimEnd().split('\n');
    const unnoticed = lines.filter((_, index) => index > 0 && !isNoticed(lines.toSpliced(index, 1).join('\n')));
    assert.deepEqual(unnoticed, []);
  });

  it('notice every character that is missing, but spaces and digits of times', () => {
    const start = good.indexOf('\n') + 1;
    const times = [...good.matchAll(/<(?:time_since|\w+_latency|T3)\w*>([-\d]+)</g)].map(
      ({ 0: { length }, 1: number = '', index }) => ({
        from: index + length - 1 - number.length,
        to: index + length - 1,
      }),
    );
    const unnoticed: string[] = [];
    for (let place = start; place < good.length; place += 1) {
      if (/\s/.test(good[place] ?? '') && good[place - 1] !== 'o') continue;
      if (times.some(({ from, to }) => place >= from && place < to)) continue;
      const text = good.slice(0, place) + good.slice(place + 1);
      if (!isNoticed(text)) unnoticed.push(good.slice(place - 20, place + 5));
    }
    assert.deepEqual(unnoticed, []);
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

  it('gives up what does not end, and closes its laboratories', async () => {
    const hanging = new Promise<never>(() => undefined);
    const ended: string[] = [];
    const timers: (() => void)[] = [];
    const run = examine(
      { directory, hostCount: 1, pace: 'fast', parallel: 2, runMs: 60_000 },
      {
        clock: { after: (_, fire) => (timers.push(fire), () => undefined), monotonicMs: () => 0 },
        openLaboratory: async (options) =>
          fakeLaboratory(
            options,
            () => hanging,
            () => void ended.push('closed'),
          ),
        signal: new AbortController().signal,
        onProgress: ({ step }) => {
          // The first timer is that of the whole run.
          if (step === 'init') timers[0]?.();
        },
      },
    );
    const { results } = await run;
    assert.equal(ended.length, 2);
    const init = results.find(({ check }) => check.id === 'life.init');
    assert.deepEqual(init?.verdict, { kind: 'notReached', why: 'The time for the whole run was over.' });
  });

  it('does not call again what has hung', async () => {
    let queries = 0;
    const findings = await examineFake((script) => {
      if (script !== 'ha_query_liveset') return {};
      queries += 1;
      return { exitCode: undefined, timedOut: true };
    });
    assert.equal(queries, 1);
    const failed = findings.results.filter(({ verdict }) => verdict.kind === 'failed').map(({ check }) => check.id);
    assert.ok(failed.includes('time.ha-query-liveset'));
  });

  it('ends with the reason of whoever stops it, and closes its laboratories', async () => {
    const stop = new AbortController();
    let open = 0;
    await assert.rejects(
      examine(
        { directory, hostCount: 1, pace: 'fast', parallel: 3, runMs: 60_000 },
        {
          clock: { after: () => () => undefined, monotonicMs: () => 0 },
          openLaboratory: async (options) => {
            open += 1;
            return fakeLaboratory(
              options,
              () => {
                stop.abort(new Error('enough'));
                return new Promise<never>(() => undefined);
              },
              () => void (open -= 1),
            );
          },
          signal: stop.signal,
          onProgress: () => undefined,
        },
      ),
      /enough/,
    );
    assert.equal(open, 0);
  });

  it('tells only the stories that a group needs', async () => {
    const { transcript, results } = await examineFake(() => ({}), { only: 'watch' });
    assert.deepEqual([...transcript.stories.keys()].sort(), ['life', 'watch']);
    assert.ok(results.every(({ check }) => check.group === 'watch'));
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
