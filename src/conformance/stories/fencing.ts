/** The daemon dies, or stands still. */
import { fenceMsOf, watchdogMsOf } from '../pace.ts';
import { goOnline } from '../plan.ts';
import type { Story, Teller } from '../story.ts';

/** Beyond the announced time: for the keeper of the laboratory to notice, and for the machine to be busy. */
const slackMs = 2000;

/** Sends a signal to everything that the stack runs, and waits for the end of the host or, when it lives on, asks it. */
async function strike(teller: Teller, signal: 'SIGKILL' | 'SIGSTOP', limitMs: number): Promise<void> {
  await teller.step(signal, async (step) => {
    const { processes } = await step.look();
    step.note('processes', processes.length);
    for (const { pid } of processes) teller.host().signalProcess(pid, signal);
    const end = await teller.host().ended(limitMs);
    step.note('limitMs', limitMs);
    step.note('fenced', end !== undefined);
    if (end === undefined) await step.call('ha_query_liveset', [], { timeoutMs: teller.limits.callMs });
    await step.look();
  });
}

function fatal(name: string, title: string, signal: 'SIGKILL' | 'SIGSTOP'): Story {
  return {
    name,
    title,
    hosts: 1,
    async tell(teller) {
      await goOnline(teller);
      teller.expectEnd();
      await strike(teller, signal, fenceMsOf(teller.timeouts) + slackMs);
    },
  };
}

export const fencingStories: readonly Story[] = [
  {
    name: 'fencing: calm',
    title: 'nothing happens for longer than a watchdog waits',
    hosts: 1,
    async tell(teller) {
      await goOnline(teller);
      await teller.laboratory.sleep(1.5 * watchdogMsOf(teller.timeouts));
      await teller.call('query', 'ha_query_liveset');
    },
  },
  fatal('fencing: killed', 'the daemon is killed', 'SIGKILL'),
  fatal('fencing: stuck', 'the daemon stands still', 'SIGSTOP'),
  {
    name: 'fencing: disarmed',
    title: 'the daemon is killed after it was disarmed',
    hosts: 1,
    async tell(teller) {
      await goOnline(teller);
      await teller.need('disarm', 'ha_disarm_fencing');
      teller.state = 'disarmed';
      teller.expectEnd();
      await strike(teller, 'SIGKILL', watchdogMsOf(teller.timeouts) + slackMs / 4);
    },
  },
];
