/** Tells the stories that the checks need, each on a laboratory of its own, and judges what happened. */
import { type ScriptName, scriptNames } from '../stack/contract.ts';
import type { Clock } from '../world/world.ts';
import { type Check, judge, type Verdict } from './check.ts';
import { whyUnrunnable } from './checks/presence.ts';
import type { Group } from './groups.ts';
import type { Laboratory, LaboratoryOptions } from './laboratory.ts';
import { type PaceName, paces, timeoutsFor, watchdogMsOf } from './pace.ts';
import { Place } from './place.ts';
import type { PaceLimits, Story } from './story.ts';
import { checks, stories } from './table.ts';
import { Teller, tell } from './teller.ts';
import type { DirectoryFacts, StoryRecord, Transcript } from './transcript.ts';

export interface Examination {
  readonly directory: DirectoryFacts;
  readonly hostCount: number;
  readonly pace: PaceName;
  /** Only this group; all without it. */
  readonly only?: Group;
  /** Only these stories; what needs others is not reached. */
  readonly onlyStories?: ReadonlySet<string>;
  /** Instead of those of the pace. */
  readonly limits?: PaceLimits;
  /** How many stories of one host are told at a time. */
  readonly parallel: number;
  /** The whole run ends after this; what was not reached then stays so. */
  readonly runMs: number;
}

/** What conducting needs of the outside. */
export interface Stage {
  readonly clock: Pick<Clock, 'after' | 'monotonicMs'>;
  /** @throws LaboratoryError when this machine cannot make virtual hosts */
  readonly openLaboratory: (options: LaboratoryOptions) => Promise<Laboratory>;
  /** Rejects the examination with its reason. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

export interface Progress {
  readonly story: string;
  readonly title: string;
  /** Undefined when the story has ended. */
  readonly step: string | undefined;
  /** How many stories have ended, of how many. */
  readonly told: number;
  readonly of: number;
}

export interface CheckResult {
  readonly check: Check;
  readonly verdict: Verdict;
}

export interface Findings {
  readonly results: readonly CheckResult[];
  readonly transcript: Transcript;
  readonly durationMs: number;
}

/** The checks of a run, and the stories that they need. */
export function chosen(examination: Pick<Examination, 'only' | 'onlyStories' | 'hostCount' | 'directory'>): {
  readonly checks: readonly Check[];
  readonly stories: readonly Story[];
} {
  const { only, onlyStories, hostCount, directory } = examination;
  const { capabilities } = directory;
  const wanted = checks.filter(({ group }) => only === undefined || group === only);
  const needed = new Set(wanted.flatMap((check) => check.stories));
  const told = stories.filter(
    ({ name, hosts, optionalScript, capability }) =>
      needed.has(name) &&
      (onlyStories === undefined || onlyStories.has(name)) &&
      (hosts === 1 || hostCount > 1) &&
      (optionalScript === undefined || directory.files.has(optionalScript)) &&
      (capability === undefined || capabilities.includes(capability)),
  );
  return { checks: wanted, stories: told };
}

/** @throws LaboratoryError; and the signal's reason when it aborts */
export async function examine(examination: Examination, stage: Stage): Promise<Findings> {
  const startedMs = stage.clock.monotonicMs();
  const { checks: wanted, stories: wantedStories } = chosen(examination);
  const { directory, hostCount, pace } = examination;
  const timeouts = timeoutsFor(pace, directory.capabilities);
  const records = new Map<string, StoryRecord>();
  const hostUuids = new Map<string, readonly string[]>();
  const over = new AbortController();
  const cancel = stage.clock.after(examination.runMs, () => over.abort());
  const hung = new Set<ScriptName>();
  const tellOne = async (story: Story, place: Place): Promise<void> => {
    const of = wantedStories.length;
    const told = await tellStory(story, examination, stage, { hung, over: over.signal, told: records, of, place });
    records.set(story.name, told.record);
    hostUuids.set(story.name, told.uuids);
    stage.onProgress({ story: story.name, title: story.title, step: undefined, told: records.size, of });
  };
  const lane = (hosts: number) => (): Place =>
    new Place(stage, {
      stackDirectory: directory.path,
      hostCount: hosts,
      timeouts,
      statefile: 'file',
      watchdogMs: watchdogMsOf(timeouts),
      signal: stage.signal,
    });
  try {
    const single = wantedStories.filter(({ hosts }) => hosts === 1);
    await inLanes(single, examination.parallel, lane(1), tellOne);
    // Several hosts at a time need the machine for themselves, or timeouts would be those of the machine.
    const many = wantedStories.filter(({ hosts }) => hosts === 'many');
    await inLanes(many, 1, lane(hostCount), tellOne);
  } catch (thrown) {
    // Whoever stops the run closes laboratories under it, which looks like a fault of theirs.
    stage.signal.throwIfAborted();
    throw thrown;
  } finally {
    cancel();
  }
  const transcript: Transcript = { directory, hostCount, stories: records, timeouts, hostUuids };
  const results = wanted.map((check) => ({ check, verdict: judge(check, transcript) }));
  return { results, transcript, durationMs: stage.clock.monotonicMs() - startedMs };
}

/** Tells all stories, some at a time, in their order. When one fails, none is begun any more and the first reason is thrown. */
async function inLanes(
  stories: readonly Story[],
  count: number,
  open: () => Place,
  tellOne: (story: Story, place: Place) => Promise<void>,
): Promise<void> {
  const left = [...stories];
  const lane = async (): Promise<void> => {
    const place = open();
    try {
      for (let story = left.shift(); story !== undefined; story = left.shift()) await tellOne(story, place);
    } catch (thrown) {
      left.length = 0;
      throw thrown;
    } finally {
      await place.leave();
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(stories.length, Math.max(1, count)) }, lane));
  const broken = ends.find((end) => end.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
}

interface Telling {
  readonly hung: Set<ScriptName>;
  readonly over: AbortSignal;
  readonly told: ReadonlyMap<string, StoryRecord>;
  readonly of: number;
  readonly place: Place;
}

async function tellStory(
  story: Story,
  examination: Examination,
  stage: Stage,
  { hung, over, told, of, place }: Telling,
): Promise<{ readonly record: StoryRecord; readonly uuids: readonly string[] }> {
  const { directory, pace } = examination;
  const limits = examination.limits ?? paces[pace].limits;
  const timeouts = timeoutsFor(pace, directory.capabilities);
  stage.signal.throwIfAborted();
  const laboratory = over.aborted ? undefined : await place.ready(story);
  stage.signal.throwIfAborted();
  if (laboratory === undefined || over.aborted) return { record: nothingTold(story, outOfTime), uuids: [] };
  const late = Promise.withResolvers<StoryRecord>();
  late.promise.catch(() => undefined);
  const stop = new AbortController();
  const teller = new Teller(story.name, laboratory, limits, {
    directory,
    timeouts,
    unrunnable: new Set(scriptNames.filter((name) => whyUnrunnable(directory, name) !== undefined)),
    hung,
    signal: AbortSignal.any([stage.signal, over, stop.signal]),
    progress: (step) => stage.onProgress({ story: story.name, title: story.title, step, told: told.size, of }),
  });
  const giveUp = (why: string) => (): void => {
    late.resolve(teller.record(why));
    stop.abort();
  };
  const overtime = giveUp(outOfTime);
  over.addEventListener('abort', overtime);
  const abort = (): void => late.reject(stage.signal.reason);
  stage.signal.addEventListener('abort', abort);
  const storyMs = limits.storyMs * (story.length ?? 1);
  const cancel = stage.clock.after(storyMs, giveUp(`The story took longer than ${String(storyMs / 1000)} s.`));
  try {
    const telling = tell(story, teller);
    telling.catch(() => undefined);
    const record = await Promise.race([telling, late.promise]);
    // Something of it may still be under way.
    if (stop.signal.aborted) await place.leave();
    return { record, uuids: laboratory.hosts.map(({ uuid }) => uuid) };
  } finally {
    cancel();
    over.removeEventListener('abort', overtime);
    stage.signal.removeEventListener('abort', abort);
    stop.abort();
  }
}

const outOfTime = 'The time for the whole run was over.';

function nothingTold(story: Story, why: string): StoryRecord {
  return { name: story.name, steps: new Map(), stopped: why, unexpectedEnds: [] };
}
