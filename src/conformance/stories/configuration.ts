/** What scripts say when the configuration or the statefile is not as it should be. */
import { type Plan, planned, run } from '../plan.ts';
import type { Story } from '../story.ts';

const readFirst =
  'Read the configuration before anything else, and tell a file that cannot be read (6) from one that is wrong (7).';

export const configurationPlan = {
  startMissing: planned(
    'start without configuration',
    'ha_start_daemon',
    [6],
    'codes.configuration-missing',
    'ha_start_daemon says that there is no configuration',
    readFirst,
  ),
  // The original goes on and fails at the statefile.
  initMissing: planned(
    'init without configuration',
    'ha_set_pool_state',
    [6, 8],
    'codes.configuration-missing',
    'init says that there is no configuration',
    readFirst,
    { args: ['init'] },
  ),
  startWrong: planned(
    'start with a broken configuration',
    'ha_start_daemon',
    [7],
    'codes.configuration-wrong',
    'ha_start_daemon refuses a configuration that is cut off',
    readFirst,
  ),
  initWrong: planned(
    'init with a broken configuration',
    'ha_set_pool_state',
    [7, 6, 8],
    'codes.configuration-wrong',
    'init refuses a configuration that is cut off',
    readFirst,
    { args: ['init'] },
  ),
  startGeneration: planned(
    'start with another generation',
    'ha_start_daemon',
    [10],
    'codes.generation',
    'ha_start_daemon refuses the statefile of another generation',
    'Compare GenerationUUID with what init has written and exit 10: this host has missed that high availability was disabled and enabled.',
  ),
  initGeneration: planned(
    'init with another generation',
    'ha_set_pool_state',
    [0],
    'codes.init',
    'init writes the new generation over the old',
    'Do not look at what the statefile holds before init.',
    { args: ['init'] },
  ),
  startLost: planned(
    'start without statefile',
    'ha_start_daemon',
    [8],
    'codes.statefile',
    'ha_start_daemon says that the statefile cannot be reached',
    'Exit 8 when reading or writing fails: the agent asks the others before it gives up.',
  ),
  initLost: planned(
    'init without statefile',
    'ha_set_pool_state',
    [8],
    'codes.statefile',
    'init says that the statefile cannot be reached',
    'Look at the result of writing, and wait until the disk has it (fsync).',
    { args: ['init'] },
  ),
  startDamaged: planned(
    'start with a damaged statefile',
    'ha_start_daemon',
    [9],
    'codes.statefile-damaged',
    'ha_start_daemon refuses a statefile that is damaged',
    'Write a signature and a checksum at init, and exit 9 when they are not there.',
  ),
  initDamaged: planned(
    'init with a damaged statefile',
    'ha_set_pool_state',
    [0],
    'codes.init',
    'init repairs a statefile that is damaged',
    'Do not look at what the statefile holds before init.',
    { args: ['init'], needed: true },
  ),
  startRepaired: planned(
    'start after repair',
    'ha_start_daemon',
    [0],
    'sequences.reinit',
    'after all that, a good configuration and statefile start',
    'Keep nothing of a start that has failed.',
    { group: 'sequences', needed: true },
  ),
} as const satisfies Plan;

export const configuration: Story = {
  name: 'configuration',
  title: 'configurations and statefiles that are wrong',
  hosts: 1,
  async tell(teller) {
    const plan = configurationPlan;
    const { laboratory } = teller;
    await laboratory.setConfiguration(1, undefined);
    await run(teller, plan.startMissing, plan.initMissing);
    await laboratory.setConfiguration(
      1,
      '<?xml version="1.0" encoding="utf-8"?>\n<xhad-config version="1.0"><common-config>',
    );
    await run(teller, plan.startWrong, plan.initWrong);
    await laboratory.newGeneration();
    await teller.need('prepare: init', 'ha_set_pool_state', ['init']);
    teller.state = 'initialised';
    await laboratory.newGeneration();
    await run(teller, plan.startGeneration, plan.initGeneration);
    await teller.host().setStatefile('lost');
    await run(teller, plan.startLost, plan.initLost);
    await teller.host().setStatefile('good');
    const { length } = await laboratory.readStatefile();
    await laboratory.damageStatefile(0, new Uint8Array(length).fill(0xa5));
    await run(teller, plan.startDamaged);
    await teller.rest('look after failed starts');
    await run(teller, plan.initDamaged, plan.startRepaired);
  },
};
