/** The turns: heartbeats that go out, and passes over the statefile. */
import { has, indicesOf, only } from '../format/host-set.ts';
import type { Packet } from '../format/packet.ts';
import { type HostSection, isFault, type PoolSection } from '../format/statefile.ts';
import { loseStatefile, seeSection } from './domains.ts';
import { phases } from './phases.ts';
import { configured, end, type Input, peerOf, type SectionRead, type State, say } from './state.ts';

const burstGapMs = 100;
const passAttempts = 3;

function since(state: State, thenMs: number): number {
  return Number.isFinite(thenMs) ? Math.min(Math.round(state.nowMs - thenMs), 0x7fffffff) : -1;
}

function packetOf(state: State): Packet {
  const { settings, statefile } = state;
  const self = settings.hosts[settings.self];
  return {
    sequence: state.heartbeat.sequence,
    generation: settings.generation,
    sender: self?.uuid ?? '',
    index: settings.self,
    currentLiveset: state.current,
    proposedLiveset: state.proposed,
    heartbeatDomain: state.heartbeat.domain,
    statefileDomain: statefile.domain,
    sinceHeartbeat: state.peers.map((peer, index) => (index === settings.self ? 0 : since(state, peer.heardMs))),
    sinceStatefile: state.peers.map((peer, index) =>
      since(state, index === settings.self ? (statefile.lastWriteMs ?? Number.NEGATIVE_INFINITY) : peer.changedMs),
    ),
    sinceRestart: -1,
    phase: phases[state.phase],
    // The agent is not watched yet: there is nothing to say of it.
    errorText: '',
    statefileAccess: statefile.access,
    statefileCorrupted: statefile.corrupted,
    accelerate: statefile.accelerate,
    fenceRequest: state.phase === 'FH4' && (state.current & ~state.proposed) !== 0n && state.fencing === 'armed',
    withoutStatefile: state.withoutStatefile,
    joining: state.joining,
  };
}

/** Sends heartbeats when they are due, and feeds their watchdog from the same turn: who does not send is reset. */
export function beat(state: State): void {
  const { heartbeat, settings } = state;
  if (state.nowMs < heartbeat.nextMs) return;
  heartbeat.sequence = (heartbeat.sequence + 1) >>> 0 || 1;
  const packet = packetOf(state);
  for (const to of indicesOf(configured(state) & ~only(settings.self))) state.out.push({ kind: 'send', to, packet });
  heartbeat.burst = Math.max(heartbeat.burst - 1, 0);
  const gapMs =
    heartbeat.burst > 0
      ? Math.min(burstGapMs, settings.timings.heartbeatIntervalMs)
      : settings.timings.heartbeatIntervalMs;
  heartbeat.nextMs = state.nowMs + gapMs;
  feed(state, 'heartbeat', settings.timings.heartbeatWatchdogMs);
}

function sectionOf(state: State): HostSection {
  const packet = packetOf(state);
  return {
    sequence: state.statefile.sequence,
    index: packet.index,
    uuid: packet.sender,
    excluded: state.excluded,
    starting: state.starting,
    sinceHeartbeat: packet.sinceHeartbeat,
    sinceStatefile: packet.sinceStatefile,
    sinceRestart: packet.sinceRestart,
    currentLiveset: packet.currentLiveset,
    proposedLiveset: packet.proposedLiveset,
    heartbeatDomain: packet.heartbeatDomain,
    statefileDomain: packet.statefileDomain,
    lockRequest: state.lock.requesting,
    lockGrant: state.lock.grant,
    phase: packet.phase,
    weight: state.committedWeight + 1,
  };
}

function accelerated(state: State): boolean {
  if (state.statefile.accelerate) return true;
  return state.peers.some((peer, index) => has(state.heartbeat.domain, index) && peer.packet?.accelerate === true);
}

/** How long until the next pass: faster while a decision waits for it, and otherwise at slightly different times on each host. */
function passGapMs(state: State): number {
  const { statefileIntervalMs } = state.settings.timings;
  if (accelerated(state)) return Math.min(400, statefileIntervalMs / 2);
  const spread = Math.min(500, statefileIntervalMs / 4);
  const share = ((state.statefile.pass * 7919 + state.settings.self * 104_729) % 1000) / 1000;
  return statefileIntervalMs - spread + 2 * spread * share;
}

/** Begins a pass when one is due and none is under way. The watchdog is fed before, so that a pass that hangs resets the host. */
export function beginPass(state: State): void {
  const { statefile } = state;
  if (statefile.passSinceMs !== undefined) {
    if (state.withoutStatefile) feedStatefile(state);
    return;
  }
  if (state.nowMs < statefile.nextMs && !(accelerated(state) && statefile.nextMs - state.nowMs > 400)) return;
  feedStatefile(state);
  statefile.pass += 1;
  statefile.passSinceMs = state.nowMs;
  if (statefile.mayWrite) statefile.sequence = (statefile.sequence + 1) >>> 0;
  statefile.writing = statefile.mayWrite ? sectionOf(state) : undefined;
  state.out.push({ kind: 'statefile', pass: statefile.pass, write: statefile.writing });
  statefile.nextMs = state.nowMs + passGapMs(state);
}

/** The rule speaks before the watchdog does, so that the reason can be written down. */
const afterDecisionMs = 100;

/** While its standing is in doubt, a host that stops doing anything is reset when its time to decide is over, not later. */
function feed(state: State, watchdog: 'heartbeat' | 'statefile', timeoutMs: number): void {
  if (state.fencing !== 'armed') return;
  const { decideByMs, nowMs } = state;
  state.out.push({
    kind: 'feed',
    watchdog,
    timeoutMs: decideByMs === undefined ? timeoutMs : Math.min(timeoutMs, decideByMs - nowMs + afterDecisionMs),
  });
}

function feedStatefile(state: State): void {
  feed(state, 'statefile', state.settings.timings.statefileWatchdogMs);
}

function isBad(read: SectionRead<unknown>): boolean {
  return read === 'io' || isFault(read);
}

/** Takes in what a pass over the statefile has brought. */
export function endPass(state: State, input: Extract<Input, { kind: 'statefile' }>): void {
  const { statefile } = state;
  if (input.pass !== statefile.pass || statefile.passSinceMs === undefined) return;
  const beganMs = statefile.passSinceMs;
  statefile.passSinceMs = undefined;
  if (input.pool === 'version') return end(state, 9, 'the statefile is of another version');
  if (typeof input.pool !== 'string' && input.pool.generation !== state.settings.generation)
    return end(state, 10, 'the statefile belongs to another enabling of high availability');
  const own = input.hosts[state.settings.self] ?? 'io';
  // Another host's damaged section is that host's trouble: it counts as one that did not change.
  const needed: readonly SectionRead<PoolSection | HostSection>[] = [
    input.pool,
    own,
    ...input.hosts.filter((read) => read === 'io'),
  ];
  if (input.wrote === false || needed.some(isBad)) return failPass(state, needed);
  statefile.failures = 0;
  // A good pass clears what the one before had found damaged; the original keeps the mark for ever.
  statefile.corrupted = input.hosts.some(isBad);
  if (input.wrote === true) {
    statefile.written = statefile.writing;
    statefile.lastWriteMs = beganMs;
  }
  if (!statefile.access) say(state, 'This host reaches the statefile again.');
  statefile.access = true;
  statefile.goodPasses += 1;
  takeSections(state, input);
}

function takeSections(state: State, input: Extract<Input, { kind: 'statefile' }>): void {
  if (typeof input.pool !== 'string') state.pool = input.pool;
  const { self } = state.settings;
  for (const [index, section] of input.hosts.entries()) {
    if (typeof section === 'string') continue;
    if (index !== self) seeSection(state, index, section);
    else if (!state.statefile.mayWrite) {
      state.statefile.sequence = section.sequence;
      state.excluded = section.excluded;
      state.statefile.mayWrite = true;
      state.statefile.nextMs = state.nowMs;
    }
  }
}

function failPass(state: State, reads: readonly SectionRead<unknown>[]): void {
  const { statefile } = state;
  statefile.failures += 1;
  if (reads.some((read) => read !== 'io' && isBad(read)) && statefile.failures >= passAttempts)
    statefile.corrupted = true;
  if (statefile.failures < passAttempts) {
    statefile.nextMs = Math.min(
      statefile.nextMs,
      state.nowMs + Math.min(1000, state.settings.timings.statefileIntervalMs / 2),
    );
    return;
  }
  if (statefile.access) say(state, 'This host does not reach the statefile any more.');
  loseStatefile(state);
  statefile.mayWrite = false;
}

/** Puts changes of the pool's section on disk. One that failed stays due, unlike in the original. */
export function writePool(state: State): void {
  const { pending, pool } = state;
  if (pool === undefined || state.writingPool !== undefined || !state.statefile.access) return;
  // INVALID is final for a generation: no stale copy may undo it.
  const poolState = pool.poolState === 'INVALID' ? 'INVALID' : (pending.poolState ?? pool.poolState);
  const master = pending.master ?? pool.master;
  if (poolState === pool.poolState && master === pool.master) {
    state.pending = {};
    return;
  }
  state.writingPool = { ...pool, poolState, master };
  state.out.push({ kind: 'write-pool', pool: state.writingPool });
}

export function poolWritten(state: State, done: boolean): void {
  const wrote = state.writingPool;
  state.writingPool = undefined;
  if (wrote === undefined || !done) return;
  state.pool = wrote;
  if (state.pending.poolState === wrote.poolState) delete state.pending.poolState;
  if (state.pending.master === wrote.master) delete state.pending.master;
}

/** The weight of a host as its section says; the own one as it was committed. */
export function weightOf(state: State, index: number): number {
  return index === state.settings.self ? state.committedWeight + 1 : (peerOf(state, index).section?.weight ?? 0);
}
