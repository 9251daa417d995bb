/** How judges read a transcript: what is not there ends the judging with "not reached". */
import type { ScriptName } from '../stack/contract.ts';
import type { CallRecord, HostFacts, StackState, StepRecord, StoryRecord, Transcript } from './transcript.ts';

/** Thrown by a Look; the judge that used it ends with the verdict "not reached". */
export class NotReached extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'NotReached';
  }
}

export interface Look {
  readonly transcript: Transcript;
  /** Reached or not reached, never undefined. */
  story(name: string): StoryRecord;
  step(story: string, step: string): StepRecord;
  /** The only, or first, call of a step. It may have failed in any way but by the end of its host. */
  call(story: string, step: string): CallRecord;
  /** The same, when it ended by itself within its limit. */
  ended(story: string, step: string): CallRecord & { readonly exitCode: number };
  /** The same, when it ended with one of these codes. */
  endedWith(story: string, step: string, codes: readonly number[]): CallRecord & { readonly exitCode: number };
  /** What was seen of the hosts in a step; the first when no host is named. */
  host(story: string, step: string, host?: number): HostFacts;
  /** Every call of a script, in every story when none are named. Not reached when there was none. */
  callsOf(script: ScriptName, stories?: readonly string[]): readonly CallRecord[];
}

/** A call as it would be typed. */
export function commandOf(call: Pick<CallRecord, 'script' | 'arguments'>): string {
  return [call.script, ...call.arguments].join(' ');
}

/** How a call ended, to follow "ended" or "it ended". */
export function endingOf(call: CallRecord): string {
  if (call.timedOut) return `not at all within ${String(call.limitMs)} ms`;
  if (call.hostEnded) return 'together with its host';
  if (call.exitCode === undefined) return `by the signal ${call.signal ?? 'unknown'}`;
  return `with ${String(call.exitCode)}`;
}

/** Where and when a call was made, to follow its name. */
export function placeOf(state: StackState): string {
  return state === 'before init' ? 'before init' : `in the state ${state}`;
}

export function lookAt(transcript: Transcript): Look {
  const story = (name: string): StoryRecord => {
    const found = transcript.stories.get(name);
    if (found === undefined) throw new NotReached(`The story ${name} was not told.`);
    return found;
  };
  const step = (name: string, stepName: string): StepRecord => {
    const told = story(name);
    const found = told.steps.get(stepName);
    if (found === undefined) throw new NotReached(told.stopped ?? `The story ${name} has no step ${stepName}.`);
    return found;
  };
  const call = (name: string, stepName: string): CallRecord => {
    const [first] = step(name, stepName).calls;
    if (first === undefined) throw new NotReached(`Nothing was called in the step ${stepName} of the story ${name}.`);
    // Why it has ended is asked elsewhere.
    if (first.hostEnded) throw new NotReached(`${commandOf(first)} ended ${endingOf(first)}.`);
    return first;
  };
  const ended = (name: string, stepName: string): CallRecord & { readonly exitCode: number } => {
    const made = call(name, stepName);
    const { exitCode } = made;
    if (made.timedOut || made.hostEnded || exitCode === undefined) {
      throw new NotReached(`${commandOf(made)} ${placeOf(made.state)} ended ${endingOf(made)}.`);
    }
    return { ...made, exitCode };
  };
  return {
    transcript,
    story,
    step,
    call,
    ended,
    endedWith(name, stepName, codes) {
      const made = ended(name, stepName);
      if (!codes.includes(made.exitCode)) {
        throw new NotReached(`${commandOf(made)} ${placeOf(made.state)} ended ${endingOf(made)}.`);
      }
      return made;
    },
    host(name, stepName, host = 1) {
      const facts = step(name, stepName).hosts.findLast((candidate) => candidate.host === host);
      if (facts === undefined) throw new NotReached(`Nobody looked at host ${String(host)} in the step ${stepName}.`);
      return facts;
    },
    callsOf(script, names) {
      const told = [...transcript.stories.values()].filter((record) => names?.includes(record.name) ?? true);
      const calls = told.flatMap((told) =>
        [...told.steps.values()].flatMap((record) => record.calls.filter((made) => made.script === script)),
      );
      if (calls.length === 0) throw new NotReached(`${script} was never called.`);
      return calls;
    },
  };
}
