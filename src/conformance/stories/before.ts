/** Calls on a host that never had a stack, and words that are refused. */
import { type Plan, planned, run } from '../plan.ts';
import type { Story } from '../story.ts';

const lookForDaemon = 'Look for the daemon first, and exit 14 when there is none.';
const refuse = 'Look at the words before anything else, and exit 1 for all but init, active and invalid.';

export const beforePlan = {
  query: planned(
    'query',
    'ha_query_liveset',
    [14],
    'codes.no-daemon',
    'ha_query_liveset says before init that there is no daemon',
    lookForDaemon,
  ),
  propose: planned(
    'propose',
    'ha_propose_master',
    [14],
    'codes.no-daemon',
    'ha_propose_master says before init that there is no daemon',
    lookForDaemon,
  ),
  disarm: planned(
    'disarm',
    'ha_disarm_fencing',
    [14],
    'codes.no-daemon',
    'ha_disarm_fencing says before init that there is no daemon',
    `${lookForDaemon} The agent takes that for success.`,
  ),
  stop: planned(
    'stop',
    'ha_stop_daemon',
    [0],
    'codes.no-daemon',
    'ha_stop_daemon succeeds when there was never a daemon',
    'Exit 0 when there is nothing to stop.',
  ),
  start: planned(
    'start',
    'ha_start_daemon',
    [8, 9, 10, 11],
    'codes.start-uninitialised',
    'ha_start_daemon refuses a statefile that was never initialised',
    'Read the statefile before the daemon arms anything, and exit 9 when it is not what init writes.',
  ),
  noWord: planned(
    'no word',
    'ha_set_pool_state',
    [1],
    'arguments.pool-state',
    'ha_set_pool_state needs a word',
    refuse,
    { group: 'arguments' },
  ),
  emptyWord: planned(
    'empty word',
    'ha_set_pool_state',
    [1],
    'arguments.pool-state',
    'ha_set_pool_state refuses an empty word',
    refuse,
    { group: 'arguments', args: [''] },
  ),
  unknownWord: planned(
    'unknown word',
    'ha_set_pool_state',
    [1],
    'arguments.pool-state',
    'ha_set_pool_state refuses an unknown word',
    refuse,
    { group: 'arguments', args: ['frozen'] },
  ),
  unknownOption: planned(
    'unknown option',
    'ha_set_pool_state',
    [1],
    'arguments.pool-state',
    'ha_set_pool_state refuses an unknown option',
    refuse,
    { group: 'arguments', args: ['-x'] },
  ),
  prefix: planned(
    'part of a word',
    'ha_set_pool_state',
    [1],
    'arguments.pool-state',
    'ha_set_pool_state refuses a word that only begins like init',
    'Compare the whole word: "initial" is a mistake of the caller, and init destroys.',
    { group: 'arguments', args: ['initial'] },
  ),
} as const satisfies Plan;

export const before: Story = {
  name: 'before',
  title: 'calls before init, and wrong words',
  hosts: 1,
  newDisk: true,
  async tell(teller) {
    const plan = beforePlan;
    await run(teller, plan.query, plan.propose, plan.disarm, plan.stop, plan.start);
    await teller.rest('look');
    const earlier = await teller.laboratory.readStatefile();
    await run(teller, plan.noWord, plan.emptyWord, plan.unknownWord, plan.unknownOption, plan.prefix);
    const later = await teller.laboratory.readStatefile();
    await teller.step('statefile after wrong words', async (step) =>
      step.note('same', Buffer.compare(Buffer.from(earlier), Buffer.from(later)) === 0),
    );
  },
};
