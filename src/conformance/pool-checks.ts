/** What several hosts must do together, beside surviving faults. */
import { type Check, failed, passed, type Verdict } from './check.ts';
import { NotReached } from './look.ts';
import { codesOf, foundOf } from './plan.ts';
import { cameBack, faultChecks } from './pool-fault-checks.ts';
import { type PoolLook, poolCheck, seconds } from './pool-look.ts';
import { saysTrue } from './pool-stories.ts';
import { hostList, noticeLimitMs, sameHosts } from './pool-view.ts';

const forming = 'pool: forming';

/** Does every host of `asked` say that exactly `alive` live, in the end of a step? */
function agree(
  pool: PoolLook,
  step: string,
  asked: readonly number[],
  alive: readonly number[],
  wayOut: string,
): Verdict {
  for (const host of asked) {
    const view = pool.said(step, host);
    if (view.online && sameHosts(view.alive, alive)) continue;
    const status = view.online ? '' : ' and is not online itself';
    return failed(
      `Host ${String(host)} says that ${hostList(view.alive)} live${status}.`,
      `${hostList(alive)}, on each of them.`,
      wayOut,
    );
  }
  return passed;
}

const formingChecks: readonly Check[] = [
  {
    id: 'forming.start',
    group: 'forming',
    line: 'pool.forming',
    title: 'hosts that start at the same time all become members',
    stories: [forming],
    hosts: 'many',
    judge: (look) => {
      const bad = look.step(forming, 'start').calls.find(({ exitCode }) => exitCode !== 0);
      if (bad === undefined) return passed;
      return failed(
        `On host ${String(bad.host)} ${foundOf(bad)}`,
        `Exit code ${codesOf([0])} on every host.`,
        'A host that starts waits for those that start with it, for as long as the time to join allows.',
      );
    },
  },
  poolCheck('forming.one', 'forming', forming, 'pool.forming', 'all hosts see the same liveset', (pool) =>
    agree(
      pool,
      'formed',
      pool.hosts,
      pool.hosts,
      'ha_start_daemon returns when all members know of the host; then all livesets are the same.',
    ),
  ),
  poolCheck('forming.left', 'forming', forming, 'pool.loss', 'the others see that a host has stopped', (pool) => {
    const stay = pool.hosts.slice(0, -1);
    return agree(
      pool,
      'left',
      stay,
      stay,
      'A daemon that is stopped says so before it ends, or the others notice that it is silent.',
    );
  }),
  poolCheck('forming.join', 'forming', forming, 'pool.join', 'a host that starts later joins', (pool) =>
    cameBack(pool, 'join'),
  ),
];

const lock = 'pool: lock';

function trueHosts(pool: PoolLook, step: string): readonly number[] {
  const { calls } = pool.step(step);
  return [...new Set(calls.filter(saysTrue).map(({ host }) => host))].sort((left, right) => left - right);
}

/** Every proposal of a step must have been answered, or the step says nothing about the lock. */
function answered(pool: PoolLook, step: string): void {
  const bad = pool.step(step).calls.find(({ script, exitCode }) => script === 'ha_propose_master' && exitCode !== 0);
  if (bad !== undefined) throw new NotReached(`On host ${String(bad.host)} ${foundOf(bad)}`);
}

const oneLock =
  'A host takes the lock only when no other can be taking it: let one write decide, or wait until all the others have read that it is wanted.';

function one(pool: PoolLook): Verdict {
  answered(pool, 'propose');
  const holders = trueHosts(pool, 'propose');
  if (holders.length === 1) return passed;
  const found =
    holders.length === 0 ? 'All were told FALSE, although nobody has it.' : `${hostList(holders)} were told TRUE.`;
  return failed(found, 'TRUE on one host, FALSE on all others.', oneLock);
}

function kept(pool: PoolLook): Verdict {
  answered(pool, 'propose again');
  const [holder] = trueHosts(pool, 'propose');
  const holders = trueHosts(pool, 'propose again');
  if (holder === undefined) throw new NotReached('Nobody got the lock.');
  if (sameHosts(holders, [holder])) return passed;
  return failed(
    `Host ${String(holder)} had the lock; asked again, ${hostList(holders)} got it.`,
    'TRUE again for the holder, FALSE for all others.',
    'The lock stays with its holder until that is known to be dead or has stopped.',
  );
}

function named(pool: PoolLook, step: string, master: number | undefined, hosts: readonly number[]): Verdict {
  if (master === undefined) throw new NotReached('Nobody got the lock.');
  for (const host of hosts) {
    const { masters } = pool.said(step, host);
    if (sameHosts(masters, [master])) continue;
    return failed(
      `Host ${String(host)} says that ${hostList(masters)} have the lock; host ${String(master)} got it.`,
      'All livesets name the holder.',
      'Publish the holder with the next turn after the lock was taken.',
    );
  }
  return passed;
}

function takenOver(pool: PoolLook): Verdict {
  answered(pool, 'takeover');
  if (trueHosts(pool, 'takeover').length > 0) return passed;
  return failed(
    `The holder of the lock was cut off, and nobody else got the lock within ${seconds(noticeLimitMs(pool.fenceMs))} and more.`,
    'TRUE for one of the others, once the holder is dead.',
    'The lock of a host that is known to be dead is free.',
  );
}

function afterFence(pool: PoolLook): Verdict {
  const holder = pool.value('takeover', 'victim');
  const struckMs = pool.value('takeover', 'struckMs');
  const had = pool.step('takeover').calls.find(saysTrue);
  if (had === undefined) throw new NotReached('Nobody took the lock over.');
  const end = pool.facts('takeover', holder).ends.find(({ atMs }) => atMs >= struckMs);
  if (end !== undefined && end.atMs <= had.endedMs) return passed;
  const dropped = pool.views('takeover').some((view) => view.atMs <= had.endedMs && !view.alive.includes(holder));
  if (dropped)
    throw new NotReached('The livesets had declared the holder dead before it was; the checks of faults tell.');
  return failed(
    `Host ${String(had.host)} got the lock ${end === undefined ? 'and the holder was never fenced' : `${seconds(end.atMs - had.endedMs)} before the holder was fenced`}.`,
    'TRUE only after the holder has ended.',
    'A lock may be taken from a host only when that is known to be dead: two masters change the same virtual machines.',
  );
}

function oneAfter(pool: PoolLook): Verdict {
  const holders = trueHosts(pool, 'takeover');
  if (holders.length === 0) throw new NotReached('Nobody took the lock over.');
  return holders.length === 1 ? passed : failed(`${hostList(holders)} were told TRUE.`, 'TRUE on one host.', oneLock);
}

const lockChecks: readonly Check[] = [
  poolCheck('lock.one', 'lock', lock, 'pool.lock', 'of all hosts that ask at once, one gets the lock', one),
  poolCheck('lock.kept', 'lock', lock, 'pool.lock', 'the holder keeps the lock', kept),
  poolCheck('lock.named', 'lock', lock, 'sequences.master', 'all livesets name the holder', (pool) =>
    named(pool, 'named', trueHosts(pool, 'propose')[0], pool.hosts),
  ),
  poolCheck('lock.taken-over', 'lock', lock, 'pool.lock-free', 'the lock of a dead host can be had', takenOver),
  poolCheck('lock.after-fence', 'lock', lock, 'pool.lock', 'and not before it is dead', afterFence),
  poolCheck('lock.one-after', 'lock', lock, 'pool.lock', 'by one host only', oneAfter),
  poolCheck('lock.named-anew', 'lock', lock, 'sequences.master', 'all livesets name the new holder', (pool) => {
    const holder = pool.value('takeover', 'victim');
    const rest = pool.hosts.filter((host) => host !== holder);
    return named(pool, 'named anew', trueHosts(pool, 'takeover')[0], rest);
  }),
];

const exclusion = 'pool: exclusion';
const invalid = 'pool: invalid';

function excluded(pool: PoolLook): Verdict {
  const host = pool.hosts.length;
  for (const other of pool.hosts.slice(0, -1)) {
    const view = pool.said('excluded', other);
    if (view.excluded.includes(host) && !view.alive.includes(host) && view.online) continue;
    const what = view.alive.includes(host) ? 'alive' : 'not excluded';
    return failed(
      `Host ${String(other)} says that host ${String(host)} is ${what}.`,
      'Excluded and not alive, on all others, which stay online.',
      'ha_set_excluded writes the mark where the others read it.',
    );
  }
  return passed;
}

function letIn(pool: PoolLook): Verdict {
  const back = cameBack(pool, 'let in');
  if (back.kind !== 'passed') return back;
  for (const host of pool.hosts) {
    const view = pool.said('let in: seen', host);
    if (view.excluded.length === 0) continue;
    return failed(
      `Host ${String(host)} says that ${hostList(view.excluded)} are excluded.`,
      'No host is excluded and online.',
      'A host that joins a liveset clears its mark.',
    );
  }
  return passed;
}

const poolStateChecks: readonly Check[] = [
  poolCheck('pool.excluded', 'pool', exclusion, 'pool.excluded', 'the others see that a host is excluded', excluded),
  poolCheck('pool.let-in', 'pool', exclusion, 'pool.excluded', 'an excluded host joins the others again', letIn),
  poolCheck('pool.invalid', 'pool', invalid, 'pool.invalid', 'invalid on one host ends the daemons of all', (pool) => {
    const left = pool.hosts.length - pool.value('gone', 'gone');
    if (left === 0) return passed;
    return failed(
      `${String(left)} of ${String(pool.hosts.length)} daemons still answered ${seconds(pool.fenceMs)} later, or their hosts were fenced.`,
      'ha_query_liveset ends with 14 on every host.',
      'Every turn of the daemon looks at the state of the pool; when it is invalid, it disarms and ends.',
    );
  }),
  poolCheck('pool.invalid-calm', 'pool', invalid, 'pool.invalid', 'and fences nobody', (pool) => {
    const dead = pool.hosts.find((host) => pool.facts('gone', host).ends.length > 0);
    if (dead === undefined) return passed;
    return failed(
      `Host ${String(dead)} was fenced.`,
      'All hosts go on without high availability.',
      'Close the watchdog with a V before the daemon ends.',
    );
  }),
  poolCheck('pool.invalid-start', 'pool', invalid, 'codes.start-invalid', 'and nobody can start then', (pool) => {
    const bad = pool.step('start invalid').calls.find(({ exitCode }) => exitCode !== 11);
    if (bad === undefined) return passed;
    return failed(
      `On host ${String(bad.host)} ${foundOf(bad)}`,
      `Exit code ${codesOf([11])} on every host.`,
      'Look at the state of the pool before anything is armed.',
    );
  }),
];

export const poolChecks: readonly Check[] = [...formingChecks, ...faultChecks, ...lockChecks, ...poolStateChecks];
