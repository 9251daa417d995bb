/** How the checks on several hosts read their story. */
import type { Check, Verdict } from './check.ts';
import type { ContractLine } from './contract-lines.ts';
import type { Group } from './groups.ts';
import { type Look, NotReached } from './look.ts';
import { fenceLimitMs, lastView, type View, viewOf, viewsOf, whyNoView } from './pool-view.ts';
import type { HostFacts, StepRecord } from './transcript.ts';

export interface PoolLook {
  readonly look: Look;
  readonly story: string;
  readonly hosts: readonly number[];
  /** Within this a host that is lost has been fenced. */
  readonly fenceMs: number;
  step(name: string): StepRecord;
  views(step: string): readonly View[];
  /** What a host said last in a step. Not reached when it said nothing that can be read. */
  said(step: string, host: number): View;
  facts(step: string, host: number): HostFacts;
  /** A number that a step has noted. */
  value(step: string, name: string): number;
}

function poolLook(look: Look, story: string): PoolLook {
  const { transcript } = look;
  const uuids = transcript.hostUuids.get(story) ?? [];
  const step = (name: string): StepRecord => look.step(story, name);
  const [first] = viewsOf(step('formed'), uuids);
  return {
    look,
    story,
    hosts: uuids.map((_, index) => index + 1),
    fenceMs: fenceLimitMs(transcript.directory, first?.liveset, transcript.timeouts),
    step,
    views: (name) => viewsOf(step(name), uuids),
    said(name, host) {
      const view = lastView(step(name), host, uuids);
      if (view === undefined) throw new NotReached(`${whyNoView(step(name), host)}.`);
      return view;
    },
    facts: (name, host) => look.host(story, name, host),
    value(name, key) {
      const value = step(name).values[key];
      if (typeof value !== 'number') throw new NotReached(`The step ${name} did not come to its end.`);
      return value;
    },
  };
}

/** What the host that was cut off said, when it was still there to be asked. */
export function saidWhenCutOff(pool: PoolLook, step: string): View | undefined {
  const call = pool.step(step).calls.find(({ script }) => script === 'the cut off host');
  const uuids = pool.look.transcript.hostUuids.get(pool.story) ?? [];
  return call === undefined ? undefined : viewOf({ ...call, script: 'ha_query_liveset' }, uuids);
}

export function poolCheck(
  id: string,
  group: Group,
  story: string,
  line: ContractLine,
  title: string,
  judge: (pool: PoolLook) => Verdict,
): Check {
  return {
    id,
    group,
    line,
    title,
    stories: [story],
    hosts: 'many',
    judge: (look) => judge(poolLook(look, story)),
  };
}

/** `3.5 s`. */
export function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}
