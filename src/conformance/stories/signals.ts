/** Scripts that are killed while they work, as when the agent gives them up. */
import type { ScriptName } from '../../stack/contract.ts';
import { goOnline } from '../plan.ts';
import type { StepWork, Story, Teller } from '../story.ts';
import type { CallRecord } from '../transcript.ts';

/**
 * Runs a script and kills it with its process group after so many seconds, as the agent does. It is recorded by another name:
 * what it printed and how it ended mean nothing.
 */
async function kill(step: StepWork, command: string, signal: 'TERM' | 'KILL', afterSeconds: string): Promise<void> {
  const text = `setsid ${command} >/dev/null 2>&1 </dev/null & p=$!; sleep ${afterSeconds}; kill -${signal} -- -$p 2>/dev/null || kill -${signal} $p 2>/dev/null; wait $p; exit 0`;
  await step.shell(`killed ${command}`, text);
}

/** At which parts of its usual time a script is killed. */
const parts = [0.2, 0.5, 0.8] as const;

async function killAtParts(step: StepWork, command: string, usualMs: number): Promise<void> {
  for (const part of parts) await kill(step, command, 'KILL', ((part * usualMs) / 1000).toFixed(3));
}

/** Kills a change at several moments; then it is called once more and left alone. */
async function repeat(
  teller: Teller,
  script: ScriptName,
  args: readonly string[] = [],
  usualMs?: number,
): Promise<void> {
  const usual = usualMs ?? durationOf(await teller.call(`usual ${script}`, script, args));
  await teller.step(`kill ${script}`, async (step) => killAtParts(step, [script, ...args].join(' '), usual));
  await teller.call(`repeat ${script}`, script, args);
}

function durationOf({ startedMs, endedMs }: CallRecord): number {
  return endedMs - startedMs;
}

export const signals: Story = {
  name: 'signals',
  title: 'scripts that are killed while they work',
  hosts: 1,
  async tell(teller) {
    await goOnline(teller);
    const usual = durationOf(await teller.call('usual query', 'ha_query_liveset'));
    await teller.step('kill queries', async (step) => {
      await kill(step, 'ha_query_liveset', 'TERM', ((parts[1] * usual) / 1000).toFixed(3));
      await killAtParts(step, 'ha_query_liveset', usual);
    });
    const afterwards = await teller.call('query after killing queries', 'ha_query_liveset');
    teller.mustEndWith(afterwards, [0]);
    await repeat(teller, 'ha_set_pool_state', ['active']);
    await repeat(teller, 'ha_propose_master');
    await repeat(teller, 'ha_disarm_fencing');
    teller.mustEndWith(await teller.call('disarm for certain', 'ha_disarm_fencing'), [0]);
    await repeat(teller, 'ha_stop_daemon', [], usual);
    teller.state = 'stopped';
    await teller.need('stop for certain', 'ha_stop_daemon');
    await repeat(teller, 'ha_set_excluded');
    const init = durationOf(await teller.need('usual init', 'ha_set_pool_state', ['init']));
    await teller.step('kill init', async (step) => killAtParts(step, 'ha_set_pool_state init', init));
    await teller.need('repeat init', 'ha_set_pool_state', ['init']);
    teller.state = 'initialised';
    await teller.step('kill ha_start_daemon', async (step) =>
      kill(step, 'ha_start_daemon', 'KILL', (usual / 1000).toFixed(3)),
    );
    // The daemon may have come as far as living on by itself.
    await teller.call('repeat ha_start_daemon', 'ha_start_daemon');
    await teller.until('query after a killed start', 'ha_query_liveset', [0], teller.limits.callMs);
  },
};
