/** Everything that a daemon knows, and what goes into it and comes out of it. */
import { type HostSet, noHosts, only } from '../format/host-set.ts';
import type { Packet } from '../format/packet.ts';
import type { HostSection, PoolSection, PoolState, SectionFault } from '../format/statefile.ts';
import type { PhaseName } from './phases.ts';
import { nextPhase } from './phases.ts';
import type { XhadSettings } from './settings.ts';
import type { SurvivalRule } from './survival.ts';

/** What a section of the statefile turned out to be: itself, damaged, or not readable at all. */
export type SectionRead<T> = T | SectionFault | 'io';

export type Input =
  /** Time has passed. */
  | { readonly kind: 'tick' }
  | { readonly kind: 'packet'; readonly packet: Packet }
  /** A pass over the statefile has ended. `wrote` is undefined when nothing was to be written. */
  | {
      readonly kind: 'statefile';
      readonly pass: number;
      readonly wrote: boolean | undefined;
      readonly pool: SectionRead<PoolSection>;
      readonly hosts: readonly SectionRead<HostSection>[];
    }
  | { readonly kind: 'pool-written'; readonly done: boolean }
  | { readonly kind: 'propose-master'; readonly id: number }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'disarm'; readonly id: number }
  | { readonly kind: 'stop'; readonly id: number }
  | { readonly kind: 'set-pool-state'; readonly id: number; readonly poolState: PoolState }
  | { readonly kind: 'set-excluded'; readonly id: number; readonly excluded: boolean }
  | { readonly kind: 'set-weight'; readonly id: number; readonly weight: number };

/** undecided: it could not find out in time whether it lives on. */
export type FenceRule = 'survival' | 'fence-request' | 'undecided';

export type Effect =
  | { readonly kind: 'send'; readonly to: number; readonly packet: Packet }
  /** Writes the own section, when there is one, then reads all. */
  | { readonly kind: 'statefile'; readonly pass: number; readonly write: HostSection | undefined }
  | { readonly kind: 'write-pool'; readonly pool: PoolSection }
  | { readonly kind: 'feed'; readonly watchdog: 'heartbeat' | 'statefile'; readonly timeoutMs: number }
  | { readonly kind: 'close-watchdogs' }
  | { readonly kind: 'fence'; readonly rule: FenceRule; readonly reason: string }
  | { readonly kind: 'answer'; readonly id: number; readonly exitCode: number; readonly value?: boolean }
  | { readonly kind: 'exit'; readonly exitCode: number; readonly reason: string }
  | { readonly kind: 'liveset'; readonly current: HostSet; readonly rule: SurvivalRule | undefined }
  | { readonly kind: 'log'; readonly sentence: string };

/** What is known of another host. */
export interface Peer {
  /** The last packet that counted, and when it came. */
  packet: Packet | undefined;
  heardMs: number;
  /** Sequence number of the last packet that counted; 0 when none does any more. */
  sequence: number;
  /** Its section as it was read last, and when its number was last seen to have changed. */
  section: HostSection | undefined;
  changedMs: number;
}

export interface FaultRun {
  /** When the phase was entered. */
  sinceMs: number;
  readonly beganMs: number;
  /** When FH2 was entered: its limit counts from there. */
  viewSinceMs: number;
  agreedHeartbeat: HostSet;
  agreedStatefile: HostSet;
  rule: SurvivalRule | undefined;
  fenceUntilMs: number;
}

export interface MasterRequest {
  readonly id: number;
}

export interface State {
  readonly settings: XhadSettings;
  readonly startedMs: number;
  nowMs: number;
  phase: PhaseName;
  readonly peers: Peer[];
  pool: PoolSection | undefined;
  current: HostSet;
  proposed: HostSet;
  /** Members that were taken in and have not said yet that they know; what they send counts although they do not list themselves. */
  admitted: HostSet;
  /** Hosts that were heard not to list this one, in this life of it: only their listing it later means that they have taken it in. */
  unlisted: HostSet;
  heartbeat: { domain: HostSet; sequence: number; nextMs: number; burst: number };
  statefile: {
    domain: HostSet;
    access: boolean;
    corrupted: boolean;
    /** A whole pass was read without a fault, so that the own section may be written. */
    mayWrite: boolean;
    sequence: number;
    pass: number;
    /** When the pass that is under way began. */
    passSinceMs: number | undefined;
    failures: number;
    nextMs: number;
    /** What the last section that was written said, for those who must know that it is on disk. */
    written: HostSection | undefined;
    writing: HostSection | undefined;
    lastWriteMs: number | undefined;
    accelerate: boolean;
    /** Whole passes that have ended well. */
    goodPasses: number;
  };
  /** Lives by survival rule 2: nobody reaches the statefile. */
  withoutStatefile: boolean;
  fencing: 'off' | 'armed' | 'disarmed';
  excluded: boolean;
  starting: boolean;
  joining: boolean;
  joinBlock: boolean;
  weight: number;
  committedWeight: number;
  fault: FaultRun | undefined;
  /** Until when this host must know that it lives on; undefined while it knows. */
  decideByMs: number | undefined;
  /** Members whose loss has been handled already, each way for itself. */
  known: { heartbeat: HostSet; statefile: HostSet };
  faultQueued: boolean;
  /** Changes of the pool's section that are not on disk yet. */
  pending: { poolState?: PoolState; master?: string };
  writingPool: PoolSection | undefined;
  poolStateWaiters: { readonly id: number; readonly poolState: PoolState }[];
  lock: { requests: MasterRequest[]; requesting: boolean; grant: HostSet };
  start: StartStage;
  endWhenWritten: { readonly id: number; readonly exitCode: number } | undefined;
  ended: boolean;
  readonly out: Effect[];
}

export type StartStage =
  | { readonly step: 'gather' | 'forget' | 'criteria' | 'done' }
  /** `passes`: how many good passes there were when the proposal was first on disk. */
  | { readonly step: 'form'; readonly untilMs: number; readonly full: boolean; readonly passes: number | undefined }
  | { readonly step: 'join' };

export function createState(settings: XhadSettings, nowMs: number, weight: number): State {
  return {
    settings,
    startedMs: nowMs,
    nowMs,
    phase: 'STARTING',
    peers: settings.hosts.map(() => ({
      packet: undefined,
      heardMs: Number.NEGATIVE_INFINITY,
      sequence: 0,
      section: undefined,
      changedMs: Number.NEGATIVE_INFINITY,
    })),
    pool: undefined,
    current: noHosts,
    proposed: noHosts,
    admitted: noHosts,
    unlisted: noHosts,
    heartbeat: { domain: only(settings.self), sequence: 0, nextMs: nowMs, burst: 0 },
    statefile: {
      domain: noHosts,
      access: true,
      corrupted: false,
      mayWrite: false,
      sequence: 0,
      pass: 0,
      passSinceMs: undefined,
      failures: 0,
      nextMs: nowMs,
      written: undefined,
      writing: undefined,
      lastWriteMs: undefined,
      accelerate: false,
      goodPasses: 0,
    },
    withoutStatefile: false,
    fencing: 'off',
    excluded: false,
    starting: true,
    joining: false,
    joinBlock: false,
    weight,
    committedWeight: weight,
    fault: undefined,
    decideByMs: undefined,
    known: { heartbeat: noHosts, statefile: noHosts },
    faultQueued: false,
    pending: {},
    writingPool: undefined,
    poolStateWaiters: [],
    lock: { requests: [], requesting: false, grant: noHosts },
    start: { step: 'gather' },
    endWhenWritten: undefined,
    ended: false,
    out: [],
  };
}

export function peerOf(state: State, index: number): Peer {
  const peer = state.peers[index];
  if (peer === undefined) throw new RangeError(`there is no host with the index ${index}`);
  return peer;
}

/** Goes to a phase, tells the others at once and starts its clock. */
export function enter(state: State, phase: PhaseName): void {
  state.phase = nextPhase(state.phase, phase);
  if (state.fault !== undefined) state.fault.sinceMs = state.nowMs;
  announce(state);
}

/** Three heartbeats soon instead of one at its time. */
export function announce(state: State): void {
  state.heartbeat.burst = 3;
  state.heartbeat.nextMs = state.nowMs;
}

export function say(state: State, sentence: string): void {
  state.out.push({ kind: 'log', sentence });
}

/** Ends the daemon. Watchdogs are closed unless it leaves an armed host that must be reset. */
export function end(state: State, exitCode: number, reason: string, closeWatchdogs = true): void {
  if (state.ended) return;
  state.ended = true;
  if (state.phase !== 'ABORTED') state.phase = nextPhase(state.phase, 'ABORTED');
  if (closeWatchdogs && state.fencing === 'armed') state.out.push({ kind: 'close-watchdogs' });
  state.out.push({ kind: 'exit', exitCode, reason });
}

/** Resets this host, when it is armed. */
export function fence(state: State, rule: FenceRule, reason: string): void {
  if (state.fencing !== 'armed' || state.ended) return;
  state.ended = true;
  state.out.push({ kind: 'fence', rule, reason });
}

/** A host that everybody lists as living, as far as this one knows. */
export function configured(state: State): HostSet {
  return (1n << BigInt(state.settings.hosts.length)) - 1n;
}
