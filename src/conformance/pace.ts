/** How fast a stack is tried: the timeouts that xhad.conf tells it, and how long its scripts may take then. */
import type { LaboratoryTimeouts } from './laboratory.ts';
import type { PaceLimits } from './story.ts';

export interface Pace {
  readonly doc: string;
  readonly timeouts: LaboratoryTimeouts;
  readonly limits: PaceLimits;
  /** Longest time for a whole run. */
  readonly runMs: number;
}

/** Scripts that depend on nothing but the daemon answer in a moment; a loaded machine is given ten times of it. */
const callMs = 5000;

const whole: LaboratoryTimeouts = {
  heartbeatIntervalSeconds: 1,
  heartbeatTimeoutSeconds: 4,
  statefileIntervalSeconds: 1,
  statefileTimeoutSeconds: 4,
  heartbeatWatchdogSeconds: 4,
  statefileWatchdogSeconds: 6,
  bootJoinSeconds: 20,
  enableJoinSeconds: 20,
};

export const paces = {
  fast: {
    doc: 'the shortest timeouts in whole seconds that leave room for a slow machine',
    timeouts: whole,
    limits: { callMs, longCallMs: 40_000, storyMs: 180_000 },
    runMs: 1_800_000,
  },
  // What other servers of this API write for their default of 60 seconds.
  xapi: {
    doc: 'the timeouts that pools have by default; takes an hour with several hosts',
    timeouts: {
      heartbeatIntervalSeconds: 3,
      heartbeatTimeoutSeconds: 60,
      statefileIntervalSeconds: 3,
      statefileTimeoutSeconds: 60,
      heartbeatWatchdogSeconds: 60,
      statefileWatchdogSeconds: 75,
      bootJoinSeconds: 120,
      enableJoinSeconds: 120,
    },
    limits: { callMs: 20_000, longCallMs: 240_000, storyMs: 1_800_000 },
    runMs: 14_400_000,
  },
} as const satisfies Readonly<Record<string, Pace>>;

export type PaceName = keyof typeof paces;

/** Stacks that claim `sub_second_timeouts` are tried with these instead of the fast ones. */
export const subSecond: LaboratoryTimeouts = {
  heartbeatIntervalSeconds: 0.5,
  heartbeatTimeoutSeconds: 1.5,
  statefileIntervalSeconds: 0.5,
  statefileTimeoutSeconds: 1.5,
  // Four turns: a machine that is busy with other things leaves out one or two.
  heartbeatWatchdogSeconds: 2,
  statefileWatchdogSeconds: 2.5,
  bootJoinSeconds: 5,
  enableJoinSeconds: 5,
};

/** What a stack with these capabilities is tried with. */
export function timeoutsFor(pace: PaceName, capabilities: readonly string[]): LaboratoryTimeouts {
  return pace === 'fast' && capabilities.includes('sub_second_timeouts') ? subSecond : paces[pace].timeouts;
}

/** After how long without being fed the watchdog of a virtual host ends it. */
export function watchdogMsOf(timeouts: LaboratoryTimeouts): number {
  return 1000 * Math.min(timeouts.heartbeatWatchdogSeconds, timeouts.statefileWatchdogSeconds);
}

/** The longest time after which a host must be known to be dead. */
export function fenceMsOf(timeouts: LaboratoryTimeouts): number {
  return 1000 * Math.max(timeouts.heartbeatWatchdogSeconds, timeouts.statefileWatchdogSeconds);
}
