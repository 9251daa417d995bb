/** Weights of a host, and words that are refused. */
import { goOnline, type Plan, type PlannedCall, planned, run } from '../plan.ts';
import type { Story } from '../story.ts';

function refused(step: string, title: string, ...args: readonly string[]): PlannedCall {
  const wayOut = 'Look at the number of words, the class and the weight before anything is written, and exit 1.';
  return planned(step, 'ha_set_host_weight', [1], 'arguments.weight', `ha_set_host_weight refuses ${title}`, wayOut, {
    args,
    group: 'arguments',
    baseline: { story: 'weights', step: 'weight', codes: [0] },
  });
}

const again = { group: 'idempotence', baseline: { story: 'weights', step: 'weight', codes: [0] } } as const;

export const weightsPlan = {
  offline: planned(
    'weight without daemon',
    'ha_set_host_weight',
    [0],
    'codes.weight',
    'a weight can be set before the daemon runs',
    'Keep the weight in a file, and let the daemon read it when it starts.',
    { args: ['vms', '1'] },
  ),
  set: planned(
    'weight',
    'ha_set_host_weight',
    [0],
    'codes.weight',
    'a weight can be set',
    'Exit 0 when the weight is kept.',
    { args: ['vms', '3'] },
  ),
  again: planned(
    'weight again',
    'ha_set_host_weight',
    [0],
    'codes.weight',
    'a weight can be set again',
    'Exit 0 when the weight is what it was.',
    { args: ['vms', '3'], ...again },
  ),
  most: planned(
    'greatest weight',
    'ha_set_host_weight',
    [0],
    'arguments.weight',
    'the greatest weight is 65535',
    'Take all numbers from 0 to 65535.',
    { args: ['vms', '65535'] },
  ),
  none: planned(
    'weight of nothing',
    'ha_set_host_weight',
    [0],
    'arguments.weight',
    'a weight of 0 takes the class away',
    'Exit 0 whether the class was there or not.',
    { args: ['vms', '0'] },
  ),
  noWords: refused('no words', 'a call without words'),
  oneWord: refused('one word', 'a class without a weight', 'vms'),
  threeWords: refused('three words', 'a third word', 'vms', '3', '4'),
  negative: refused('negative weight', 'a negative weight', 'vms', '-1'),
  tooGreat: refused('weight too great', 'a weight above 65535', 'vms', '65536'),
  notNumber: refused('weight that is no number', 'a weight that is no number', 'vms', '3kg'),
  longClass: refused('class too long', 'a class of 65 characters', 'c'.repeat(65), '3'),
} as const satisfies Plan;

export const weights: Story = {
  name: 'weights',
  title: 'weights of a host',
  hosts: 1,
  optionalScript: 'ha_set_host_weight',
  async tell(teller) {
    const plan = weightsPlan;
    await run(teller, plan.offline);
    await goOnline(teller);
    await run(teller, plan.set, plan.again, plan.most, plan.none, plan.noWords, plan.oneWord, plan.threeWords);
    await run(teller, plan.negative, plan.tooGreat, plan.notNumber, plan.longClass);
  },
};
