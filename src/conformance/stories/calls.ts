/** Many calls: one after another, at the same time, and while something changes. */
import { goOnline } from '../plan.ts';
import type { StepWork, Story } from '../story.ts';

/** As many as one agent could have under way when it has been slow. */
export const atOnce = 20;

async function queries(step: StepWork, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, async () => step.call('ha_query_liveset')));
}

/** Queries for as long as something else goes on, and once more. */
async function queryWhile(step: StepWork, work: Promise<unknown>): Promise<void> {
  const state = { busy: true };
  const ended = work.finally(() => {
    state.busy = false;
  });
  // It is awaited below, when the query that is under way has ended.
  ended.catch(() => undefined);
  while (state.busy) await step.call('ha_query_liveset');
  await ended;
}

export const calls: Story = {
  name: 'calls',
  title: 'many calls at the same time',
  hosts: 1,
  async tell(teller) {
    await goOnline(teller);
    await teller.step('one after another', async (step) => {
      for (let count = 0; count < atOnce / 2; count += 1) await step.call('ha_query_liveset');
    });
    await teller.step('at once', async (step) => queries(step, atOnce));
    await teller.step('while a master is chosen', async (step) => queryWhile(step, step.call('ha_propose_master')));
    await teller.step('while the state is set', async (step) =>
      queryWhile(step, step.call('ha_set_pool_state', ['active'])),
    );
    await teller.step('after all that', async (step) => void (await step.call('ha_query_liveset')));
    await teller.need('prepare: disarm', 'ha_disarm_fencing');
    await teller.step('while it stops', async (step) => queryWhile(step, step.call('ha_stop_daemon')));
    teller.state = 'stopped';
    await teller.step('while it starts', async (step) => queryWhile(step, step.call('ha_start_daemon')));
  },
};
