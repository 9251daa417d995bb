/** High availability is ended for the whole pool, and begun again. */
import { goOnline, type Plan, planned, run } from '../plan.ts';
import type { Story } from '../story.ts';

const lookForDaemon = 'Look for the daemon first, and exit 14 when there is none.';

export const invalidPlan = {
  invalid: planned(
    'invalid',
    'ha_set_pool_state',
    [0],
    'codes.invalid',
    'invalid succeeds while the daemon runs',
    'Write the state to the statefile, tell the daemon, and exit 0.',
    { args: ['invalid'], needed: true },
  ),
  query: planned(
    'query invalid',
    'ha_query_liveset',
    [14],
    'codes.no-daemon',
    'ha_query_liveset says that the daemon has gone',
    lookForDaemon,
  ),
  propose: planned(
    'propose invalid',
    'ha_propose_master',
    [14],
    'codes.no-daemon',
    'nobody becomes master of a pool that is invalid',
    lookForDaemon,
  ),
  disarm: planned(
    'disarm invalid',
    'ha_disarm_fencing',
    [14],
    'codes.no-daemon',
    'ha_disarm_fencing finds no daemon when the pool is invalid',
    lookForDaemon,
  ),
  stop: planned(
    'stop invalid',
    'ha_stop_daemon',
    [0],
    'codes.stop',
    'ha_stop_daemon succeeds when the pool is invalid',
    'Exit 0 when there is nothing to stop.',
  ),
  start: planned(
    'start invalid',
    'ha_start_daemon',
    [11],
    'codes.start-invalid',
    'ha_start_daemon refuses a pool that is invalid',
    'Read the state of the pool before joining and exit 11: the agent learns from it that high availability was ended.',
    { baseline: { story: 'life', step: 'start again', codes: [0] } },
  ),
  exclude: planned(
    'exclude invalid',
    'ha_set_excluded',
    [11, 0],
    'codes.excluded-invalid',
    'ha_set_excluded says that the pool is not active',
    'Exit 11 when the state of the pool is not active.',
  ),
  again: planned(
    'invalid again',
    'ha_set_pool_state',
    [0],
    'codes.invalid',
    'invalid can be repeated, also without a daemon',
    'Write the statefile directly when there is no daemon, and exit 0.',
    { args: ['invalid'], group: 'idempotence', baseline: { story: 'invalid', step: 'invalid', codes: [0] } },
  ),
  init: planned(
    'init after invalid',
    'ha_set_pool_state',
    [0],
    'sequences.reinit',
    'a pool that is invalid can be initialised',
    'Do not look at what the statefile holds before init.',
    { args: ['init'], group: 'sequences', needed: true },
  ),
  restart: planned(
    'start after init',
    'ha_start_daemon',
    [0],
    'sequences.reinit',
    'a pool that was invalid can be started after init',
    'Forget everything of the pool before at init.',
    { group: 'sequences', needed: true },
  ),
} as const satisfies Plan;

export const invalid: Story = {
  name: 'invalid',
  title: 'a pool that is made invalid and initialised anew',
  hosts: 1,
  async tell(teller) {
    const plan = invalidPlan;
    await goOnline(teller);
    await run(teller, plan.invalid);
    teller.state = 'invalid';
    const { values } = await teller.until('daemon ends', 'ha_query_liveset', [14], teller.limits.longCallMs / 4);
    await teller.rest('look');
    if (values['reached'] !== true) teller.stop('The daemon runs on although the state of the pool is invalid.');
    await run(teller, plan.query, plan.propose, plan.disarm, plan.stop, plan.start);
    await teller.rest('look after start');
    await run(teller, plan.exclude, plan.again, plan.init);
    teller.state = 'initialised';
    await run(teller, plan.restart);
    teller.state = 'online';
    await teller.need('query at the end', 'ha_query_liveset');
  },
};
