/** What the members do together when one of them is not seen any more: they agree on what they see, decide who lives on, and wait until the others have fenced themselves. */
import { type HostSet, has, indicesOf, noHosts, only, within } from '../format/host-set.ts';
import { heardMembers, saidPhase } from './domains.ts';
import { weightOf } from './pass.ts';
import { handling, type PhaseName, phases } from './phases.ts';
import { decisionMs, fenceWaitMs } from './settings.ts';
import { configured, enter, type FaultRun, fence, peerOf, type State, say } from './state.ts';
import { decideSurvival, mergeViews, type Sight } from './survival.ts';

/** Share of a timeout after which a host that is still in a domain is waited for before the weights are taken. */
const unsettledShare = 0.25;

/** Members that were lost and whose loss was not handled yet. */
function unhandled(state: State): HostSet {
  const lostHeartbeat = state.current & ~state.heartbeat.domain & ~state.known.heartbeat;
  const lostStatefile = state.withoutStatefile
    ? noHosts
    : state.current & ~state.statefile.domain & ~state.known.statefile;
  return lostHeartbeat | lostStatefile;
}

/**
 * Members that came back can be lost anew; and one that this host does not see is a member only for as long as another one that it hears
 * sees it. A disarmed host changes nothing anyway.
 */
function forgetReturned(state: State): void {
  const { known } = state;
  let [heard, seen] = [noHosts, noHosts];
  for (const index of indicesOf(heardMembers(state) & ~only(state.settings.self))) {
    const { packet } = peerOf(state, index);
    heard |= packet?.heartbeatDomain ?? noHosts;
    seen |= packet?.statefileDomain ?? noHosts;
  }
  const armed = state.fencing === 'armed';
  known.heartbeat &= ~state.heartbeat.domain & (armed ? heard : known.heartbeat);
  known.statefile &= ~state.statefile.domain & (armed ? seen : known.statefile);
}

function peerHandles(state: State): boolean {
  return indicesOf(heardMembers(state) & ~only(state.settings.self)).some(
    (index) => saidPhase(state, index) === phases.FHREADY,
  );
}

/** Begins to handle a fault when there is one, or goes on with the one that is being handled. */
export function handleFaults(state: State): void {
  if (state.ended || (state.phase !== 'STARTED' && !handling(state.phase))) return;
  if (state.phase === 'STARTED') {
    forgetReturned(state);
    if (unhandled(state) === noHosts && !peerHandles(state)) return;
    begin(state);
  }
  // As many steps at once as nobody has to be waited for.
  for (let steps = 0; steps < 16 && !state.ended && handling(state.phase); steps += 1) if (!advance(state)) return;
}

function begin(state: State): void {
  state.joinBlock = true;
  // Whoever is not a member yet has to ask again afterwards.
  state.proposed &= state.current;
  state.fault = {
    sinceMs: state.nowMs,
    viewSinceMs: state.nowMs,
    beganMs: state.nowMs,
    agreedHeartbeat: noHosts,
    agreedStatefile: noHosts,
    rule: undefined,
    fenceUntilMs: Number.POSITIVE_INFINITY,
  };
  enter(state, 'FHREADY');
}

/** Have all members that are heard, and live on, come to this phase or the next? */
function together(state: State, next: PhaseName): boolean {
  const decided = phases[state.phase] >= phases.FH3DONE;
  const members = heardMembers(state) & (decided ? state.proposed : configured(state)) & ~only(state.settings.self);
  return indicesOf(members & ~state.admitted).every((index) => {
    const said = saidPhase(state, index);
    if (said === phases[state.phase] || said === phases[next]) return true;
    // A member that has finished may have met the next fault already.
    return state.phase === 'FH4DONE' && said === phases.FHREADY;
  });
}

type Work = (state: State, fault: FaultRun) => boolean;

/** What each phase does and what follows it. A phase is left when its work is done and all have come to it. */
const course: Readonly<Partial<Record<PhaseName, { readonly work: Work; readonly next: PhaseName }>>> = {
  FHREADY: { work: () => true, next: 'FH1' },
  FH1: { work: settle, next: 'FH1DONE' },
  FH1DONE: { work: () => true, next: 'FH2' },
  FH2: { work: agree, next: 'FH2DONE' },
  FH2DONE: { work: () => true, next: 'FH3' },
  FH3: { work: decide, next: 'FH3DONE' },
  FH3DONE: { work: () => true, next: 'FH4' },
  FH4: { work: awaitFences, next: 'FH4DONE' },
  FH4DONE: { work: () => true, next: 'STARTED' },
};

function advance(state: State): boolean {
  const { fault } = state;
  const step = course[state.phase];
  if (fault === undefined || step === undefined) return false;
  if (!step.work(state, fault) || state.ended || !together(state, step.next)) return false;
  enterNext(state, fault, step.next);
  return true;
}

function enterNext(state: State, fault: FaultRun, next: PhaseName): void {
  enter(state, next);
  if (next === 'FH2') {
    fault.viewSinceMs = state.nowMs;
    state.statefile.accelerate = state.statefile.access;
  }
  if (next === 'FH3DONE') state.statefile.accelerate = false;
  if (next === 'FH4') setFenceWait(state, fault);
  if (next === 'STARTED') finish(state, fault);
}

/** FH1: a member that has been quiet for a while is about to be lost as well, or will speak in a moment. */
function settle(state: State, fault: FaultRun): boolean {
  const { heartbeatTimeoutMs, statefileTimeoutMs } = state.settings.timings;
  for (const index of indicesOf(state.current & ~only(state.settings.self))) {
    const peer = peerOf(state, index);
    const heard = Math.min(peer.heardMs, fault.sinceMs);
    const changed = Math.min(peer.changedMs, fault.sinceMs);
    const quiet = peer.heardMs < fault.sinceMs && state.nowMs - heard > unsettledShare * heartbeatTimeoutMs;
    const still = peer.changedMs < fault.sinceMs && state.nowMs - changed > unsettledShare * statefileTimeoutMs;
    if (has(state.heartbeat.domain, index) && quiet) return false;
    if (has(state.statefile.domain, index) && still) return false;
  }
  state.committedWeight = state.weight;
  return true;
}

/** What each host sees, from the statefile; of this one what it sees now. */
function sightsOf(state: State): Map<number, Sight> {
  const sights = new Map<number, Sight>();
  for (const index of indicesOf(configured(state))) {
    const section = peerOf(state, index).section;
    if (index === state.settings.self)
      sights.set(index, {
        heartbeat: state.heartbeat.domain,
        statefile: state.statefile.domain,
        weight: weightOf(state, index),
      });
    else if (section !== undefined)
      sights.set(index, {
        heartbeat: section.heartbeatDomain,
        statefile: section.statefileDomain,
        weight: weightOf(state, index),
      });
  }
  return sights;
}

/** FH2: all members that are heard see the same, by heartbeat and on the statefile; and those that only write have come here as well. */
function agree(state: State, fault: FaultRun): boolean {
  const { self, timings } = state.settings;
  const heartbeat = state.heartbeat.domain & state.current;
  const statefile = state.statefile.domain & state.current;
  // Whether one that was taken in knows it by now, only what it wrote since tells.
  const unsure = indicesOf(state.admitted & statefile).some((index) => peerOf(state, index).changedMs < fault.beganMs);
  if (unsure) return false;
  const late = state.nowMs - fault.viewSinceMs >= Math.max(timings.heartbeatTimeoutMs, timings.statefileTimeoutMs);
  if (late) {
    const left = mergeViews(sightsOf(state), heartbeat);
    fault.agreedHeartbeat = left === noHosts ? heartbeat : left;
    fault.agreedStatefile = statefile & fault.agreedHeartbeat;
    // Who writes and is not heard must be counted against this side, not forgotten.
    fault.agreedStatefile |= statefile & ~heartbeat;
    return true;
  }
  const heard = indicesOf(heartbeat & ~only(self) & ~state.admitted).every((index) => {
    const { packet } = peerOf(state, index);
    if (packet === undefined || (packet.heartbeatDomain & state.current) !== heartbeat) return false;
    // Who does not reach the statefile cannot know who does.
    const both = has(state.statefile.domain, self) && has(packet.statefileDomain, index);
    return !both || (packet.statefileDomain & state.current) === statefile;
  });
  if (!heard || !onDisk(state, fault, heartbeat, statefile)) return false;
  fault.agreedHeartbeat = heartbeat;
  fault.agreedStatefile = statefile;
  return true;
}

/**
 * Those who write have written what they see since this fault began, this host too. A section that is older, or of the fault before, tells
 * what was seen then: two halves that each believe an old view of the other would both live on.
 */
function onDisk(state: State, fault: FaultRun, heartbeat: HostSet, statefile: HostSet): boolean {
  const { self } = state.settings;
  const { written, lastWriteMs } = state.statefile;
  if (has(statefile, self)) {
    if (written === undefined || lastWriteMs === undefined || lastWriteMs < fault.viewSinceMs) return false;
    if ((written.heartbeatDomain & state.current) !== heartbeat) return false;
  }
  return indicesOf(statefile & ~only(self) & ~state.admitted).every((index) => {
    const { section, changedMs } = peerOf(state, index);
    if (section === undefined || changedMs < fault.beganMs || section.currentLiveset !== state.current) return false;
    if (section.phase < phases.FH2 || section.phase > phases.FH4) return false;
    if (!has(heartbeat, index)) return true;
    return (
      (section.heartbeatDomain & state.current) === heartbeat && (section.statefileDomain & state.current) === statefile
    );
  });
}

/** FH3: the survival rules. Who loses resets itself. */
function decide(state: State, fault: FaultRun): boolean {
  if (fault.rule !== undefined) return true;
  const { self } = state.settings;
  let withStatefile = has(state.statefile.domain, self) ? only(self) : noHosts;
  let excluded = noHosts;
  for (const index of indicesOf(configured(state) & ~only(self))) {
    const peer = peerOf(state, index);
    if (peer.packet !== undefined && has(peer.packet.statefileDomain, index)) withStatefile |= only(index);
    if (peer.section?.excluded === true) excluded |= only(index);
  }
  const sights = sightsOf(state);
  const own = sights.get(self);
  const agreed = fault.agreedHeartbeat;
  if (own !== undefined) sights.set(self, { ...own, heartbeat: own.heartbeat & (agreed | ~state.current) });
  const verdict = decideSurvival({
    self,
    current: state.current,
    configured: configured(state),
    heartbeat: state.heartbeat.domain & (agreed | ~state.current),
    statefile: fault.agreedStatefile,
    sights,
    withStatefile,
    excluded,
    admitted: state.admitted,
    withoutStatefile: state.withoutStatefile,
  });
  if (!verdict.survives) {
    if (state.fencing === 'armed') {
      fence(state, 'survival', verdict.reason);
      return false;
    }
    // A host that may not fence goes through the motions and changes nothing.
    fault.rule = '1a';
    return true;
  }
  fault.rule = verdict.rule;
  if (verdict.rule === '2' && !state.withoutStatefile) {
    state.withoutStatefile = true;
    say(state, 'Nobody reaches the statefile; the members live on by their heartbeats alone.');
  }
  if (state.fencing === 'armed') state.proposed = state.current & verdict.survivors;
  return true;
}

function setFenceWait(state: State, fault: FaultRun): void {
  const lost = state.current & ~state.proposed;
  fault.fenceUntilMs = lost === noHosts ? state.nowMs : fault.beganMs + fenceWaitMs(state.settings.timings);
}

/**
 * A member is in good standing while it sees all who count, or has decided that it lives on without those whom it does not see. When it
 * is not, its time runs; when the time is over it fences itself.
 */
export function keepStanding(state: State): void {
  if (state.fencing !== 'armed' || state.ended) return;
  const counted = state.fault?.rule === undefined ? state.current : state.current & state.proposed;
  const heard = within(counted, state.heartbeat.domain | state.known.heartbeat);
  const written = state.withoutStatefile || within(counted, state.statefile.domain | state.known.statefile);
  const decided = state.fault === undefined || state.fault.rule !== undefined;
  if (heard && written && decided) {
    state.decideByMs = undefined;
    return;
  }
  state.decideByMs ??= state.nowMs + decisionMs(state.settings.timings);
  if (state.nowMs >= state.decideByMs) fence(state, 'undecided', 'it could not find out in time whether it lives on');
}

/** FH4: only when the watchdogs of those who are out have run out for certain are they taken from the liveset. */
function awaitFences(state: State, fault: FaultRun): boolean {
  if (state.nowMs < fault.fenceUntilMs) return false;
  const left = state.current & state.proposed;
  if (left !== state.current) {
    state.current = left;
    state.admitted &= left;
    state.out.push({ kind: 'liveset', current: left, rule: fault.rule });
  }
  return true;
}

function finish(state: State, fault: FaultRun): void {
  state.joinBlock = false;
  state.known.heartbeat = state.current & ~state.heartbeat.domain & ~fault.agreedHeartbeat;
  state.known.statefile = state.current & ~state.statefile.domain & ~fault.agreedStatefile;
  state.fault = undefined;
}
