/** The lock of the master: a host holds it when every member, itself included, grants it. */
import { has, indicesOf, noHosts, only } from '../format/host-set.ts';
import { peerOf, type State } from './state.ts';

interface LockSight {
  readonly request: boolean;
  readonly grant: bigint;
}

/** What a member asks for and grants; of this one what it has put on disk, for that is what the others see. */
function lockOf(state: State, index: number): LockSight {
  const section = index === state.settings.self ? state.statefile.written : peerOf(state, index).section;
  return { request: section?.lockRequest ?? false, grant: section?.lockGrant ?? noHosts };
}

/** Who holds the lock, as far as this host sees. */
export function holderOf(state: State): number | undefined {
  const members = indicesOf(state.current);
  return members.find((candidate) => members.every((member) => has(lockOf(state, member).grant, candidate)));
}

export function keepLock(state: State): void {
  const { lock } = state;
  if (state.phase !== 'STARTED' || !state.statefile.access || state.ended) {
    if (!state.statefile.access) refuseAll(state);
    return;
  }
  dropGrants(state);
  grant(state);
  answerRequests(state);
  if (lock.requests.length > 0 && !lock.requesting && mayRequest(state)) lock.requesting = true;
  state.statefile.accelerate = lock.requests.length > 0;
}

function dropGrants(state: State): void {
  const { self } = state.settings;
  for (const index of indicesOf(state.lock.grant)) {
    const asks = index === self ? state.lock.requesting : lockOf(state, index).request;
    if (!asks || !has(state.current, index)) state.lock.grant &= ~only(index);
  }
}

/** Who asks itself grants only to those before it. So of two who ask, the later one lacks the grant of the earlier. */
function grant(state: State): void {
  const { self } = state.settings;
  for (const index of indicesOf(state.current)) {
    const asks = index === self ? state.lock.requesting : lockOf(state, index).request;
    if (asks && (!state.lock.requesting || index <= self)) state.lock.grant |= only(index);
  }
}

/** A host may ask when nobody grants to it from an earlier time, and when it grants to none after it. */
function mayRequest(state: State): boolean {
  const { self } = state.settings;
  if (indicesOf(state.lock.grant).some((index) => index > self)) return false;
  return indicesOf(state.current & ~only(self)).every((index) => !has(lockOf(state, index).grant, self));
}

function answerRequests(state: State): void {
  const { lock } = state;
  const { self } = state.settings;
  const holder = holderOf(state);
  if (holder === self) {
    const uuid = state.settings.hosts[self]?.uuid;
    if (uuid !== undefined && state.pool?.master !== uuid) state.pending.master = uuid;
    for (const { id } of lock.requests.splice(0)) state.out.push({ kind: 'answer', id, exitCode: 0, value: true });
  } else if (holder !== undefined && lock.requests.length > 0) {
    refuseAll(state);
  }
}

export function refuseAll(state: State): void {
  const { lock } = state;
  for (const { id } of lock.requests.splice(0)) state.out.push({ kind: 'answer', id, exitCode: 0, value: false });
  if (holderOf(state) !== state.settings.self) lock.requesting = false;
}
