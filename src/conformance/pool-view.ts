/** What the hosts of a pool say of each other, read from a transcript. */
import { limits } from '../lib/limits.ts';
import { StackFault } from '../stack/fault.ts';
import { type Liveset, readLiveset } from '../stack/liveset.ts';
import type { LaboratoryTimeouts } from './laboratory.ts';
import { commandOf, endingOf } from './look.ts';
import type { CallRecord, DirectoryFacts, StepRecord } from './transcript.ts';

/** The liveset of one host at one moment. Hosts are numbers from 1. */
export interface View {
  readonly host: number;
  /** The liveset is at least as old as `atMs`, and no older than `sinceMs`. */
  readonly sinceMs: number;
  readonly atMs: number;
  readonly online: boolean;
  readonly alive: readonly number[];
  readonly masters: readonly number[];
  readonly excluded: readonly number[];
  readonly liveset: Liveset;
}

/** Undefined when the call is no query, failed, or printed what cannot be read; other checks are about that. */
export function viewOf(call: CallRecord, uuids: readonly string[]): View | undefined {
  if (call.script !== 'ha_query_liveset' || call.exitCode !== 0 || call.timedOut) return undefined;
  const liveset = livesetOf(call.stdout);
  if (liveset === undefined) return undefined;
  const those = (wanted: (host: Liveset['hosts'][number]) => boolean): number[] =>
    liveset.hosts
      .filter(wanted)
      .map(({ hostId }) => uuids.indexOf(hostId) + 1)
      .sort((left, right) => left - right);
  return {
    host: call.host,
    sinceMs: call.startedMs,
    atMs: call.endedMs,
    online: liveset.status === 'Online',
    alive: those(({ liveness }) => liveness),
    masters: those(({ master, liveness }) => master && liveness),
    excluded: those(({ excluded }) => excluded),
    liveset,
  };
}

function livesetOf(text: string): Liveset | undefined {
  try {
    return readLiveset(text, limits);
  } catch (thrown) {
    if (thrown instanceof StackFault) return undefined;
    throw thrown;
  }
}

/** Every view of a step, in the order in which they were had. */
export function viewsOf(step: StepRecord, uuids: readonly string[]): readonly View[] {
  return step.calls
    .map((call) => viewOf(call, uuids))
    .filter((view) => view !== undefined)
    .sort((left, right) => left.atMs - right.atMs);
}

/** What a host said last in a step. */
export function lastView(step: StepRecord, host: number, uuids: readonly string[]): View | undefined {
  return viewsOf(step, uuids).findLast((view) => view.host === host);
}

/** Why there is no view of a host: what its last query came to. */
export function whyNoView(step: StepRecord, host: number): string {
  const call = step.calls.findLast((made) => made.host === host && made.script === 'ha_query_liveset');
  if (call === undefined) return `Host ${String(host)} was not asked`;
  if (call.exitCode === 0) return `What ${commandOf(call)} printed on host ${String(host)} is no liveset`;
  return `${commandOf(call)} on host ${String(host)} ended ${endingOf(call)}`;
}

export function sameHosts(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((host, index) => host === right[index]);
}

/** `hosts 1 and 3`, `host 2`, `no host`. */
export function hostList(hosts: readonly number[]): string {
  if (hosts.length === 0) return 'no host';
  if (hosts.length === 1) return `host ${String(hosts[0])}`;
  return `hosts ${hosts.slice(0, -1).join(', ')} and ${String(hosts.at(-1))}`;
}

/** A capability of stack.json: hosts need nothing of each other but the statefile. */
export const noNetwork = 'no_network';

/** What a machine that is busy with other things adds to every time. */
export const slackMs = 1000;

/**
 * Within this a host that is lost has been fenced: what stack.json promises, else what follows from the timeouts in the liveset, or
 * in the configuration, where a stack does not tell them. It notices within one timeout, decides within another, and then the
 * longer watchdog runs out.
 */
export function fenceLimitMs(
  directory: DirectoryFacts,
  liveset: Liveset | undefined,
  configured: LaboratoryTimeouts,
): number {
  if (directory.fenceWithinMs !== undefined) return directory.fenceWithinMs;
  const told = liveset?.timeouts;
  const heartbeatMs = told?.heartbeatMs ?? configured.heartbeatTimeoutSeconds * 1000;
  const statefileMs = told?.statefileMs ?? configured.statefileTimeoutSeconds * 1000;
  const heartbeatWatchdogMs = told?.heartbeatWatchdogMs ?? configured.heartbeatWatchdogSeconds * 1000;
  const statefileWatchdogMs = told?.statefileWatchdogMs ?? configured.statefileWatchdogSeconds * 1000;
  return 2 * Math.max(heartbeatMs, statefileMs) + Math.max(heartbeatWatchdogMs, statefileWatchdogMs);
}

/**
 * Within this the others know it: they cannot tell when it lost its power or its ways, so they wait for the whole limit from the moment
 * at which they miss it.
 */
export function noticeLimitMs(fenceMs: number): number {
  return 2 * fenceMs;
}
