/** Calls of somebody who is not root. */
import { type ScriptName, scriptNames, scripts } from '../../stack/contract.ts';
import { goOnline } from '../plan.ts';
import type { Story } from '../story.ts';

/** What each is called with. */
const words: Partial<Record<ScriptName, readonly string[]>> = {
  ha_set_pool_state: ['active'],
  ha_set_host_weight: ['vms', '1'],
};

export const refusedScripts = scriptNames.filter((name) => name !== 'ha_watch_liveset');

export const privilege: Story = {
  name: 'privilege',
  title: 'calls of somebody who is not root',
  hosts: 1,
  async tell(teller) {
    await goOnline(teller);
    for (const script of refusedScripts) {
      if (!scripts[script].required && !teller.has(script)) continue;
      await teller.call(script, script, words[script] ?? [], { unprivileged: true });
    }
    await teller.step('query afterwards', async (step) => {
      await step.call('ha_query_liveset');
      await step.look();
    });
  },
};
