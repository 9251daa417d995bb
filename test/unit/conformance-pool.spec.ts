import assert from 'node:assert/strict';
import { judge } from '../../src/conformance/check.ts';
import { paces } from '../../src/conformance/pace.ts';
import { poolChecks } from '../../src/conformance/pool-checks.ts';
import type {
  CallRecord,
  DirectoryFacts,
  HostFacts,
  StepRecord,
  Transcript,
} from '../../src/conformance/transcript.ts';
import { hostUuids, livesetText } from '../lib/liveset.ts';

/** A moment at which a host said who lives. */
interface Said {
  readonly host: number;
  readonly atMs: number;
  readonly alive: readonly number[];
}

/** What came of a fault that struck the last host at 10 s. */
interface Outcome {
  readonly story: string;
  readonly hostCount?: number;
  readonly capabilities?: readonly string[];
  readonly during?: readonly Said[];
  /** At the end, on each host that was asked. */
  readonly after: readonly Omit<Said, 'atMs'>[];
  /** When hosts ended. */
  readonly ends: Readonly<Record<number, number>>;
  readonly settled?: boolean;
}

const struckMs = 10_000;
const fenceWithinMs = 4000;

function query(hosts: number, { host, atMs, alive }: Said): CallRecord {
  const changed = Object.fromEntries(
    Array.from({ length: hosts }, (_, index) => [`${index}/liveness`, alive.includes(index + 1) ? 'TRUE' : 'FALSE']),
  );
  return {
    script: 'ha_query_liveset',
    arguments: [],
    host,
    state: 'online',
    exitCode: 0,
    signal: undefined,
    timedOut: false,
    limitMs: 1000,
    hostEnded: false,
    stdout: livesetText({ hosts: hostUuids(hosts), changed }),
    stderr: '',
    truncated: false,
    startedMs: atMs - 10,
    endedMs: atMs,
  };
}

function step(name: string, given: Partial<StepRecord>): StepRecord {
  return { name, startedMs: struckMs, endedMs: 30_000, calls: [], hosts: [], lines: [], values: {}, ...given };
}

function transcriptOf(outcome: Outcome): Transcript {
  const { story, hostCount = 3, after, during = [], ends, settled = true } = outcome;
  const hosts = Array.from({ length: hostCount }, (_, index) => index + 1);
  const facts = hosts.map((host): HostFacts => {
    const atMs = ends[host];
    return {
      host,
      atMs: 30_000,
      running: atMs === undefined,
      ends: atMs === undefined ? [] : [{ atMs, by: 'watchdog' }],
      watchdogArmed: true,
      processes: [],
    };
  });
  const victim = hostCount;
  const asked = after.map((said) => {
    const call = query(hostCount, { ...said, atMs: 29_000 });
    return said.host === victim ? { ...call, script: 'the cut off host' } : call;
  });
  const steps = [
    step('formed', { calls: hosts.map((host) => query(hostCount, { host, atMs: 9000, alive: hosts })) }),
    step('fault', { calls: during.map((said) => query(hostCount, said)), values: { victim, struckMs, settled } }),
    step('after', { calls: asked, hosts: facts }),
  ];
  const directory: DirectoryFacts = {
    path: '/stacks/fake',
    mode: 0o40755,
    uid: 0,
    files: new Map(),
    manifest: undefined,
    manifestFault: undefined,
    capabilities: outcome.capabilities ?? [],
    fenceWithinMs,
    supportedSrs: undefined,
  };
  const told = {
    name: story,
    steps: new Map(steps.map((one) => [one.name, one])),
    stopped: undefined,
    unexpectedEnds: [],
  };
  return {
    directory,
    hostCount,
    stories: new Map([[story, told]]),
    timeouts: paces.fast.timeouts,
    hostUuids: new Map([[story, hostUuids(hostCount)]]),
  };
}

/** The checks of the story that fail, without what is the same in all their names. */
function failures(outcome: Outcome): readonly string[] {
  const transcript = transcriptOf(outcome);
  const prefix = outcome.story.replace('pool: ', 'faults.');
  return poolChecks
    .filter(({ id }) => id.startsWith(`${prefix}.`) && !id.endsWith('.rejoin'))
    .filter((check) => judge(check, transcript).kind === 'failed')
    .map(({ id }) => id.slice(prefix.length + 1));
}

const without3 = [1, 2].map((host) => ({ host, alive: [1, 2] }));
const all = [1, 2, 3].map((host) => ({ host, alive: [1, 2, 3] }));

describe('what the kit makes of a fault in a pool', () => {
  for (const story of ['pool: network', 'pool: statefile', 'pool: both']) {
    it(`is content when the host is fenced in time and the others go on: ${story}`, () => {
      const during = [
        { host: 1, atMs: 13_000, alive: [1, 2, 3] },
        { host: 2, atMs: 14_500, alive: [1, 2] },
      ];
      assert.deepEqual(failures({ story, during, after: without3, ends: { 3: 14_000 } }), []);
    });

    it(`sees two sides survive: ${story}`, () => {
      assert.deepEqual(failures({ story, after: without3, ends: {}, settled: false }), [
        'fenced',
        'one-side',
        'liveset',
      ]);
    });

    it(`sees a fence that comes too late, and after the others gave the host up: ${story}`, () => {
      const during = [{ host: 2, atMs: 14_500, alive: [1, 2] }];
      assert.deepEqual(failures({ story, during, after: without3, ends: { 3: 16_000 } }), ['fenced', 'dead']);
    });

    it(`sees that nobody goes on, or one of two does not: ${story}`, () => {
      const ends = { 1: 13_000, 2: 13_000, 3: 13_000 };
      assert.deepEqual(failures({ story, after: [], ends }), ['survivors']);
      assert.deepEqual(failures({ story, after: [{ host: 1, alive: [1] }], ends: { 2: 13_000, 3: 13_000 } }), [
        'survivors',
      ]);
    });

    it(`sees survivors that do not agree: ${story}`, () => {
      const after = [
        { host: 1, alive: [1, 2] },
        { host: 2, alive: [1, 2, 3] },
      ];
      assert.deepEqual(failures({ story, after, ends: { 3: 13_000 }, settled: false }), ['liveset']);
    });
  }

  it('lets nobody die of the network who agrees through the statefile', () => {
    assert.deepEqual(failures({ story: 'pool: network', after: all, ends: {} }), []);
    assert.deepEqual(failures({ story: 'pool: statefile', after: all, ends: {} }), ['fenced']);
  });

  it('holds a stack to its claim that it needs no network', () => {
    const outcome = { story: 'pool: network', capabilities: ['no_network'] };
    assert.deepEqual(failures({ ...outcome, after: all, ends: {} }), []);
    assert.deepEqual(failures({ ...outcome, after: without3, ends: { 3: 13_000 } }), ['survivors']);
  });

  it('lets either of two hosts be the one that lives, when they do not hear each other', () => {
    const outcome = { story: 'pool: network', hostCount: 2 };
    assert.deepEqual(failures({ ...outcome, after: [{ host: 1, alive: [1] }], ends: { 2: 13_000 } }), []);
    assert.deepEqual(failures({ ...outcome, after: [{ host: 2, alive: [2] }], ends: { 1: 13_000 } }), []);
    const both = [
      { host: 1, alive: [1] },
      { host: 2, alive: [2] },
    ];
    assert(failures({ ...outcome, after: both, ends: {} }).includes('one-side'));
    assert.deepEqual(failures({ ...outcome, after: [], ends: { 1: 13_000, 2: 13_000 } }), ['survivors']);
  });

  it('gives the others twice the time of the fence to know it', () => {
    const late = { story: 'pool: power', after: without3, ends: { 3: 10_000 } };
    assert.deepEqual(failures({ ...late, settled: true }), []);
    assert.deepEqual(failures({ ...late, settled: false }), ['liveset']);
  });
});
