/** Everything there is: the stories that are told and the checks that are judged by them, in the order of the report. */
import type { Check } from './check.ts';
import { presenceChecks } from './checks/presence.ts';
import { type Group, groupNames } from './groups.ts';
import { checksOf } from './plan.ts';
import { life, lifePlan } from './stories/life.ts';
import type { Story } from './story.ts';

export const stories: readonly Story[] = [life];

const all: readonly Check[] = [...presenceChecks, ...checksOf('life', lifePlan)];

export const checks: readonly Check[] = groupNames.flatMap((group: Group) =>
  all.filter((check) => check.group === group),
);
