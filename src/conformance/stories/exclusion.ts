/** A host that is excluded and comes back. */
import { goOnline, type Plan, planned, run } from '../plan.ts';
import type { Story } from '../story.ts';

const writeOnly = 'Write the mark to the statefile when there is no daemon, and exit 0.';

export const exclusionPlan = {
  exclude: planned(
    'exclude',
    'ha_set_excluded',
    [0],
    'codes.excluded',
    'ha_set_excluded works when the daemon was stopped',
    writeOnly,
    { needed: true },
  ),
  excludeAgain: planned(
    'exclude again',
    'ha_set_excluded',
    [0],
    'codes.excluded',
    'ha_set_excluded can be repeated',
    'Exit 0 when the mark is there already.',
    { group: 'idempotence', baseline: { story: 'exclusion', step: 'exclude', codes: [0] } },
  ),
  query: planned(
    'query excluded',
    'ha_query_liveset',
    [14],
    'codes.no-daemon',
    'excluding starts no daemon',
    'Look for the daemon first, and exit 14 when there is none.',
  ),
  start: planned(
    'start excluded',
    'ha_start_daemon',
    [0, 18],
    'codes.start-excluded',
    'an excluded host that is alone is let in again, or told why not',
    'Take the mark away when the host joins, or exit 18.',
    { baseline: { story: 'life', step: 'start again', codes: [0] } },
  ),
  clear: planned(
    'clear',
    'ha_clear_excluded',
    [0],
    'codes.excluded',
    'ha_clear_excluded works without a daemon',
    writeOnly,
  ),
  clearAgain: planned(
    'clear again',
    'ha_clear_excluded',
    [0],
    'codes.excluded',
    'ha_clear_excluded can be repeated',
    'Exit 0 when there is no mark.',
    { group: 'idempotence', baseline: { story: 'exclusion', step: 'clear', codes: [0] } },
  ),
} as const satisfies Plan;

export const exclusion: Story = {
  name: 'exclusion',
  title: 'a host that is excluded and comes back',
  hosts: 1,
  async tell(teller) {
    const plan = exclusionPlan;
    await goOnline(teller);
    await teller.need('prepare: propose', 'ha_propose_master');
    await teller.need('prepare: disarm', 'ha_disarm_fencing');
    await teller.need('prepare: stop', 'ha_stop_daemon');
    teller.state = 'stopped';
    await run(teller, plan.exclude);
    teller.state = 'excluded';
    await run(teller, plan.excludeAgain, plan.query, plan.start);
    if (teller.lastExitCode === 0) {
      teller.state = 'online';
      await teller.need('query after joining', 'ha_query_liveset');
      await teller.need('disarm after joining', 'ha_disarm_fencing');
      await teller.need('stop after joining', 'ha_stop_daemon');
      teller.state = 'stopped';
      await teller.need('exclude a second time', 'ha_set_excluded');
    }
    teller.state = 'excluded';
    await run(teller, plan.clear, plan.clearAgain);
    if (teller.has('ha_clear_excluded')) {
      await teller.need('start after clearing', 'ha_start_daemon');
      teller.state = 'online';
      await teller.need('query after clearing', 'ha_query_liveset');
      await teller.need('disarm after clearing', 'ha_disarm_fencing');
      await teller.need('stop after clearing', 'ha_stop_daemon');
      teller.state = 'stopped';
      await teller.need('exclude before init', 'ha_set_excluded');
    }
    await teller.need('init anew', 'ha_set_pool_state', ['init']);
    teller.state = 'initialised';
    await teller.need('start anew', 'ha_start_daemon');
    teller.state = 'online';
    await teller.need('query anew', 'ha_query_liveset');
  },
};
