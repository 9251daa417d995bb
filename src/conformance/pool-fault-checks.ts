/** What must come of it when one of several hosts is lost, or loses its ways to the others. */
import { type Check, failed, notApplicable, passed, type Verdict } from './check.ts';
import type { HostEnd } from './laboratory.ts';
import { NotReached } from './look.ts';
import { foundOf } from './plan.ts';
import { type PoolLook, poolCheck, saidWhenCutOff, seconds } from './pool-look.ts';
import { faults } from './pool-stories.ts';
import { hostList, noNetwork, noticeLimitMs, sameHosts, slackMs, type View } from './pool-view.ts';

interface Loss {
  /** The host that was struck. */
  readonly victim: number;
  readonly struckMs: number;
  /** Everybody else. */
  readonly rest: readonly number[];
  /** Who runs at the end. */
  readonly up: readonly number[];
  /** When a host ended after the fault. */
  readonly endOf: (host: number) => HostEnd | undefined;
}

function lossOf(pool: PoolLook): Loss {
  const victim = pool.value('fault', 'victim');
  const struckMs = pool.value('fault', 'struckMs');
  return {
    victim,
    struckMs,
    rest: pool.hosts.filter((host) => host !== victim),
    up: pool.hosts.filter((host) => pool.facts('after', host).running),
    endOf: (host) => pool.facts('after', host).ends.find(({ atMs }) => atMs >= struckMs),
  };
}

const claimsNoNetwork = (pool: PoolLook): boolean => pool.look.transcript.directory.capabilities.includes(noNetwork);

function fenced(pool: PoolLook): Verdict {
  const { victim, struckMs, up, endOf, rest } = lossOf(pool);
  const expected = `A host that is fenced within ${seconds(pool.fenceMs)}, as announced.`;
  // Of two hosts that do not hear each other, either may be the one that lives.
  const ended = [victim, ...rest].find((host) => endOf(host) !== undefined);
  if (ended === undefined) {
    // Whoever still agrees with all others through the statefile does no harm.
    const agreed = up.every((host) => sameHosts(lastSaid(pool, host)?.alive ?? [], up));
    if (pool.story === 'pool: network' && agreed) return passed;
    return failed(
      `Host ${String(victim)} was still running ${seconds(pool.step('after').endedMs - struckMs)} after the fault.`,
      expected,
      'Feed the watchdog only from the loop that does the work, after the statefile has been written and the others were heard; then it runs out by itself.',
    );
  }
  const tookMs = (endOf(ended)?.atMs ?? 0) - struckMs;
  if (tookMs <= pool.fenceMs + slackMs) return passed;
  return failed(
    `Host ${String(ended)} was fenced ${seconds(tookMs)} after the fault.`,
    expected,
    'Stop feeding as soon as the timeout has passed, or announce a longer fence_within_ms in stack.json.',
  );
}

/** What a host said at the end; undefined when it was not asked or did not answer. */
function lastSaid(pool: PoolLook, host: number): View | undefined {
  return pool.views('after').findLast((view) => view.host === host) ?? cutOffView(pool, host);
}

function cutOffView(pool: PoolLook, host: number): View | undefined {
  const view = saidWhenCutOff(pool, 'after');
  return view?.host === host ? view : undefined;
}

function oneSide(pool: PoolLook): Verdict {
  const { up } = lossOf(pool);
  for (const host of up) {
    const view = lastSaid(pool, host);
    const missing = up.filter((other) => view?.online === true && !view.alive.includes(other));
    if (missing.length === 0) continue;
    return failed(
      `Host ${String(host)} goes on without ${hostList(missing)}, and both run: two sides survive.`,
      'One side that goes on, and everybody else fenced.',
      'A side goes on only when it can be sure that the other one does not: more than half of the hosts, or the statefile, must be with it. Everybody else lets the watchdog run out.',
    );
  }
  return passed;
}

function survivors(pool: PoolLook): Verdict {
  const { rest, up, victim, endOf } = lossOf(pool);
  const wayOut = 'A host that reaches the statefile, or more than half of the others, goes on feeding its watchdog.';
  if (pool.story === 'pool: network') {
    const dead = pool.hosts.find((host) => endOf(host) !== undefined);
    if (dead !== undefined && claimsNoNetwork(pool)) {
      return failed(
        `Host ${String(dead)} was fenced, although stack.json claims ${noNetwork}.`,
        'Nobody is fenced when only the network is lost.',
        `Do without the network, or take ${noNetwork} out of stack.json.`,
      );
    }
    // Of two, any one.
    if (pool.hosts.length === 2 && up.length > 0) return onlineAll(pool, up.slice(0, 1));
  }
  const dead = rest.find((host) => !up.includes(host));
  if (dead === undefined) return onlineAll(pool, rest);
  return failed(
    `Host ${String(dead)} was fenced as well, although only host ${String(victim)} was struck.`,
    `${hostList(rest)} go on.`,
    wayOut,
  );
}

function onlineAll(pool: PoolLook, hosts: readonly number[]): Verdict {
  for (const host of hosts) {
    if (lastSaid(pool, host)?.online === true) continue;
    return failed(
      `Host ${String(host)} runs, and its daemon does not say Online any more.`,
      'A daemon that stays online.',
      'The loss of another host is no reason for a daemon to end.',
    );
  }
  return passed;
}

function liveset(pool: PoolLook): Verdict {
  const { rest, up } = lossOf(pool);
  const asked = rest.filter((host) => up.includes(host));
  const wayOut =
    'A host is not alive in the liveset when it is known to be dead, and alive otherwise; all survivors must come to the same.';
  for (const host of asked) {
    const view = pool.said('after', host);
    if (sameHosts(view.alive, up)) continue;
    return failed(
      `Host ${String(host)} says that ${hostList(view.alive)} live; ${hostList(up)} do.`,
      'A liveset that is right on every survivor.',
      wayOut,
    );
  }
  if (up.length === pool.hosts.length || pool.step('fault').values['settled'] === true) return passed;
  const limitMs = noticeLimitMs(pool.fenceMs);
  return failed(
    `The livesets of the survivors were not right within ${seconds(limitMs)}.`,
    `The others know it within ${seconds(limitMs)}: the announced ${seconds(pool.fenceMs)} from the moment at which they miss the host.`,
    'Take a host out of the liveset when the announced time has passed since its last sign of life.',
  );
}

function deadMeansDead(pool: PoolLook): Verdict {
  const { rest, endOf } = lossOf(pool);
  for (const view of pool.views('fault')) {
    if (!view.online || !rest.includes(view.host)) continue;
    const gone = pool.hosts.find((host) => {
      const end = endOf(host);
      return !view.alive.includes(host) && (end === undefined || end.atMs > view.atMs);
    });
    if (gone === undefined) continue;
    const end = endOf(gone);
    const then =
      end === undefined ? 'it was never fenced' : `it was fenced ${seconds(end.atMs - view.atMs)} after that`;
    return failed(
      `Host ${String(view.host)} said that host ${String(gone)} is not alive, and ${then}.`,
      'FALSE only when the host has ended: the agent starts its virtual machines elsewhere at once.',
      'Wait for the whole time within which the other host is fenced, from its last sign of life, before it is declared dead.',
    );
  }
  return passed;
}

function rejoin(pool: PoolLook): Verdict {
  const { up } = lossOf(pool);
  if (up.length === pool.hosts.length) return notApplicable('No host was fenced.');
  return cameBack(pool, 'rejoin');
}

/** A host that starts its daemon is seen by all. */
export function cameBack(pool: PoolLook, name: string): Verdict {
  const [start] = pool.step(`${name}: start`).calls;
  if (start === undefined) throw new NotReached('It was not started again.');
  if (start.exitCode !== 0) {
    return failed(
      foundOf(start),
      'Exit code 0: the host is a member again.',
      'A host that starts has a new life: what it wrote before it ended must not stand in its way, and the others must let it in.',
    );
  }
  for (const host of pool.hosts) {
    const view = pool.said(`${name}: seen`, host);
    if (view.online && sameHosts(view.alive, pool.hosts)) continue;
    return failed(
      `Host ${String(host)} says that ${hostList(view.alive)} live, after host ${String(start.host)} has come back.`,
      `All ${String(pool.hosts.length)} hosts alive on each of them.`,
      'ha_start_daemon returns when the host is in the liveset of all members.',
    );
  }
  return passed;
}

function checksOfFault(name: string): readonly Check[] {
  const story = `pool: ${name}`;
  const of = { power: 'its power', network: 'its network', statefile: 'the statefile', both: 'network and statefile' }[
    name
  ];
  const lost = `a host that has lost ${of ?? name}`;
  const make = (id: string, line: Parameters<typeof poolCheck>[3], title: string, judge: (pool: PoolLook) => Verdict) =>
    poolCheck(`faults.${name}.${id}`, 'faults', story, line, title, judge);
  return [
    ...(name === 'power' ? [] : [make('fenced', 'pool.one-side', `${lost} is fenced in time`, fenced)]),
    make('one-side', 'pool.one-side', `at most one side survives ${lost}`, oneSide),
    make('survivors', 'pool.loss', `the others go on without ${lost}`, survivors),
    make('liveset', 'pool.loss', `the others know about ${lost}`, liveset),
    make('dead', 'pool.dead-means-dead', `${lost} is declared dead only when it is`, deadMeansDead),
    make('rejoin', 'pool.rejoin', `${lost} comes back`, rejoin),
  ];
}

const all = poolCheck(
  'faults.all.survive',
  'faults',
  'pool: all',
  'pool.statefile-all',
  'all hosts survive the loss of the statefile while they hear each other',
  (pool) => {
    const dead = pool.hosts.find((host) => !pool.facts('fault', host).running);
    if (dead === undefined) return passed;
    return failed(
      `Host ${String(dead)} was fenced.`,
      'All hosts go on: a broken array must not take down every host.',
      'When all lose the statefile and all still hear each other, there is only one side; nobody has to be fenced.',
    );
  },
);

export const faultChecks: readonly Check[] = [
  ...faults.flatMap(({ name }) => checksOfFault(name)),
  {
    ...all,
    judge: (look) =>
      look.transcript.directory.capabilities.includes(noNetwork)
        ? notApplicable(`stack.json claims ${noNetwork}: hosts do not hear each other.`)
        : all.judge(look),
  },
];
