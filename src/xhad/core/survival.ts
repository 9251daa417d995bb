/** Who lives on when the hosts do not see each other any more: survival rules 1a, 1b and 2, and the view that they are applied to. Pure. */
import { countOf, type HostSet, has, indicesOf, noHosts, within } from '../format/host-set.ts';

/** What one host sees: whom it hears, and who writes the statefile. */
export interface Sight {
  readonly heartbeat: HostSet;
  readonly statefile: HostSet;
  readonly weight: number;
}

export interface Situation {
  readonly self: number;
  /** Who was in the liveset. */
  readonly current: HostSet;
  readonly configured: HostSet;
  /** The agreed view of this host. */
  readonly heartbeat: HostSet;
  readonly statefile: HostSet;
  /** What each host of `statefile` sees: the own, live one of this host, and the statefile's copies of the others. */
  readonly sights: ReadonlyMap<number, Sight>;
  /** Hosts that say by heartbeat that they reach the statefile. */
  readonly withStatefile: HostSet;
  readonly excluded: HostSet;
  /** Members that were taken in and may not know it: they hold no partition together, for the others may not count them. */
  readonly admitted: HostSet;
  /** The members live by rule 2 already: who writes and who does not says nothing until all do again. */
  readonly withoutStatefile: boolean;
}

export type SurvivalRule = '1a' | '1b' | '2';

export type Verdict =
  | { readonly survives: true; readonly rule: SurvivalRule; readonly survivors: HostSet }
  | { readonly survives: false; readonly reason: string };

/** Weight of the partition around one host: 1 + 256 times its weight for each host that it sees on both ways. */
function partitionSize(sights: ReadonlyMap<number, Sight>, of: number): number {
  const sight = sights.get(of);
  if (sight === undefined) return 0;
  let size = 0;
  for (const index of indicesOf(sight.heartbeat & sight.statefile)) size += 1 + 256 * (sights.get(index)?.weight ?? 0);
  return size;
}

/** The host with the largest partition, the lowest index at a tie. Undefined when there is none. */
export function largestPartition(sights: ReadonlyMap<number, Sight>, among: HostSet): number | undefined {
  let best: number | undefined;
  let bestSize = 0;
  for (const index of indicesOf(among)) {
    const size = partitionSize(sights, index);
    if (size > bestSize) [best, bestSize] = [index, size];
  }
  return best;
}

function seesBoth(sight: Sight | undefined, index: number): boolean {
  return sight !== undefined && has(sight.heartbeat, index) && has(sight.statefile, index);
}

/** Does this host live on, by which rule, and with whom? Sources: rules SR1a, SR1b and SR2 of the original. */
export function decideSurvival(situation: Situation): Verdict {
  const { self, current, sights } = situation;
  const heartbeat = situation.heartbeat & current;
  const statefile = situation.statefile & current;
  if (!situation.withoutStatefile) {
    if (statefile !== noHosts && has(statefile, self) && within(statefile, heartbeat))
      return { survives: true, rule: '1a', survivors: statefile };
    if (has(statefile, self)) {
      const best = largestPartition(sights, statefile & ~situation.admitted);
      const together =
        best === self || (best !== undefined && seesBoth(sights.get(best), self) && seesBoth(sights.get(self), best));
      const partition = best === undefined ? undefined : sights.get(best);
      if (together && partition !== undefined)
        return { survives: true, rule: '1b', survivors: partition.heartbeat & partition.statefile & current };
      return {
        survives: false,
        reason:
          best === undefined
            ? 'no member sees any other on both ways'
            : `the largest partition is that of the host ${best}, which this host is not in`,
      };
    }
  }
  const unheard = situation.configured & ~situation.heartbeat;
  const nobodyWrites = situation.withoutStatefile || (situation.withStatefile & situation.heartbeat) === noHosts;
  if (nobodyWrites && within(unheard, situation.excluded)) return { survives: true, rule: '2', survivors: heartbeat };
  return {
    survives: false,
    reason: nobodyWrites
      ? `nobody who is heard reaches the statefile, and ${countOf(unheard & ~situation.excluded)} hosts are neither heard nor excluded`
      : 'this host does not reach the statefile, and others do',
  };
}

/**
 * When the hosts cannot agree in time, each works out from the statefile's copies who is left: hosts that nobody sees on the statefile go first, then
 * the host whose view weighs least, until the views of all that are left cover them.
 */
export function mergeViews(sights: ReadonlyMap<number, Sight>, live: HostSet): HostSet {
  let left = live;
  let dropped = noHosts;
  for (const index of indicesOf(live)) {
    const sight = sights.get(index);
    if (sight === undefined || sight.statefile === noHosts) [left, dropped] = without(left, dropped, index);
  }
  for (;;) {
    const lowest = lowestScore(sights, left);
    if (lowest === undefined || within(left, (sights.get(lowest)?.heartbeat ?? noHosts) | dropped)) return left;
    [left, dropped] = without(left, dropped, lowest);
  }
}

function without(left: HostSet, dropped: HostSet, index: number): [HostSet, HostSet] {
  const bit = 1n << BigInt(index);
  return [left & ~bit, dropped | bit];
}

function lowestScore(sights: ReadonlyMap<number, Sight>, among: HostSet): number | undefined {
  let lowest: number | undefined;
  let lowestScore = Number.POSITIVE_INFINITY;
  for (const index of indicesOf(among)) {
    const seen = sights.get(index)?.heartbeat ?? noHosts;
    const members = indicesOf(seen);
    const weights = members.reduce((sum, member) => sum + (sights.get(member)?.weight ?? 0), 0);
    const score = 0x10000 * weights + 0x100 * members.length + (64 - (members[0] ?? 64));
    // At a tie the higher index goes, so that all hosts drop the same one.
    if (score <= lowestScore) [lowest, lowestScore] = [index, score];
  }
  return lowest;
}
