/** Looks whether the machine has what the agent needs. Works with and without an agent. */
import { type CheckedFinding, examine, exitCodeOf, type Finding, type Patient } from '../../doctor/check.ts';
import { checks } from '../../doctor/checks.ts';
import { limits } from '../../lib/limits.ts';
import type { AgentStatus } from '../../service/agent-status.ts';
import type { SettingsReport } from '../../settings/keeper.ts';
import type { SettingsPlaces } from '../../settings/load.ts';
import { SettingsError } from '../../settings/sources.ts';
import { inspectCertificate } from '../../world/linux/certificates.ts';
import { createLinuxWorld } from '../../world/linux/world.ts';
import { EndedWith } from '../failure.ts';
import { printable } from '../format.ts';
import type { GlobalOptions } from '../options.ts';
import { settingsOf, settingsWords } from './config.ts';
import type { Output } from './context.ts';

export interface DoctorQuestion {
  readonly agent: AgentStatus | undefined;
  readonly socketPath: string;
  readonly places: SettingsPlaces;
}

/** Checks that write to the disk or say only what whoever reads the status of an agent knows. */
const notInStatus: ReadonlySet<string> = new Set(['agent', 'disk-latency']);

/** What all quick checks found. One that does not end soon is left out: it may just be a slow moment. */
export async function quickFindings(question: DoctorQuestion): Promise<readonly CheckedFinding[]> {
  const names = checks.map(({ name }) => name).filter((name) => !notInStatus.has(name));
  const found = await findingsOf(question, names, limits.cliStatusCheckMs);
  return found.filter(({ late }) => late !== true);
}

/** Runs some of the checks, all when none is named. */
async function findingsOf(
  question: DoctorQuestion,
  names: readonly string[],
  doctorCheckMs: number = limits.doctorCheckMs,
): Promise<readonly CheckedFinding[]> {
  const { agent, socketPath, places } = question;
  let settings: SettingsReport | undefined;
  let settingsFaults: readonly string[] = [];
  try {
    settings = (await settingsOf(agent, places)).report;
  } catch (thrown) {
    if (!(thrown instanceof SettingsError)) throw thrown;
    settingsFaults = thrown.sentences;
  }
  const world = createLinuxWorld({ log: { level: 'error', output: process.stderr } });
  try {
    const patient: Patient = {
      world,
      limits: { ...limits, doctorCheckMs },
      nodeVersion: process.versions.node,
      uid: process.getuid?.() ?? 0,
      agent,
      socketPath,
      own: settings?.values['directory']?.source === '--dir',
      settings,
      settingsFaults,
      inspect: inspectCertificate,
    };
    const chosen = checks.filter(({ name }) => names.length === 0 || names.includes(name));
    return await examine(chosen, patient);
  } finally {
    await world.close();
  }
}

/** @throws EndedWith when there are warnings or problems */
export async function doctor(
  words: readonly string[],
  question: (file: string | undefined) => DoctorQuestion,
  options: GlobalOptions,
  output: Output,
): Promise<void> {
  const { names, file } = settingsWords(
    words,
    checks.map(({ name }) => name),
    'doctor',
  );
  const findings = await findingsOf(question(file), names);
  const code = exitCodeOf(findings);
  if (options.json) output.write(`${JSON.stringify({ state: stateOf(code), findings }, undefined, 2)}\n`);
  else if (options.minimal) output.write(`${stateOf(code)}\n`);
  else output.write(report(findings, output));
  if (code !== 0) throw new EndedWith(code);
}

function stateOf(code: 0 | 1 | 2): string {
  return ['ok', 'warning', 'problem'][code] ?? 'problem';
}

/** What is wrong comes last, where a terminal shows it. */
function report(findings: readonly CheckedFinding[], output: Output): string {
  const { green, yellow, red, dim } = output.paint;
  const width = Math.max(...findings.map(({ check }) => check.length));
  const marks = { ok: green('ok     '), warning: yellow('warning'), problem: red('problem') };
  const lines = (['ok', 'warning', 'problem'] as const).flatMap((state) =>
    findings
      .filter((finding) => finding.state === state)
      .flatMap(({ check, sentence, wayOut }) => [
        `${marks[state]}  ${check.padEnd(width)}  ${printable(sentence)}`,
        ...(wayOut === undefined ? [] : [dim(`${' '.repeat(width + 11)}${printable(wayOut)}`)]),
      ]),
  );
  const troubles = countTroubles(findings);
  const sum = troubles === '' ? 'All is well.' : `${troubles}.`;
  return `${lines.join('\n')}\n\n${sum}\n`;
}

/** How many problems and warnings there are, as people say it; empty when there are none. */
export function countTroubles(findings: readonly Finding[]): string {
  const count = (state: string): number => findings.filter((finding) => finding.state === state).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  return [problems > 0 ? plural(problems, 'problem') : '', warnings > 0 ? plural(warnings, 'warning') : '']
    .filter((part) => part !== '')
    .join(' and ');
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
