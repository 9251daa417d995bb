/** Random stories: a seed draws the pool, its surroundings, what breaks when, and what operators do. */

import { type Seeded, seeded } from '../../../src/world/simulated/seeded.ts';
import type { XhadTimings } from '../../../src/xhad/core/settings.ts';
import { timingFaults } from '../../../src/xhad/core/settings.ts';
import { Cluster } from './cluster.ts';
import { type Sabotage, Violation } from './host.ts';

export interface Deed {
  readonly atMs: number;
  readonly kind: string;
  readonly host: number;
  readonly amount: number;
}

export interface Story {
  readonly seed: string;
  readonly hosts: number;
  readonly timings: XhadTimings;
  readonly deeds: readonly Deed[];
}

/** Those at which the original was measured. */
export const originalTimings: XhadTimings = {
  heartbeatIntervalMs: 1000,
  heartbeatTimeoutMs: 4000,
  statefileIntervalMs: 1000,
  statefileTimeoutMs: 4000,
  heartbeatWatchdogMs: 4000,
  statefileWatchdogMs: 6000,
  bootJoinMs: 30_000,
  enableJoinMs: 30_000,
};

const quick: XhadTimings = {
  heartbeatIntervalMs: 200,
  heartbeatTimeoutMs: 1000,
  statefileIntervalMs: 250,
  statefileTimeoutMs: 1000,
  heartbeatWatchdogMs: 1000,
  statefileWatchdogMs: 1500,
  bootJoinMs: 10_000,
  enableJoinMs: 10_000,
};

/** What can happen, and what its amount is drawn from. */
const deeds: Readonly<Record<string, (cluster: Cluster, deed: Deed) => void>> = {
  power: (cluster, { host }) => cluster.power(host),
  start: (cluster, { host }) => cluster.start(host),
  pause: (cluster, { host, amount }) => cluster.pause(host, amount),
  isolate: (cluster, { host }) => cluster.isolate(host, true),
  'isolate-in': (cluster, { host }) => cluster.isolate(host, true, 'in'),
  'isolate-out': (cluster, { host }) => cluster.isolate(host, true, 'out'),
  rejoin: (cluster, { host }) => cluster.isolate(host, false),
  'cut-link': (cluster, { host, amount }) => cluster.setLink(host, Math.floor(amount) % cluster.hosts.length, true),
  'mend-all': (cluster) => {
    for (const host of cluster.hosts.keys()) cluster.isolate(host, false);
  },
  split: (cluster, { amount }) => {
    const sides = Math.floor(amount);
    cluster.note(`the network is split by ${sides.toString(2)}`);
    for (const from of cluster.hosts.keys())
      for (const to of cluster.hosts.keys())
        if (((sides >> (from % 16)) & 1) !== ((sides >> (to % 16)) & 1)) cluster.setLink(from, to, true);
  },
  'power-all': (cluster) => {
    for (const host of cluster.hosts.keys()) cluster.power(host);
  },
  'start-all': (cluster) => {
    for (const host of cluster.hosts.keys()) cluster.start(host);
  },
  'statefile-lost': (cluster, { host }) => cluster.setStatefile(host, 'lost'),
  'statefile-hung': (cluster, { host }) => cluster.setStatefile(host, 'hung'),
  'statefile-slow': (cluster, { host }) => cluster.setStatefile(host, 'slow'),
  'statefile-good': (cluster, { host }) => cluster.setStatefile(host, 'good'),
  'statefile-lost-all': (cluster) => {
    for (const host of cluster.hosts.keys()) cluster.setStatefile(host, 'lost');
  },
  'statefile-good-all': (cluster) => {
    for (const host of cluster.hosts.keys()) cluster.setStatefile(host, 'good');
  },
  propose: (cluster, { host }) => void cluster.command(host, (id) => ({ kind: 'propose-master', id })),
  'propose-all': (cluster) => {
    for (const host of cluster.hosts.keys()) cluster.command(host, (id) => ({ kind: 'propose-master', id }));
  },
  weight: (cluster, { host, amount }) =>
    void cluster.command(host, (id) => ({ kind: 'set-weight', id, weight: Math.floor(amount) % 10 })),
  exclude: (cluster, { host }) => void cluster.command(host, (id) => ({ kind: 'set-excluded', id, excluded: true })),
  'disarm-stop': (cluster, { host }) => {
    cluster.command(host, (id) => ({ kind: 'disarm', id }));
    cluster.command(host, (id) => ({ kind: 'stop', id }));
  },
};

const kinds = Object.keys(deeds);

/** `wanted` limits what can happen, for a fault that only some of it shows. */
export function drawStory(seed: string, wanted?: readonly string[]): Story {
  const random = seeded(seed).derive('story');
  const timings = random.chance(0.5) ? originalTimings : quick;
  const faults = timingFaults(timings);
  if (faults.length > 0) throw new Error(faults.join(' '));
  const hosts = random.chance(0.1) ? 4 + random.integer(5) : 2 + random.integer(3);
  // Each story knows only some of the deeds, so that rare ones meet often.
  const known = kinds.filter((kind) => (wanted === undefined ? random.chance(0.4) : wanted.includes(kind)));
  const scaleMs = timings.heartbeatTimeoutMs;
  const story: Deed[] = [];
  let atMs = timings === quick ? 4000 : 8000;
  const count = 1 + random.integer(14);
  for (let at = 0; at < count && known.length > 0; at += 1) {
    atMs += random.chance(0.5) ? random.between(0, scaleMs / 2) : random.between(0, 6 * scaleMs);
    const kind = known[random.integer(known.length)] ?? 'start';
    story.push({
      atMs,
      kind,
      host: random.integer(hosts),
      amount: random.between(0, kind === 'pause' ? 3 * scaleMs : 65_536),
    });
    // What broke is often mended, and who died is often started, soon after.
    if (random.chance(0.4)) {
      const mend = random.chance(0.5) ? 'mend-all' : random.chance(0.5) ? 'start-all' : 'statefile-good-all';
      story.push({
        atMs: atMs + random.between(0, 5 * scaleMs),
        kind: random.chance(0.4) ? 'start' : mend,
        host: random.integer(hosts),
        amount: 0,
      });
    }
  }
  return { seed, hosts, timings, deeds: story.toSorted((one, other) => one.atMs - other.atMs) };
}

export interface Telling {
  readonly violation: string | undefined;
  readonly log: readonly string[];
}

/** Plays a story, mends everything, starts everybody, and looks whether the pool comes together again. */
export function tell(story: Story, sabotage?: Sabotage): Telling {
  const random: Seeded = seeded(story.seed).derive('surroundings-kind');
  const calm = random.chance(0.4);
  const cluster = new Cluster({
    seed: story.seed,
    hosts: story.hosts,
    timings: story.timings,
    surroundings: {
      loss: calm ? 0 : random.between(0, 0.05),
      duplicates: calm ? 0 : random.between(0, 0.05),
      delayMs: random.between(1, 15),
      diskMs: random.between(2, 20),
      tornReads: calm ? 0 : random.between(0, 0.002),
      drift: random.between(0, 0.002),
    },
    ...(sabotage === undefined ? {} : { sabotage }),
  });
  try {
    for (const host of cluster.hosts.keys()) cluster.after(random.between(0, 500), () => cluster.start(host));
    for (const deed of story.deeds) {
      cluster.run(Math.max(deed.atMs, cluster.nowMs));
      deeds[deed.kind]?.(cluster, deed);
      cluster.check();
    }
    cluster.run(cluster.nowMs + 3 * story.timings.heartbeatTimeoutMs);
    settle(cluster, story);
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown;
    return {
      violation: thrown instanceof Violation ? thrown.message : `a fault of the program: ${thrown.stack}`,
      log: cluster.log,
    };
  }
  return { violation: undefined, log: cluster.log };
}

/** From the last fault to a settled liveset there is a bound. */
function settle(cluster: Cluster, story: Story): void {
  cluster.note('all is mended');
  for (const host of cluster.hosts.keys()) {
    cluster.isolate(host, false);
    cluster.setStatefile(host, 'good');
  }
  const { timings } = story;
  const roundMs =
    2 * (timings.heartbeatTimeoutMs + timings.statefileTimeoutMs) +
    2 * Math.max(timings.heartbeatWatchdogMs, timings.statefileWatchdogMs);
  const untilMs = cluster.nowMs + 3 * (timings.bootJoinMs + roundMs);
  let settledMs: number | undefined;
  while (cluster.nowMs < untilMs) {
    if (cluster.poolState === 'INVALID') return;
    for (const host of cluster.hosts) if (host.core === undefined) cluster.start(host.index);
    cluster.run(cluster.nowMs + 1000);
    const all = cluster.hosts.every(
      (host) =>
        host.online &&
        host.core?.state.phase === 'STARTED' &&
        host.core.state.current === (1n << BigInt(story.hosts)) - 1n,
    );
    settledMs = all ? (settledMs ?? cluster.nowMs) : undefined;
    if (settledMs !== undefined && cluster.nowMs - settledMs > timings.heartbeatTimeoutMs)
      return askForMaster(cluster, story);
  }
  // A disarmed member never changes its liveset; it is the operator's to stop.
  if (cluster.hosts.some((host) => host.core?.state.fencing === 'disarmed')) return;
  throw new Violation(
    cluster.nowMs,
    `the pool has not come together: ${cluster.hosts.map((host) => `${host.index} ${host.core?.state.phase ?? host.lastEnd?.reason ?? 'off'} {${host.core?.state.current.toString(2) ?? ''}}`).join(', ')}`,
  );
}

/** All ask at once; one gets the lock, or has it already. */
function askForMaster(cluster: Cluster, story: Story): void {
  const asked = [...cluster.hosts.keys()].map((host) =>
    cluster.command(host, (id) => ({ kind: 'propose-master', id })),
  );
  const { timings } = story;
  cluster.run(
    cluster.nowMs +
      10 * Math.max(timings.statefileIntervalMs, timings.heartbeatIntervalMs) +
      timings.statefileTimeoutMs,
  );
  const answers = asked.map((id, host) => cluster.answer(host, id)?.value);
  if (answers.filter((answer) => answer === true).length !== 1 || answers.includes(undefined))
    throw new Violation(
      cluster.nowMs,
      `all asked for the lock of the master, and the answers are ${answers.join(', ')}`,
    );
}
