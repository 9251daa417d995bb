/** Calls that a story makes and whose exit code is a check by itself: the story runs them, and the checks follow from them. */
import { exitCodeOf, type ScriptName, scripts } from '../stack/contract.ts';
import { type Check, failed, passed } from './check.ts';
import type { ContractLine } from './contract-lines.ts';
import type { Group } from './groups.ts';
import { commandOf, endingOf, placeOf } from './look.ts';
import type { CallOptions, Teller } from './story.ts';
import type { CallRecord } from './transcript.ts';

export interface PlannedCall {
  /** Name of the step, and the end of the check's id. */
  readonly step: string;
  readonly script: ScriptName;
  readonly args?: readonly string[];
  /** Codes that pass. */
  readonly expect: readonly number[];
  readonly group: Group;
  /** The line of the contract. */
  readonly line: ContractLine;
  readonly title: string;
  readonly wayOut: string;
  /** Without it the rest of the story means nothing. */
  readonly needed?: boolean;
  readonly options?: CallOptions;
  /** It is judged only when this step of the story `life` ended with 0, 14 or what else it should: see `baseline`. */
  readonly baseline?: { readonly story: string; readonly step: string; readonly codes: readonly number[] };
  readonly optionalScript?: ScriptName;
  /** Makes the id unlike the step's name. */
  readonly id?: string;
}

export type Plan = Readonly<Record<string, PlannedCall>>;

/** Runs planned calls, in order. A call of an optional script that the stack lacks is left out. */
export async function run(teller: Teller, ...calls: readonly PlannedCall[]): Promise<void> {
  for (const { step, script, args = [], expect, needed, options = {} } of calls) {
    if (!scripts[script].required && !teller.has(script)) continue;
    if (needed === true) await teller.need(step, script, args, expect, options);
    else await teller.call(step, script, args, options);
  }
}

/** Brings the first host to a state in which its liveset says Online, or ends the story. */
export async function goOnline(teller: Teller): Promise<void> {
  await teller.need('prepare: init', 'ha_set_pool_state', ['init']);
  teller.state = 'initialised';
  await teller.need('prepare: start', 'ha_start_daemon');
  teller.state = 'online';
  const queried = await teller.need('prepare: query', 'ha_query_liveset');
  if (!/<status>\s*Online\s*<\/status>/i.test(queried.stdout)) {
    teller.stop('After ha_start_daemon had succeeded, the liveset did not say Online.');
  }
}

/** The check that each planned call is. */
export function checksOf(story: string, plan: Plan): readonly Check[] {
  return Object.values(plan).map((planned) => {
    const { step, script, expect, group, line, title, baseline, optionalScript } = planned;
    return {
      id: planned.id ?? `${story}.${step.replaceAll(/[^a-z0-9]+/g, '-')}`,
      group,
      line,
      title,
      stories: baseline === undefined || baseline.story === story ? [story] : [baseline.story, story],
      hosts: 1,
      ...(optionalScript === undefined && scripts[script].required ? {} : { optionalScript: optionalScript ?? script }),
      judge: (look) => {
        if (baseline !== undefined) look.endedWith(baseline.story, baseline.step, baseline.codes);
        const made = look.call(story, step);
        if (made.timedOut || made.hostEnded) {
          return { kind: 'notReached', why: `${commandOf(made)} ended ${endingOf(made)}.` };
        }
        if (made.exitCode !== undefined && expect.includes(made.exitCode)) return passed;
        return failed(foundOf(made), `Exit code ${codesOf(expect)}.`, planned.wayOut);
      },
    };
  });
}

/** What a call did, with what it printed to standard error. */
export function foundOf(made: CallRecord): string {
  const named = made.exitCode === undefined ? undefined : exitCodeOf(made.exitCode);
  const meaning =
    made.exitCode === undefined
      ? ''
      : named === undefined
        ? ', which the contract does not know'
        : ` (${named.symbol})`;
  const said = firstLine(made.stderr);
  return `${commandOf(made)} ${placeOf(made.state)} ended ${endingOf(made)}${meaning}${said === '' ? '' : `, and said: ${said}`}.`;
}

const longestQuote = 200;

export function firstLine(text: string): string {
  const line = text.trim().split('\n', 1)[0] ?? '';
  return line.length > longestQuote ? `${line.slice(0, longestQuote)}…` : line;
}

/** `0 or 15 (DAEMON_IS_PRESENT)`. */
export function codesOf(codes: readonly number[]): string {
  const named = codes.map((code) => `${String(code)} (${exitCodeOf(code)?.symbol ?? 'unknown'})`);
  return named.join(' or ');
}

type More = Pick<PlannedCall, 'args' | 'needed' | 'options' | 'baseline' | 'id'> & { readonly group?: Group };

/** One planned call; its group is the exit codes unless `more` says otherwise. */
export function planned(
  step: string,
  script: ScriptName,
  expect: readonly number[],
  line: ContractLine,
  title: string,
  wayOut: string,
  more: More = {},
): PlannedCall {
  return { step, script, expect, line, title, wayOut, group: 'exit-codes', ...more };
}
