/** How a host gets into a liveset: it looks who is there, joins the liveset that exists, or forms one with the others. */
import { countOf, type HostSet, has, indicesOf, noHosts, only, within } from '../format/host-set.ts';
import { livingOnDisk } from './members.ts';
import { weightOf } from './pass.ts';
import { nextPhase } from './phases.ts';
import { announce, configured, end, peerOf, type StartStage, type State, say } from './state.ts';
import { largestPartition, type Sight } from './survival.ts';

const exits = { noStatefile: 8, poolState: 11, timeout: 12, cannotJoin: 13, excluded: 18 } as const;

export function goOnStarting(state: State): void {
  if (state.phase !== 'STARTING' || state.ended) return;
  if (!state.statefile.access && !livesWithoutStatefile(state))
    return end(state, exits.noStatefile, 'this host does not reach the statefile');
  if (state.pool === undefined || !state.statefile.mayWrite) return waitForStatefile(state);
  if (state.pool.poolState === 'NONE') return end(state, exits.noStatefile, 'the statefile has no state of the pool');
  if (state.pool.poolState === 'INVALID')
    return end(state, exits.poolState, 'high availability was ended for the pool');
  for (let steps = 0; steps < 4; steps += 1) {
    const before = state.start.step;
    stages[before](state);
    if (state.ended || state.start.step === before) return;
  }
}

function waitForStatefile(state: State): void {
  if (state.nowMs >= deadlineMs(state)) end(state, exits.noStatefile, 'the statefile could not be read in time');
}

const stages: Readonly<Record<StartStage['step'], (state: State) => void>> = {
  gather,
  forget,
  criteria,
  form,
  join,
  done: () => undefined,
};

function deadlineMs(state: State): number {
  const { timings } = state.settings;
  return state.startedMs + (state.pool?.poolState === 'ACTIVE' ? timings.bootJoinMs : timings.enableJoinMs);
}

/** Waits until all are heard and write, at most as long as it takes to know who is not there. */
function gather(state: State): void {
  const { heartbeatTimeoutMs, statefileTimeoutMs } = state.settings.timings;
  const elapsedMs = state.nowMs - state.startedMs;
  const heard = state.heartbeat.domain === configured(state) || elapsedMs >= heartbeatTimeoutMs;
  const written = state.statefile.domain === configured(state) || elapsedMs >= statefileTimeoutMs;
  if (heard && written) state.start = { step: 'forget' };
}

/** Waits until nobody takes this host for the member that it was in a former life. */
function forget(state: State): void {
  const { self } = state.settings;
  const listed = indicesOf((state.heartbeat.domain | state.statefile.domain) & ~only(self)).some((index) => {
    const peer = peerOf(state, index);
    return (
      (has(state.heartbeat.domain, index) && has(peer.packet?.currentLiveset ?? noHosts, self)) ||
      (has(state.statefile.domain, index) && has(peer.section?.currentLiveset ?? noHosts, self))
    );
  });
  if (!listed) {
    state.joining = true;
    state.start = { step: 'criteria' };
    announce(state);
  } else if (state.nowMs >= deadlineMs(state))
    end(state, exits.timeout, 'the others still list this host as the member that it was');
}

function excludedHosts(state: State): HostSet {
  let excluded = state.excluded ? only(state.settings.self) : noHosts;
  for (const index of indicesOf(configured(state) & ~only(state.settings.self)))
    if (peerOf(state, index).section?.excluded === true) excluded |= only(index);
  return excluded;
}

function livesWithoutStatefile(state: State): boolean {
  return state.withoutStatefile && within(configured(state), state.heartbeat.domain | excludedHosts(state));
}

function livesetExists(state: State): boolean {
  return livingOnDisk(state) !== noHosts || livesWithoutStatefile(state);
}

function criteria(state: State): void {
  const initial = state.pool?.poolState === 'INIT';
  if (livesetExists(state)) {
    if (initial) return end(state, exits.poolState, 'the pool is being enabled, and a liveset is there already');
    return tryToJoin(state);
  }
  const all = configured(state);
  if (within(all, state.heartbeat.domain & state.statefile.domain)) return propose(state, all, true);
  const offer = initial ? undefined : offered(state);
  if (offer !== undefined) return propose(state, offer, false);
  if (state.nowMs < deadlineMs(state)) return;
  if (initial)
    return end(state, exits.timeout, `only ${countOf(state.heartbeat.domain)} of ${countOf(all)} hosts came`);
  formWithout(state, all);
}

/** What another host that starts has proposed, with this host in it. */
function offered(state: State): HostSet | undefined {
  const { self } = state.settings;
  for (const index of indicesOf(state.heartbeat.domain & ~only(self))) {
    const { packet } = peerOf(state, index);
    if (packet === undefined || !packet.joining || packet.currentLiveset !== noHosts) continue;
    const proposal = packet.proposedLiveset;
    if (
      has(proposal, self) &&
      has(proposal, index) &&
      within(proposal, state.heartbeat.domain & state.statefile.domain)
    )
      return proposal;
  }
  return undefined;
}

/** Time is up: the largest part of those that are there forms a liveset. */
function formWithout(state: State, all: HostSet): void {
  const excluded = excludedHosts(state);
  if (state.excluded && !within(all, excluded))
    return end(state, exits.excluded, 'this host is excluded, others are not, and there is no liveset');
  const { self } = state.settings;
  const sights = new Map<number, Sight>();
  for (const index of indicesOf(state.statefile.domain)) {
    const section = peerOf(state, index).section;
    const own = index === self;
    sights.set(index, {
      heartbeat: own ? state.heartbeat.domain : (section?.heartbeatDomain ?? noHosts),
      statefile: own ? state.statefile.domain : (section?.statefileDomain ?? noHosts),
      weight: weightOf(state, index),
    });
  }
  const best = largestPartition(sights, state.statefile.domain);
  const sight = best === undefined ? undefined : sights.get(best);
  if (best !== self && !(sight !== undefined && has(sight.heartbeat & sight.statefile, self)))
    return end(state, exits.cannotJoin, 'other hosts that this one does not hear are more');
  let members = only(self);
  for (const index of indicesOf(state.heartbeat.domain & state.statefile.domain))
    if (peerOf(state, index).packet?.joining === true) members |= only(index);
  propose(state, members, false);
}

function propose(state: State, members: HostSet, full: boolean): void {
  const { timings } = state.settings;
  state.proposed = members;
  announce(state);
  const extraMs = 3 * Math.max(timings.heartbeatIntervalMs, timings.statefileIntervalMs);
  const untilMs = Math.max(deadlineMs(state), state.nowMs) + extraMs;
  state.start = { step: 'form', untilMs, full, passes: undefined };
}

/**
 * A proposal stands until it is adopted or the host gives up. It is adopted when all in it propose the same, and when the
 * statefile, read after the own proposal was on it, shows no other: of two that do not hear each other, one sees the other.
 */
function form(state: State): void {
  const { start } = state;
  if (start.step !== 'form') return;
  const { self } = state.settings;
  const { statefile } = state;
  if (start.passes === undefined && statefile.written?.proposedLiveset === state.proposed)
    state.start = { ...start, passes: statefile.goodPasses };
  const rivals = indicesOf(statefile.domain & ~state.proposed).filter((index) => {
    const section = peerOf(state, index).section;
    return section !== undefined && (section.currentLiveset | section.proposedLiveset) !== noHosts;
  });
  for (const index of rivals) {
    const section = peerOf(state, index).section;
    if (section === undefined) continue;
    if (section.currentLiveset !== noHosts || better(section.proposedLiveset, state.proposed))
      return end(state, exits.cannotJoin, 'hosts that this one does not hear have formed a liveset');
  }
  const others = indicesOf(state.proposed & ~only(self));
  const same = others.every((index) => {
    const { packet } = peerOf(state, index);
    if (packet === undefined || !has(state.heartbeat.domain, index)) return false;
    // Who was quicker may have taken in somebody else by now.
    if (!has(state.unlisted, index)) return false;
    return packet.proposedLiveset === state.proposed || within(state.proposed, packet.currentLiveset);
  });
  const checked = start.passes !== undefined && statefile.goodPasses > start.passes;
  if (same && checked && rivals.length === 0) return adopt(state, state.proposed);
  if (state.nowMs >= start.untilMs)
    end(
      state,
      start.full && state.pool?.poolState === 'INIT' ? exits.timeout : exits.cannotJoin,
      'the others did not propose the same in time',
    );
}

/** Which of two proposals stands: the larger one, then the one with the lowest host. */
function better(one: HostSet, other: HostSet): boolean {
  const difference = countOf(one) - countOf(other);
  return difference === 0 ? (indicesOf(one)[0] ?? 64) < (indicesOf(other)[0] ?? 64) : difference > 0;
}

function tryToJoin(state: State): void {
  const members = membersToJoin(state);
  if (members === undefined) {
    if (state.nowMs >= deadlineMs(state))
      end(state, exits.cannotJoin, 'there is a liveset of which this host does not hear every member');
    return;
  }
  state.proposed = members | only(state.settings.self);
  announce(state);
  state.start = { step: 'join' };
}

/** The members of the liveset, when this host hears all of them. */
function membersToJoin(state: State): HostSet | undefined {
  const members = livesWithoutStatefile(state) ? heardLiving(state) : livingOnDisk(state);
  return members !== noHosts && within(members, state.heartbeat.domain) ? members : undefined;
}

function heardLiving(state: State): HostSet {
  let living = noHosts;
  for (const index of indicesOf(state.heartbeat.domain & ~only(state.settings.self)))
    if (has(peerOf(state, index).packet?.currentLiveset ?? noHosts, index)) living |= only(index);
  return living;
}

/**
 * This host is in when every member lists it, and all list the same. A member that has never been heard not to list it still means its
 * former life.
 */
function join(state: State): void {
  const members = membersToJoin(state);
  if (members === undefined) {
    // The liveset is another one now, or none; look again.
    state.proposed = noHosts;
    state.start = { step: 'criteria' };
    return;
  }
  state.proposed = members | only(state.settings.self);
  const liveset = offeredLiveset(state, members);
  if (liveset !== undefined) return adopt(state, liveset);
  if (state.nowMs >= deadlineMs(state)) end(state, exits.cannotJoin, 'the members did not take this host in in time');
}

/**
 * The liveset that all members list, with this host in it. Whoever is in it is heard now and lists the same, or has not got in itself yet: a
 * member that is silent may not know of this host.
 */
function offeredLiveset(state: State, members: HostSet): HostSet | undefined {
  const { self } = state.settings;
  const [first = 0] = indicesOf(members);
  const liveset = peerOf(state, first).packet?.currentLiveset ?? noHosts;
  const others = liveset & ~only(self);
  if (!has(liveset, self) || !within(members, others & state.unlisted) || !within(others, state.heartbeat.domain))
    return undefined;
  const same = indicesOf(others).every((index) => {
    const current = peerOf(state, index).packet?.currentLiveset ?? noHosts;
    return current === liveset || (current === noHosts && !has(members, index));
  });
  return same ? liveset : undefined;
}

/** From here on this host counts, and fences itself when it must. */
function adopt(state: State, members: HostSet): void {
  const { timings } = state.settings;
  state.fencing = 'armed';
  state.out.push({ kind: 'feed', watchdog: 'heartbeat', timeoutMs: timings.heartbeatWatchdogMs });
  state.out.push({ kind: 'feed', watchdog: 'statefile', timeoutMs: timings.statefileWatchdogMs });
  state.current = members;
  state.proposed = members;
  for (const index of indicesOf(members & ~only(state.settings.self)))
    if (!has(peerOf(state, index).packet?.currentLiveset ?? noHosts, index)) state.admitted |= only(index);
  state.joining = false;
  state.starting = false;
  state.excluded = false;
  state.start = { step: 'done' };
  if (state.pool?.poolState === 'INIT') state.pending.poolState = 'ACTIVE';
  state.phase = nextPhase(state.phase, 'STARTED');
  state.statefile.nextMs = state.nowMs;
  announce(state);
  state.out.push({ kind: 'liveset', current: members, rule: undefined });
  say(state, `This host is a member of a liveset of ${countOf(members)}.`);
}
