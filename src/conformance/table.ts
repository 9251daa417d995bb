/** Everything there is: the stories that are told and the checks that are judged by them, in the order of the report. */
import type { Check } from './check.ts';
import { fencingChecks } from './checks/fencing.ts';
import { effectChecks, sequenceChecks } from './checks/outcome.ts';
import { outputChecks } from './checks/output.ts';
import { presenceChecks } from './checks/presence.ts';
import { cleanlinessChecks, watchChecks } from './checks/remains.ts';
import { callChecks, codeCheck, privilegeChecks, signalChecks, timeChecks } from './checks/running.ts';
import { type Group, groupNames } from './groups.ts';
import { checksOf } from './plan.ts';
import { poolChecks } from './pool-checks.ts';
import { poolStories } from './pool-stories.ts';
import { before, beforePlan } from './stories/before.ts';
import { calls } from './stories/calls.ts';
import { cleanliness, copyOfStack, detachment } from './stories/cleanliness.ts';
import { configuration, configurationPlan } from './stories/configuration.ts';
import { environmentPlans, environmentStories, withoutPath } from './stories/environment.ts';
import { exclusion, exclusionPlan } from './stories/exclusion.ts';
import { fencingStories } from './stories/fencing.ts';
import { invalid, invalidPlan } from './stories/invalid.ts';
import { life, lifePlan } from './stories/life.ts';
import { privilege } from './stories/privilege.ts';
import { signals } from './stories/signals.ts';
import { watch } from './stories/watch.ts';
import { weights, weightsPlan } from './stories/weights.ts';
import type { Story } from './story.ts';

/** Those that take longest come first, so that two lanes end at about the same time. */
export const stories: readonly Story[] = [
  life,
  ...fencingStories,
  signals,
  exclusion,
  calls,
  invalid,
  configuration,
  before,
  ...environmentStories,
  withoutPath,
  privilege,
  weights,
  cleanliness,
  detachment,
  copyOfStack,
  watch,
  ...poolStories,
];

const all: readonly Check[] = [
  ...presenceChecks,
  ...checksOf('before', beforePlan),
  ...checksOf('life', lifePlan),
  ...checksOf('exclusion', exclusionPlan),
  ...checksOf('invalid', invalidPlan),
  ...checksOf('configuration', configurationPlan),
  ...checksOf('weights', weightsPlan),
  ...environmentPlans.flatMap(([story, plan]) => checksOf(story, plan)),
  codeCheck,
  ...effectChecks,
  ...outputChecks,
  ...timeChecks,
  ...callChecks,
  ...privilegeChecks,
  ...signalChecks,
  ...sequenceChecks,
  ...cleanlinessChecks,
  ...watchChecks,
  ...fencingChecks,
  ...poolChecks,
];

export const checks: readonly Check[] = groupNames.flatMap((group: Group) =>
  all.filter((check) => check.group === group),
);
