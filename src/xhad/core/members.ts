/** How members take a new host in: all of them propose it, then each adds it. */
import { type HostSet, has, indicesOf, noHosts, only } from '../format/host-set.ts';
import { heardMembers } from './domains.ts';
import { announce, configured, peerOf, type State } from './state.ts';

/**
 * One at a time, so that all take in the same: first whom another member has taken in already, then the lowest index. The new host
 * counts as a member for everybody before it knows that it is one; so nobody who acts is unknown to another who does.
 */
export function takeInJoiners(state: State): void {
  if (state.phase !== 'STARTED' || state.joinBlock || state.fencing !== 'armed') return;
  const waiting = indicesOf(state.heartbeat.domain & ~state.current).filter((index) => canJoin(state, index));
  const next = waiting.find((index) => takenInByAnother(state, index)) ?? waiting[0];
  const proposed = state.current | (next === undefined ? noHosts : only(next));
  if (proposed !== state.proposed) {
    state.proposed = proposed;
    announce(state);
  }
  if (next !== undefined && proposedByAll(state, next)) add(state, only(next));
}

/** Does a host that is no member ask to become one, and is it fit to? */
function canJoin(state: State, index: number): boolean {
  const { packet } = peerOf(state, index);
  if (packet === undefined) return false;
  const wants =
    packet.joining && has(packet.proposedLiveset, index) && has(packet.proposedLiveset, state.settings.self);
  const lives = has(packet.currentLiveset, index) && has(packet.currentLiveset, state.settings.self);
  return (wants || lives) && (has(state.statefile.domain, index) || state.withoutStatefile);
}

function takenInByAnother(state: State, index: number): boolean {
  return indicesOf(heardMembers(state) & ~only(state.settings.self)).some((member) =>
    has(peerOf(state, member).packet?.currentLiveset ?? noHosts, index),
  );
}

/** Has every other member said that it proposes the host? */
function proposedByAll(state: State, index: number): boolean {
  const others = state.current & ~only(state.settings.self);
  if ((others & ~heardMembers(state)) !== noHosts) return false;
  return indicesOf(others).every((member) => has(peerOf(state, member).packet?.proposedLiveset ?? noHosts, index));
}

function add(state: State, host: HostSet): void {
  state.current |= host;
  state.admitted |= host;
  state.out.push({ kind: 'liveset', current: state.current, rule: undefined });
  announce(state);
}

/** Members of other livesets than this host's own, as the statefile tells: hosts that write and do not start. */
export function livingOnDisk(state: State): HostSet {
  let living = noHosts;
  for (const index of indicesOf(state.statefile.domain & ~only(state.settings.self)))
    if (peerOf(state, index).section?.starting === false) living |= only(index);
  return living & configured(state);
}
