/** What a daemon is told by its configuration, and whether the times in it fit each other. Times are milliseconds. */

export interface XhadTimings {
  /** t1: between two heartbeats. */
  readonly heartbeatIntervalMs: number;
  /** T1: a host that was not heard for this long is silent. */
  readonly heartbeatTimeoutMs: number;
  /** t2: between two passes over the statefile. */
  readonly statefileIntervalMs: number;
  /** T2: a host whose section did not change for this long does not write. */
  readonly statefileTimeoutMs: number;
  /** Wh: the host is reset when its heartbeats were not attended to for this long. */
  readonly heartbeatWatchdogMs: number;
  /** Ws: the host is reset when no pass over the statefile began for this long. */
  readonly statefileWatchdogMs: number;
  /** How long a host waits for the others when the pool is active. */
  readonly bootJoinMs: number;
  /** How long a host waits for the others while high availability is being enabled. */
  readonly enableJoinMs: number;
}

export interface XhadHost {
  readonly uuid: string;
  readonly address: string;
}

export interface XhadSettings {
  readonly generation: string;
  /** Sorted by uuid; the place in this list is the index of the host. */
  readonly hosts: readonly XhadHost[];
  readonly self: number;
  readonly timings: XhadTimings;
}

/** Shortest interval that makes sense: a tick of the daemon. */
const leastIntervalMs = 50;

/** What is wrong with the times, each as a sentence with its reason; empty when nothing is. */
export function timingFaults(timings: XhadTimings): string[] {
  const faults: string[] = [];
  const demand = (holds: boolean, fault: string): void => {
    if (!holds) faults.push(fault);
  };
  const { heartbeatIntervalMs: t1, heartbeatTimeoutMs: T1, statefileIntervalMs: t2, statefileTimeoutMs: T2 } = timings;
  const { heartbeatWatchdogMs: Wh, statefileWatchdogMs: Ws } = timings;
  for (const [name, value] of Object.entries(timings))
    demand(
      Number.isFinite(value) && value >= leastIntervalMs,
      `${name} is ${value}; it must be at least ${leastIntervalMs} ms.`,
    );
  demand(
    T1 >= 3 * t1,
    `The heartbeat timeout (${T1} ms) is to be three heartbeat intervals (${t1} ms) or more: else two lost packets make a healthy host silent.`,
  );
  demand(
    T2 >= 2 * t2,
    `The statefile timeout (${T2} ms) is to be two statefile intervals (${t2} ms) or more: else one slow write makes a healthy host silent.`,
  );
  demand(
    Wh >= 2 * t1,
    `The heartbeat watchdog (${Wh} ms) is to be two heartbeat intervals (${t1} ms) or more: it is fed once an interval.`,
  );
  demand(
    Ws >= T2 + t2,
    `The statefile watchdog (${Ws} ms) is to be the statefile timeout plus an interval (${T2 + t2} ms) or more: else a slow disk resets the host before the survival rule has decided.`,
  );
  demand(
    timings.bootJoinMs >= T1 + T2,
    `The join time at boot (${timings.bootJoinMs} ms) is to be both timeouts together (${T1 + T2} ms) or more: that long it takes to know who is there.`,
  );
  demand(
    timings.enableJoinMs >= T1 + T2,
    `The join time while enabling (${timings.enableJoinMs} ms) is to be both timeouts together (${T1 + T2} ms) or more: that long it takes to know who is there.`,
  );
  return faults;
}

function longest(timings: XhadTimings): number {
  return Math.max(timings.heartbeatIntervalMs, timings.statefileIntervalMs);
}

/**
 * How long a member may go on without knowing that it is one: from the moment when it misses somebody until it has decided that it lives on. Who
 * takes longer fences itself, so that the others need not guess.
 */
export function decisionMs(timings: XhadTimings): number {
  return Math.max(timings.heartbeatTimeoutMs, timings.statefileTimeoutMs) + longest(timings);
}

/**
 * How long after a member has begun to handle a fault everybody whom it takes out of the liveset has fenced itself for certain. The
 * other misses this one after the heartbeat timeout at the latest; then it decides in time, or does nothing and its watchdog runs out.
 */
export function fenceWaitMs(timings: XhadTimings): number {
  const watchdog = Math.min(timings.heartbeatWatchdogMs, timings.statefileWatchdogMs);
  return timings.heartbeatTimeoutMs + Math.max(decisionMs(timings), watchdog) + longest(timings);
}
