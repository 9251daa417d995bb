/** The optional script that goes on and tells what has changed. */
import { comfort } from '../command-line.ts';
import { goOnline } from '../plan.ts';
import type { StepWork, Story, Teller } from '../story.ts';

/** Longest time that a change may take to be printed. */
export function watchMs(teller: Pick<Teller, 'limits'>): number {
  return teller.limits.callMs;
}

/** From SIGTERM to the end; the laboratory ends what takes two seconds. */
const endMs = 1000;

/** Waits until an empty line has come after at least one line; the lines are recorded. */
function documents(
  teller: Teller,
  step: StepWork,
): { readonly next: () => Promise<boolean>; readonly stop: () => void } {
  const told = { complete: 0, taken: 0, open: false };
  const stop = teller.host().follow('/bin/sh', ['-c', `${comfort}; exec ha_watch_liveset </dev/null`], (line) => {
    step.line(1, line);
    if (line === '' && told.open) told.complete += 1;
    told.open = line !== '';
  });
  return {
    stop,
    next: async () => {
      const deadline = teller.laboratory.nowMs() + watchMs(teller);
      while (told.complete <= told.taken && teller.laboratory.nowMs() < deadline) await teller.laboratory.sleep(20);
      const came = told.complete > told.taken;
      told.taken = told.complete;
      return came;
    },
  };
}

export const watch: Story = {
  name: 'watch',
  title: 'ha_watch_liveset',
  hosts: 1,
  optionalScript: 'ha_watch_liveset',
  async tell(teller) {
    if (!teller.has('ha_watch_liveset')) teller.stop('ha_watch_liveset cannot be run.');
    await goOnline(teller);
    await teller.step('watch', async (step) => {
      const told = documents(teller, step);
      try {
        step.note('first', await told.next());
        await step.call('ha_query_liveset');
        await step.call('ha_propose_master');
        step.note('change', await told.next());
      } finally {
        told.stop();
      }
      await teller.laboratory.sleep(100);
    });
    await teller.step('after it was ended', async (step) => {
      const deadline = teller.laboratory.nowMs() + endMs;
      for (;;) {
        const { processes } = await step.look();
        const left = processes.some(({ command }) => command.includes('ha_watch_liveset'));
        step.note('left', left);
        if (!left || teller.laboratory.nowMs() >= deadline) return;
        await teller.laboratory.sleep(50);
      }
    });
    const stopped = teller.step('while the daemon ends', async (step) => {
      await step.shell('ha_watch_liveset', 'ha_watch_liveset >/dev/null 2>&1 </dev/null', {
        timeoutMs: teller.limits.longCallMs,
      });
    });
    // It is awaited below, unless something before that ends the story.
    stopped.catch(() => undefined);
    // It is under way; whether it has looked already makes no difference.
    await teller.need('disarm', 'ha_disarm_fencing');
    await teller.need('stop', 'ha_stop_daemon');
    teller.state = 'stopped';
    await stopped;
    await teller.step('without daemon', async (step) => {
      await step.shell('ha_watch_liveset', 'ha_watch_liveset >/dev/null 2>&1 </dev/null', {
        timeoutMs: watchMs(teller),
      });
    });
  },
};
