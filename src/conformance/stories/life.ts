/** The whole life of a stack on one host, in order; each call is a check of its exit code. */
import { type Plan, planned, run } from '../plan.ts';
import type { Story, Teller } from '../story.ts';

const lookForDaemon = 'Look for the daemon first, and exit 14 when there is none.';
const needed = { needed: true } as const;

/** A second time: judged only when the first time was right. */
function again(step: string, codes: readonly number[] = [0]) {
  return { group: 'idempotence', baseline: { story: 'life', step, codes } } as const;
}

export const lifePlan = {
  init: planned(
    'init',
    'ha_set_pool_state',
    [0],
    'codes.init',
    'init makes a statefile',
    'Write the whole statefile anew, whatever was in it.',
    { args: ['init'], ...needed },
  ),
  initAgain: planned(
    'init again',
    'ha_set_pool_state',
    [0],
    'codes.init',
    'init can be repeated',
    'Do not look at what the statefile holds before init: the agent repeats a call whose answer it has not seen.',
    { args: ['init'], ...again('init') },
  ),
  query: planned(
    'query initialised',
    'ha_query_liveset',
    [14],
    'codes.no-daemon',
    'ha_query_liveset needs the daemon, not only a statefile',
    lookForDaemon,
  ),
  propose: planned(
    'propose initialised',
    'ha_propose_master',
    [14],
    'codes.no-daemon',
    'ha_propose_master needs the daemon, not only a statefile',
    lookForDaemon,
  ),
  disarm: planned(
    'disarm initialised',
    'ha_disarm_fencing',
    [14],
    'codes.no-daemon',
    'ha_disarm_fencing needs the daemon, not only a statefile',
    lookForDaemon,
  ),
  stop: planned(
    'stop initialised',
    'ha_stop_daemon',
    [0],
    'codes.no-daemon',
    'ha_stop_daemon succeeds before the daemon was ever started',
    'Exit 0 when there is nothing to stop.',
  ),
  start: planned(
    'start',
    'ha_start_daemon',
    [0],
    'codes.start',
    'ha_start_daemon makes this host a member',
    'Return 0 when the daemon says that it is in the liveset; the log of the daemon should tell what it waits for.',
    needed,
  ),
  queryOnline: planned(
    'query online',
    'ha_query_liveset',
    [0],
    'codes.query',
    'ha_query_liveset answers while the daemon runs',
    'Exit 0 when the daemon has answered.',
    needed,
  ),
  startOnline: planned(
    'start online',
    'ha_start_daemon',
    [15],
    'codes.start-running',
    'ha_start_daemon refuses a second daemon',
    'Exit 15 when a daemon answers: the agent takes it for "has been started" after its own restart.',
  ),
  initOnline: planned(
    'init online',
    'ha_set_pool_state',
    [15],
    'codes.init-running',
    'init is refused while the daemon runs',
    'Ask for the daemon before writing; an init under a running pool makes two pools of one.',
    { args: ['init'] },
  ),
  queryAfterInit: planned(
    'query after init online',
    'ha_query_liveset',
    [0],
    'codes.init-running',
    'an init that was refused leaves the daemon as it was',
    'Look for the daemon before anything of the statefile is changed.',
    { baseline: { story: 'life', step: 'init online', codes: [15] }, group: 'sequences' },
  ),
  active: planned(
    'active online',
    'ha_set_pool_state',
    [0],
    'codes.active',
    'active succeeds while the daemon runs',
    'Exit 0 when the pool is active already.',
    { args: ['active'] },
  ),
  activeAgain: planned(
    'active again',
    'ha_set_pool_state',
    [0],
    'codes.active',
    'active can be repeated',
    'Exit 0 when the pool is active already.',
    { args: ['active'], ...again('active online') },
  ),
  proposeOnline: planned(
    'propose online',
    'ha_propose_master',
    [0],
    'codes.propose',
    'ha_propose_master answers with 0, whoever gets the lock',
    'Print TRUE or FALSE and exit 0; other codes are for daemons that cannot answer.',
  ),
  proposeAgain: planned(
    'propose again',
    'ha_propose_master',
    [0],
    'codes.propose',
    'the holder of the lock can ask for it again',
    'Print TRUE and exit 0 when this host has the lock already.',
    again('propose online'),
  ),
  queryMaster: planned(
    'query master',
    'ha_query_liveset',
    [0],
    'codes.query',
    'ha_query_liveset answers when this host is the master',
    'Exit 0 when the daemon has answered.',
  ),
  queryTwice: planned(
    'query master again',
    'ha_query_liveset',
    [0],
    'codes.query',
    'ha_query_liveset can be repeated',
    'A query must not use up what it tells.',
    again('query master'),
  ),
  disarmOnline: planned(
    'disarm',
    'ha_disarm_fencing',
    [0],
    'codes.disarm',
    'ha_disarm_fencing disarms a member',
    'Tell the daemon to close its watchdog, wait until it has, exit 0.',
  ),
  disarmAgain: planned(
    'disarm again',
    'ha_disarm_fencing',
    [0],
    'codes.disarm',
    'ha_disarm_fencing can be repeated',
    'Exit 0 when it is disarmed already.',
    again('disarm'),
  ),
  queryDisarmed: planned(
    'query disarmed',
    'ha_query_liveset',
    [0],
    'sequences.disarm',
    'a disarmed daemon still answers',
    'Keep the daemon running after it has closed its watchdog.',
  ),
  startDisarmed: planned(
    'start disarmed',
    'ha_start_daemon',
    [15],
    'codes.start-running',
    'ha_start_daemon refuses a second daemon beside a disarmed one',
    'Exit 15 as long as there is a daemon, armed or not.',
  ),
  stopOnline: planned(
    'stop',
    'ha_stop_daemon',
    [0],
    'codes.stop',
    'ha_stop_daemon stops the daemon',
    'Wait until the process has gone, then exit 0.',
    needed,
  ),
  stopAgain: planned(
    'stop again',
    'ha_stop_daemon',
    [0],
    'codes.stop',
    'ha_stop_daemon can be repeated',
    'Exit 0 when there is nothing to stop.',
    again('stop initialised'),
  ),
  queryStopped: planned(
    'query stopped',
    'ha_query_liveset',
    [14],
    'codes.no-daemon',
    'ha_query_liveset says that the daemon was stopped',
    'Do not answer from a file that the daemon has left behind.',
  ),
  proposeStopped: planned(
    'propose stopped',
    'ha_propose_master',
    [14],
    'codes.no-daemon',
    'ha_propose_master says that the daemon was stopped',
    lookForDaemon,
  ),
  disarmStopped: planned(
    'disarm stopped',
    'ha_disarm_fencing',
    [14],
    'codes.no-daemon',
    'ha_disarm_fencing says that the daemon was stopped',
    lookForDaemon,
  ),
  startAgain: planned(
    'start again',
    'ha_start_daemon',
    [0],
    'sequences.restart',
    'a daemon that was stopped can be started again',
    'Remove what says that there is a daemon when it ends, and do not trust what an earlier one has left.',
    { group: 'sequences', ...needed },
  ),
  queryAgain: planned(
    'query again',
    'ha_query_liveset',
    [0],
    'codes.query',
    'ha_query_liveset answers after a second start',
    'Exit 0 when the daemon has answered.',
  ),
} as const satisfies Plan;

/** A daemon may take one of its turns to show who is master. */
async function showMaster(teller: Teller): Promise<void> {
  await teller.step('master shown', async (step) => {
    const deadline = teller.laboratory.nowMs() + 3000 * teller.timeouts.statefileIntervalSeconds;
    for (;;) {
      const { stdout, exitCode } = await step.call('ha_query_liveset');
      const shown = /<master>\s*TRUE/.test(stdout);
      step.note('shown', shown);
      if (shown || exitCode !== 0 || teller.laboratory.nowMs() >= deadline) return;
      await teller.laboratory.sleep(50);
    }
  });
}

export const life: Story = {
  name: 'life',
  title: 'from init to the second start',
  hosts: 1,
  async tell(teller) {
    const plan = lifePlan;
    await run(teller, plan.init);
    teller.state = 'initialised';
    await run(teller, plan.initAgain, plan.query, plan.propose, plan.disarm, plan.stop, plan.start);
    teller.state = 'online';
    await teller.step('look started', async (step) => void (await step.look()));
    await run(teller, plan.queryOnline, plan.startOnline);
    await run(teller, plan.initOnline, plan.queryAfterInit, plan.active, plan.activeAgain, plan.proposeOnline);
    teller.state = 'master';
    await showMaster(teller);
    await run(teller, plan.proposeAgain, plan.queryMaster, plan.queryTwice, plan.disarmOnline);
    teller.state = 'disarmed';
    await teller.rest('look disarmed', ({ watchdogArmed }) => !watchdogArmed);
    await run(teller, plan.disarmAgain, plan.queryDisarmed, plan.startDisarmed, plan.stopOnline);
    teller.state = 'stopped';
    await teller.rest('look stopped');
    await run(teller, plan.stopAgain, plan.queryStopped, plan.proposeStopped, plan.disarmStopped, plan.startAgain);
    teller.state = 'online';
    await run(teller, plan.queryAgain);
  },
};
