/** The findings for people: what is wrong first, each with what to do; then what could not be tried; then one line. */
import type { CheckResult, Findings } from './conduct.ts';
import { contractLines } from './contract-lines.ts';
import { groups } from './groups.ts';

/** How text is made to stand out; each is the identity where there is no colour. */
export interface ReportPaint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly notReached: number;
  readonly notApplicable: number;
}

export function countsOf(results: readonly CheckResult[]): Counts {
  const count = (kind: CheckResult['verdict']['kind']): number =>
    results.filter(({ verdict }) => verdict.kind === kind).length;
  return {
    passed: count('passed'),
    failed: count('failed'),
    notReached: count('notReached'),
    notApplicable: count('notApplicable'),
  };
}

/** 0: every check that applies has passed. 1: something failed, or could not be found out. */
export function exitCodeOf(results: readonly CheckResult[]): 0 | 1 {
  const { failed, notReached } = countsOf(results);
  return failed + notReached === 0 ? 0 : 1;
}

/** Control characters of a stack's output must not reach a terminal. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is taken out
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}

function failureLines({ check, verdict }: CheckResult, paint: ReportPaint): readonly string[] {
  if (verdict.kind !== 'failed') return [];
  return [
    `${paint.red('failed')}  ${paint.bold(check.id)}  ${check.title}`,
    `        found     ${printable(verdict.found)}`,
    `        expected  ${printable(verdict.expected)}`,
    `        way out   ${printable(verdict.wayOut)}`,
    paint.dim(`        contract  ${check.line}: ${contractLines[check.line]}`),
    '',
  ];
}

/** Checks that were not reached, gathered by the reason. */
function notReachedLines(results: readonly CheckResult[], paint: ReportPaint): readonly string[] {
  const byReason = new Map<string, string[]>();
  for (const { check, verdict } of results) {
    if (verdict.kind !== 'notReached') continue;
    byReason.set(verdict.why, [...(byReason.get(verdict.why) ?? []), check.id]);
  }
  return [...byReason].flatMap(([why, ids]) => [
    `${paint.yellow('not reached')}  ${plural(ids.length, 'check')}, because: ${printable(why)}`,
    paint.dim(`             ${ids.join(', ')}`),
    '',
  ]);
}

function plural(count: number, word: string): string {
  return `${String(count)} ${word}${count === 1 ? '' : 's'}`;
}

/** `102 checks: 99 passed, 2 failed, 1 not reached` and the like. */
export function summaryOf(results: readonly CheckResult[]): string {
  const { passed, failed, notReached, notApplicable } = countsOf(results);
  const parts = [
    `${String(passed)} passed`,
    ...(failed === 0 ? [] : [`${String(failed)} failed`]),
    ...(notReached === 0 ? [] : [`${String(notReached)} not reached`]),
    ...(notApplicable === 0 ? [] : [`${String(notApplicable)} not applicable`]),
  ];
  return `${plural(results.length, 'check')}: ${parts.join(', ')}.`;
}

export function report(findings: Findings, paint: ReportPaint): string {
  const { results, transcript, durationMs } = findings;
  const { failed } = countsOf(results);
  const summary = summaryOf(results);
  const skipped = new Set(results.flatMap(({ verdict }) => (verdict.kind === 'notApplicable' ? [verdict.why] : [])));
  const seconds = (durationMs / 1000).toFixed(1);
  return [
    '',
    ...results.flatMap((result) => failureLines(result, paint)),
    ...notReachedLines(results, paint),
    ...[...skipped].map((why) => paint.dim(`not applicable  ${printable(why)}`)),
    ...(skipped.size === 0 ? [] : ['']),
    exitCodeOf(results) === 0 ? paint.green(summary) : failed > 0 ? paint.red(summary) : paint.yellow(summary),
    paint.dim(
      `${transcript.directory.path}, ${plural(transcript.hostCount, 'host')}, ${plural(transcript.stories.size, 'story').replace('storys', 'stories')}, ${seconds} s.`,
    ),
    '',
  ].join('\n');
}

/** The findings as one JSON value. */
export function jsonOf({ results, transcript, durationMs }: Findings): unknown {
  return {
    stack: transcript.directory.path,
    hosts: transcript.hostCount,
    durationMs: Math.round(durationMs),
    counts: countsOf(results),
    checks: results.map(({ check, verdict }) => ({
      id: check.id,
      group: check.group,
      title: check.title,
      line: check.line,
      contract: contractLines[check.line],
      ...verdict,
    })),
  };
}

/** What a group is about, for those who ask which there are. */
export function groupList(): string {
  const width = Math.max(...Object.keys(groups).map((name) => name.length));
  return Object.entries(groups)
    .map(([name, doc]) => `  ${name.padEnd(width)}  ${doc}`)
    .join('\n');
}
