/** Whom this host hears, and whom it sees writing the statefile. */
import { type HostSet, has, indicesOf, noHosts, only } from '../format/host-set.ts';
import type { Packet } from '../format/packet.ts';
import type { HostSection } from '../format/statefile.ts';
import { handling, phaseName, phases } from './phases.ts';
import { configured, fence, peerOf, type State } from './state.ts';

/** Is `sequence` later than `last`? Numbers have 32 bits and go round. */
function later(sequence: number, last: number): boolean {
  const ahead = (sequence - last) >>> 0;
  return ahead !== 0 && ahead < 0x80000000;
}

/** A host that has started anew must wait until its former life has been removed from the liveset. */
function formerLife(state: State, index: number, itsCurrent: HostSet): boolean {
  return has(state.current, index) && !has(itsCurrent, index) && !has(state.admitted, index);
}

/** Takes in a packet. True when it counted. */
export function hear(state: State, packet: Packet): boolean {
  const { settings } = state;
  if (packet.generation !== settings.generation || packet.index === settings.self) return false;
  if (settings.hosts[packet.index]?.uuid !== packet.sender) return false;
  const peer = peerOf(state, packet.index);
  if (peer.sequence !== 0 && !later(packet.sequence, peer.sequence)) return false;
  // One that was taken in and asks no more has started anew.
  if (!has(packet.currentLiveset, packet.index) && !packet.joining) state.admitted &= ~only(packet.index);
  if (formerLife(state, packet.index, packet.currentLiveset)) return false;
  if (has(packet.currentLiveset, packet.index)) state.admitted &= ~only(packet.index);
  if (!has(packet.currentLiveset, settings.self)) state.unlisted |= only(packet.index);
  peer.packet = packet;
  peer.sequence = packet.sequence;
  peer.heardMs = state.nowMs;
  if (packet.fenceRequest && has(packet.currentLiveset, packet.index) && !has(packet.proposedLiveset, settings.self))
    if (has(state.current, settings.self) && has(packet.currentLiveset, settings.self))
      fence(
        state,
        'fence-request',
        `the host ${packet.sender} asked for it: this host is not in the liveset that it proposes`,
      );
  if (packet.withoutStatefile && has(state.current, packet.index)) state.withoutStatefile = true;
  return true;
}

/** Takes in the section of another host. */
export function seeSection(state: State, index: number, section: HostSection): void {
  const peer = peerOf(state, index);
  const before = peer.section;
  if (has(section.currentLiveset, index) && !section.starting) state.admitted &= ~only(index);
  if (formerLife(state, index, section.currentLiveset)) return;
  peer.section = section;
  // The first reading says only where the number stands.
  if (before !== undefined && before.sequence !== section.sequence) peer.changedMs = state.nowMs;
}

export function updateHeartbeatDomain(state: State): void {
  const { self, timings } = state.settings;
  let domain = state.heartbeat.domain | only(self);
  for (const index of indicesOf(configured(state) & ~only(self))) {
    const peer = peerOf(state, index);
    const bit = only(index);
    if (state.nowMs - peer.heardMs >= timings.heartbeatTimeoutMs) {
      domain &= ~bit;
      peer.sequence = 0;
    } else if ((domain & bit) === noHosts) {
      if (!state.joinBlock && !deaf(state, peer.packet)) domain |= bit;
    } else if (deaf(state, peer.packet)) domain &= ~bit;
  }
  state.heartbeat.domain = domain;
}

/** A link that carries one way only is taken for none while a fault is handled. */
function deaf(state: State, packet: Packet | undefined): boolean {
  const phase = phaseName(packet?.phase ?? phases.STARTING);
  if (packet === undefined || phase === undefined) return false;
  return handling(state.phase) && handling(phase) && !has(packet.heartbeatDomain, state.settings.self);
}

export function updateStatefileDomain(state: State): void {
  const { self, timings } = state.settings;
  let domain = state.statefile.domain;
  for (const index of indicesOf(configured(state))) {
    const bit = only(index);
    const own = index === self;
    const changedMs = own ? (state.statefile.lastWriteMs ?? Number.NEGATIVE_INFINITY) : peerOf(state, index).changedMs;
    if (state.nowMs - changedMs >= timings.statefileTimeoutMs) {
      if (own && has(domain, self)) loseStatefile(state);
      domain &= ~bit;
    } else if (own && !state.statefile.access) domain &= ~bit;
    else if (!state.joinBlock) domain |= bit;
  }
  state.statefile.domain = domain;
}

export function loseStatefile(state: State): void {
  state.statefile.access = false;
  state.statefile.accelerate = false;
}

/** Those members that this host hears. */
export function heardMembers(state: State): HostSet {
  return state.current & state.heartbeat.domain;
}

/** The phase that a host said last, by heartbeat. */
export function saidPhase(state: State, index: number): number | undefined {
  return peerOf(state, index).packet?.phase;
}
