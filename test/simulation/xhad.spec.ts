/** The core of the embedded stack, many daemons at a time in virtual time. Each test is what befalls a pool, and what must come of it. */
import assert from 'node:assert/strict';
import { decisionMs, fenceWaitMs, timingFaults } from '../../src/xhad/core/settings.ts';
import { broken } from './xhad/broken.ts';
import { Cluster } from './xhad/cluster.ts';
import { drawStory, tell, originalTimings as timings } from './xhad/story.ts';

const surroundings = { loss: 0, duplicates: 0, delayMs: 5, diskMs: 10, tornReads: 0, drift: 0.001 };

/** Stories that are told at every run of the tests; hunts go further by QUORATE_XHAD_STORIES. */
const stories = Number(process.env['QUORATE_XHAD_STORIES'] ?? 150);

/** Stories in which a promise was broken once, told first. */
const found = [
  's255',
  's2670',
  's3077',
  's3267',
  't570',
  'h201463',
  'h214053',
  'h213942',
  'h300625',
  'h301170',
  'h302475',
];

function pool(hosts: number): Cluster {
  const cluster = new Cluster({ seed: 'named', hosts, timings, surroundings });
  for (let index = 0; index < hosts; index += 1) cluster.start(index);
  cluster.run(10_000);
  return cluster;
}

const listOf = (cluster: Cluster, host: number): string | undefined =>
  cluster.host(host).core?.state.current.toString(2);
const endOf = (cluster: Cluster, host: number): string | undefined => cluster.host(host).lastEnd?.by;

describe('daemons of the embedded stack', () => {
  it('form a liveset of all when high availability is enabled, and make the pool active', () => {
    const cluster = pool(3);
    assert.deepEqual(
      [0, 1, 2].map((host) => listOf(cluster, host)),
      ['111', '111', '111'],
    );
    assert.equal(cluster.poolState, 'ACTIVE');
  });

  it('form none when one stays away, and say so', () => {
    const cluster = new Cluster({ seed: 'away', hosts: 3, timings, surroundings });
    cluster.start(0);
    cluster.start(1);
    cluster.run(40_000);
    assert.deepEqual(
      [0, 1].map((host) => cluster.host(host).lastEnd?.exitCode),
      [12, 12],
    );
  });

  it('go on without a host that lost its power, after its watchdogs must have run out and not before', () => {
    const cluster = pool(3);
    cluster.power(2);
    const deadMs = cluster.nowMs;
    cluster.run(deadMs + fenceWaitMs(timings));
    assert.equal(listOf(cluster, 0), '111');
    cluster.run(deadMs + timings.heartbeatTimeoutMs + fenceWaitMs(timings) + 1000);
    assert.deepEqual([listOf(cluster, 0), listOf(cluster, 1)], ['11', '11']);
  });

  it('fence the host whose network is cut, before the others go on without it', () => {
    const cluster = pool(3);
    cluster.isolate(1, true);
    cluster.run(40_000);
    assert.equal(endOf(cluster, 1), 'fenced');
    assert.deepEqual([listOf(cluster, 0), listOf(cluster, 2)], ['101', '101']);
  });

  for (const way of ['in', 'out'] as const)
    it(`fence the host that ${way === 'in' ? 'hears nobody' : 'nobody hears'}, as if the link were cut both ways`, () => {
      const cluster = pool(3);
      cluster.isolate(1, true, way);
      cluster.run(50_000);
      assert.equal(endOf(cluster, 1), 'fenced');
      assert.deepEqual([listOf(cluster, 0), listOf(cluster, 2)], ['101', '101']);
    });

  it('keep the heavier half of two hosts', () => {
    const cluster = pool(2);
    cluster.command(1, (id) => ({ kind: 'set-weight', id, weight: 3 }));
    // The weight counts from the next time that all agree.
    cluster.isolate(1, true);
    cluster.run(60_000);
    assert.equal(endOf(cluster, 0), 'fenced');
    assert.equal(listOf(cluster, 1), '10');
  });

  it('keep the lower of two equal halves', () => {
    const cluster = pool(2);
    cluster.isolate(0, true);
    cluster.run(60_000);
    assert.equal(endOf(cluster, 1), 'fenced');
    assert.equal(listOf(cluster, 0), '1');
  });

  it('fence the host that alone lost the statefile', () => {
    const cluster = pool(3);
    cluster.setStatefile(0, 'lost');
    cluster.run(40_000);
    assert.equal(endOf(cluster, 0), 'fenced');
    assert.deepEqual([listOf(cluster, 1), listOf(cluster, 2)], ['110', '110']);
  });

  it('all live on when all lose the statefile, and when it comes back', () => {
    const cluster = pool(3);
    for (const host of [0, 1, 2]) cluster.setStatefile(host, 'lost');
    cluster.run(40_000);
    assert.ok([0, 1, 2].every((host) => cluster.host(host).core?.state.withoutStatefile === true));
    for (const host of [0, 1, 2]) cluster.setStatefile(host, 'good');
    cluster.run(60_000);
    assert.ok(
      [0, 1, 2].every(
        (host) => cluster.host(host).core?.state.withoutStatefile === false && listOf(cluster, host) === '111',
      ),
    );
  });

  it('lose a host that hangs by its watchdog', () => {
    const cluster = pool(3);
    cluster.pause(0, 60_000);
    cluster.run(40_000);
    assert.equal(endOf(cluster, 0), 'watchdog');
    assert.equal(listOf(cluster, 1), '110');
  });

  it('bear a host that hangs for less than its timeout', () => {
    const cluster = pool(3);
    cluster.pause(0, timings.heartbeatTimeoutMs / 2);
    cluster.run(40_000);
    assert.deepEqual(
      [0, 1, 2].map((host) => listOf(cluster, host)),
      ['111', '111', '111'],
    );
  });

  it('take a host in again that has started anew', () => {
    const cluster = pool(3);
    cluster.power(2);
    cluster.run(40_000);
    cluster.start(2);
    cluster.run(60_000);
    assert.deepEqual(
      [0, 1, 2].map((host) => listOf(cluster, host)),
      ['111', '111', '111'],
    );
  });

  it('take a host in that comes back before anybody has missed it, once its former life is over', () => {
    const cluster = pool(3);
    cluster.power(2);
    cluster.run(10_500);
    cluster.start(2);
    cluster.run(80_000);
    if (cluster.host(2).core === undefined) cluster.start(2);
    cluster.run(120_000);
    assert.deepEqual(
      [0, 1, 2].map((host) => listOf(cluster, host)),
      ['111', '111', '111'],
    );
  });

  it('give the lock of the master to one of those who ask, and to another when that one has died', () => {
    const cluster = pool(3);
    const ask = (host: number): number => cluster.command(host, (id) => ({ kind: 'propose-master', id }));
    const asked = [0, 1, 2].map(ask);
    cluster.run(20_000);
    const answers = asked.map((id, host) => cluster.answer(host, id)?.value);
    assert.equal(answers.filter((answer) => answer === true).length, 1);
    assert.equal(answers.filter((answer) => answer === false).length, 2);
    const master = answers.indexOf(true);
    cluster.power(master);
    const other = master === 0 ? 1 : 0;
    const again = ask(other);
    cluster.run(22_000);
    assert.notEqual(cluster.answer(other, again)?.value, true);
    cluster.run(60_000);
    const later = ask(other);
    cluster.run(80_000);
    assert.equal(cluster.answer(other, later)?.value, true);
  });

  it('all leave when the pool is made invalid, and fence nobody', () => {
    const cluster = pool(3);
    cluster.command(1, (id) => ({ kind: 'set-pool-state', id, poolState: 'INVALID' }));
    cluster.run(20_000);
    assert.deepEqual(
      [0, 1, 2].map((host) => [endOf(cluster, host), cluster.host(host).lastEnd?.exitCode]),
      [
        ['exit', 11],
        ['exit', 11],
        ['exit', 11],
      ],
    );
  });

  it('never fence a host that was disarmed', () => {
    const cluster = pool(3);
    cluster.command(1, (id) => ({ kind: 'disarm', id }));
    cluster.isolate(1, true);
    cluster.run(60_000);
    assert.notEqual(cluster.host(1).core, undefined);
  });

  it('do not stop while they are armed', () => {
    const cluster = pool(2);
    const id = cluster.command(0, (at) => ({ kind: 'stop', id: at }));
    cluster.run(12_000);
    assert.equal(cluster.answer(0, id)?.exitCode, 17);
    assert.equal(listOf(cluster, 0), '11');
  });

  it('of two halves that start apart never form two livesets', () => {
    const cluster = pool(4);
    for (const host of [0, 1, 2, 3]) cluster.power(host);
    for (const from of [0, 1])
      for (const to of [2, 3])
        for (const [one, other] of [
          [from, to],
          [to, from],
        ] as const)
          cluster.setLink(one, other, true);
    for (const host of [0, 1, 2, 3]) cluster.start(host);
    cluster.run(80_000);
    assert.deepEqual(
      [0, 1, 2, 3].map((host) => listOf(cluster, host)),
      ['11', '11', undefined, undefined],
    );
  });

  it(`keep every promise in ${stories} random stories, and come together again after each`, function () {
    this.timeout(Math.max(60_000, stories * 1000));
    for (let at = 0; at < stories; at += 1) {
      const seed = at < found.length ? (found[at] ?? '') : `story-${at}`;
      const { violation, log } = tell(drawStory(seed));
      assert.equal(violation, undefined, `${seed}: ${violation}\n${log.slice(-40).join('\n')}`);
    }
  });

  it('tell the same story twice in the same way', () => {
    for (const seed of ['one', 'two', 'three']) assert.deepEqual(tell(drawStory(seed)), tell(drawStory(seed)));
  });
});

describe('a daemon that is broken on purpose', () => {
  for (const [name, sabotage] of Object.entries(broken))
    it(`is caught when it ${name}`, function () {
      this.timeout(180_000);
      for (let at = 0; at < 1000; at += 1)
        if (tell(drawStory(`b${at}`, sabotage.deeds), sabotage).violation !== undefined) return;
      assert.fail('a thousand stories have not shown it');
    });
});

describe('the times of a pool', () => {
  it('fit each other, or it is said which do not and why', () => {
    assert.deepEqual(timingFaults(timings), []);
    const [fault = ''] = timingFaults({ ...timings, statefileWatchdogMs: 4000 });
    assert.match(fault, /statefile watchdog \(4000 ms\).*slow disk/);
    assert.equal(timingFaults({ ...timings, heartbeatIntervalMs: 0 }).length > 0, true);
  });

  it('say how long a lost host is waited for', () => {
    assert.equal(decisionMs(timings), 5000);
    assert.equal(fenceWaitMs(timings), 4000 + 5000 + 1000);
  });
});
