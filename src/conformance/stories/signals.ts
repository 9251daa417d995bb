/** Scripts that are killed while they work, as when the agent gives them up. */
import type { ScriptName } from '../../stack/contract.ts';
import { goOnline } from '../plan.ts';
import type { StepWork, Story, Teller } from '../story.ts';

/**
 * Runs a script and kills it with its process group after so many seconds, as the agent does. It is recorded by another name:
 * what it printed and how it ended mean nothing.
 */
async function kill(step: StepWork, command: string, signal: 'TERM' | 'KILL', afterSeconds: string): Promise<void> {
  const text = `setsid ${command} >/dev/null 2>&1 </dev/null & p=$!; sleep ${afterSeconds}; kill -${signal} -- -$p 2>/dev/null || kill -${signal} $p 2>/dev/null; wait $p; exit 0`;
  await step.shell(`killed ${command}`, text);
}

/** Scripts of a few milliseconds are hit at different places. */
const moments = ['0', '0.004', '0.01'] as const;

/** Kills a change at each of the moments; then it is called once more and left alone. */
async function repeat(teller: Teller, script: ScriptName, args: readonly string[] = []): Promise<void> {
  await teller.step(`kill ${script}`, async (step) => {
    for (const moment of moments) await kill(step, [script, ...args].join(' '), 'KILL', moment);
  });
  await teller.call(`repeat ${script}`, script, args);
}

export const signals: Story = {
  name: 'signals',
  title: 'scripts that are killed while they work',
  hosts: 1,
  async tell(teller) {
    await goOnline(teller);
    await teller.step('kill queries', async (step) => {
      for (const moment of moments) {
        await kill(step, 'ha_query_liveset', 'TERM', moment);
        await kill(step, 'ha_query_liveset', 'KILL', moment);
      }
    });
    const afterwards = await teller.call('query after killing queries', 'ha_query_liveset');
    teller.mustEndWith(afterwards, [0]);
    await repeat(teller, 'ha_set_pool_state', ['active']);
    await repeat(teller, 'ha_propose_master');
    await repeat(teller, 'ha_disarm_fencing');
    teller.mustEndWith(await teller.call('disarm for certain', 'ha_disarm_fencing'), [0]);
    await repeat(teller, 'ha_stop_daemon');
    teller.state = 'stopped';
    await teller.need('stop for certain', 'ha_stop_daemon');
    await repeat(teller, 'ha_set_excluded');
    await teller.step('kill init', async (step) => {
      for (const moment of moments) await kill(step, 'ha_set_pool_state init', 'KILL', moment);
    });
    await teller.need('repeat init', 'ha_set_pool_state', ['init']);
    teller.state = 'initialised';
    await teller.step('kill ha_start_daemon', async (step) => kill(step, 'ha_start_daemon', 'KILL', '0.03'));
    // The daemon may have come as far as living on by itself.
    await teller.call('repeat ha_start_daemon', 'ha_start_daemon');
    await teller.until('query after a killed start', 'ha_query_liveset', [0], teller.limits.callMs);
  },
};
