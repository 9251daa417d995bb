/** The same life as everywhere else, called as the agent calls: nothing but PATH, from /, with nothing to read. */

import type { ScriptName } from '../../stack/contract.ts';
import { type Plan, type PlannedCall, planned, run } from '../plan.ts';
import type { CallOptions, Story, Teller } from '../story.ts';

interface Way {
  readonly name: string;
  readonly title: string;
  readonly wayOut: string;
  readonly options: CallOptions;
}

const ways: readonly Way[] = [
  {
    name: 'poor',
    title: 'with no variable but PATH',
    wayOut: 'Do not count on HOME, LANG, USER or anything else being set; the agent sets PATH and nothing else.',
    options: { poor: true, prepare: 'cd "${PATH##*:}"' },
  },
  {
    name: 'root directory',
    title: 'from the directory /',
    wayOut: 'Find other files of the stack beside the script, as in "${0%/*}", and never by a relative path.',
    options: { prepare: 'cd /' },
  },
  {
    name: 'closed input',
    title: 'with standard input closed',
    wayOut: 'Read nothing from standard input; give programs that read it </dev/null.',
    options: { input: '<&-' },
  },
];

/** What a life consists of: the script, and the step of the story `life` that shows that it works otherwise. */
const calls: readonly (readonly [script: ScriptName, args: readonly string[], baseline: string])[] = [
  ['ha_set_pool_state', ['init'], 'init'],
  ['ha_start_daemon', [], 'start'],
  ['ha_query_liveset', [], 'query online'],
  ['ha_propose_master', [], 'propose online'],
  ['ha_disarm_fencing', [], 'disarm'],
  ['ha_stop_daemon', [], 'stop'],
];

const plans: readonly (readonly [Way, readonly PlannedCall[]])[] = ways.map((way) => [
  way,
  calls.map(([script, args, step]) =>
    planned(`${way.name}: ${script}`, script, [0], 'calling.environment', `${script} works ${way.title}`, way.wayOut, {
      id: `environment.${way.name.replaceAll(' ', '-')}-${script.replaceAll('_', '-')}`,
      args,
      group: 'environment',
      options: way.options,
      needed: true,
      baseline: { story: 'life', step, codes: [0] },
    }),
  ),
]);

async function liveIn(teller: Teller, own: readonly PlannedCall[]): Promise<void> {
  for (const call of own) await run(teller, call);
}

/** One story for each way, so that one that fails does not keep the others from being told. */
export const environmentStories: readonly Story[] = plans.map(([way, own]) => ({
  name: `environment: ${way.name}`,
  title: `a life ${way.title}`,
  hosts: 1,
  tell: async (teller) => liveIn(teller, own),
}));

export const environmentPlans: readonly (readonly [story: string, plan: Plan])[] = plans.map(([way, own]) => [
  `environment: ${way.name}`,
  Object.fromEntries(own.map((call) => [call.step, call] as const)),
]);

/** Without the directory of the stack in PATH. */
export const withoutPath: Story = {
  name: 'environment: path',
  title: 'a call without the directory of the stack in PATH',
  hosts: 1,
  async tell(teller) {
    await teller.step('query', async (step) => {
      const text = 'p=$(command -v ha_query_liveset); PATH=/usr/sbin:/usr/bin:/sbin:/bin; exec "$p" </dev/null';
      await step.shell('ha_query_liveset without PATH', text);
    });
  },
};
