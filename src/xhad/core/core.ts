/** One daemon as a machine: what happens goes in, what is to be done comes out. It knows no clock, no socket and no file. */
import { has } from '../format/host-set.ts';
import { hear, loseStatefile, updateHeartbeatDomain, updateStatefileDomain } from './domains.ts';
import { handleFaults, keepStanding } from './faults.ts';
import { keepLock } from './lock.ts';
import { takeInJoiners } from './members.ts';
import { beat, beginPass, endPass, poolWritten, writePool } from './pass.ts';
import type { XhadSettings } from './settings.ts';
import { goOnStarting } from './starting.ts';
import { createState, type Effect, end, type Input, type State } from './state.ts';
import { leaveWithoutStatefile } from './without-statefile.ts';

const exitCodes = { done: 0, noStatefile: 8, poolState: 11, notOnline: 17, excluded: 19 } as const;

export class XhadCore {
  readonly state: State;

  constructor(settings: XhadSettings, nowMs: number, weight = 0) {
    this.state = createState(settings, nowMs, weight);
  }

  /** Takes in one thing that has happened at `nowMs` (monotonic) and says what is to be done, in this order. */
  handle(nowMs: number, input: Input): Effect[] {
    const { state } = this;
    if (!state.ended) {
      state.nowMs = Math.max(nowMs, state.nowMs);
      take(state, input);
      turn(state);
    }
    return state.out.splice(0);
  }
}

/** Everything that may follow from what is known now. */
function turn(state: State): void {
  if (state.ended) return;
  overdue(state);
  updateHeartbeatDomain(state);
  updateStatefileDomain(state);
  followPoolState(state);
  goOnStarting(state);
  handleFaults(state);
  keepStanding(state);
  leaveWithoutStatefile(state);
  takeInJoiners(state);
  keepLock(state);
  if (state.ended) return;
  writePool(state);
  answerPoolState(state);
  beat(state);
  beginPass(state);
}

/** A pass that does not come back is a statefile that is out of reach. */
function overdue(state: State): void {
  const { passSinceMs } = state.statefile;
  if (passSinceMs !== undefined && state.nowMs - passSinceMs >= state.settings.timings.statefileTimeoutMs)
    loseStatefile(state);
}

function followPoolState(state: State): void {
  const poolState = state.pool?.poolState;
  if (state.phase === 'STARTING' || poolState === undefined || poolState === 'ACTIVE') return;
  if (poolState === 'INIT' && state.pending.poolState === 'ACTIVE') return;
  // Every host that reads it leaves, so that nobody is left to fence anybody.
  end(state, exitCodes.poolState, `the state of the pool is ${poolState}`);
}

function answerPoolState(state: State): void {
  for (let at = state.poolStateWaiters.length - 1; at >= 0; at -= 1) {
    const waiter = state.poolStateWaiters[at];
    if (waiter === undefined || state.pool?.poolState !== waiter.poolState) continue;
    state.poolStateWaiters.splice(at, 1);
    state.out.push({ kind: 'answer', id: waiter.id, exitCode: exitCodes.done });
  }
}

function answer(state: State, id: number, exitCode: number): void {
  state.out.push({ kind: 'answer', id, exitCode });
}

function online(state: State): boolean {
  return state.phase !== 'STARTING' && state.phase !== 'ABORTED';
}

function take(state: State, input: Input): void {
  switch (input.kind) {
    case 'tick':
      return;
    case 'packet':
      hear(state, input.packet);
      return;
    case 'statefile':
      return takePass(state, input);
    case 'pool-written':
      return poolWritten(state, input.done);
    case 'propose-master':
      if (online(state)) state.lock.requests.push({ id: input.id });
      else answer(state, input.id, exitCodes.notOnline);
      return;
    case 'cancel':
      state.lock.requests = state.lock.requests.filter(({ id }) => id !== input.id);
      return;
    case 'disarm':
      return disarm(state, input.id);
    case 'stop':
      return stop(state, input.id);
    case 'set-pool-state':
      return setPoolState(state, input);
    case 'set-excluded':
      return setExcluded(state, input);
    case 'set-weight':
      state.weight = input.weight;
      answer(state, input.id, exitCodes.done);
  }
}

function takePass(state: State, input: Extract<Input, { kind: 'statefile' }>): void {
  endPass(state, input);
  const { endWhenWritten } = state;
  if (state.ended || endWhenWritten === undefined || !(state.statefile.written?.excluded ?? false)) return;
  answer(state, endWhenWritten.id, exitCodes.done);
  // An armed host that leaves is to be reset: its watchdogs stay.
  end(state, endWhenWritten.exitCode, 'this host was excluded', false);
}

function disarm(state: State, id: number): void {
  if (!online(state)) return answer(state, id, exitCodes.notOnline);
  if (state.fencing === 'armed') state.out.push({ kind: 'close-watchdogs' });
  state.fencing = 'disarmed';
  answer(state, id, exitCodes.done);
}

/** An armed member is not stopped: what stops it by mistake would leave virtual machines that nobody guards. */
function stop(state: State, id: number): void {
  if (state.fencing === 'armed') return answer(state, id, exitCodes.notOnline);
  answer(state, id, exitCodes.done);
  end(state, exitCodes.done, 'it was told to');
}

function setPoolState(state: State, input: Extract<Input, { kind: 'set-pool-state' }>): void {
  if (!state.statefile.access) return answer(state, input.id, exitCodes.noStatefile);
  state.pending.poolState = input.poolState;
  state.poolStateWaiters.push({ id: input.id, poolState: input.poolState });
}

function setExcluded(state: State, input: Extract<Input, { kind: 'set-excluded' }>): void {
  if (!state.statefile.access) return answer(state, input.id, exitCodes.noStatefile);
  if (state.pool?.poolState !== 'ACTIVE') return answer(state, input.id, exitCodes.poolState);
  state.excluded = input.excluded;
  state.statefile.nextMs = state.nowMs;
  if (input.excluded) state.endWhenWritten = { id: input.id, exitCode: exitCodes.excluded };
  else answer(state, input.id, exitCodes.done);
}

/** What breaks a promise that a daemon always keeps; undefined when nothing does. For tests and for the daemon itself. */
export function brokenInvariant(state: State): string | undefined {
  const { self } = state.settings;
  if (state.phase === 'STARTING' && state.current !== 0n) return 'a host that starts has a liveset';
  if (state.phase === 'STARTED' && !state.ended && !has(state.current, self))
    return 'a member is not in its own liveset';
  if (state.fault !== undefined && !state.joinBlock) return 'a fault is handled while others may join';
  return undefined;
}
