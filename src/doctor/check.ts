/** What a check of the machine is, and running many of them. Pure over a world. */
import type { AgentStatus } from '../service/agent-status.ts';
import type { SettingsReport } from '../settings/keeper.ts';
import { FileError, type ProgramResult, type World } from '../world/world.ts';

export type FindingState = 'ok' | 'warning' | 'problem';

/** What was found: one sentence, and what to do about it where something is wrong. */
export interface Finding {
  readonly state: FindingState;
  readonly sentence: string;
  readonly wayOut?: string;
  /** True where the check did not end in time. */
  readonly late?: boolean;
}

export interface CertificateFacts {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** The key is the certificate's. */
  readonly belongs: boolean;
}

export interface DoctorLimits {
  /** Longest time for one check. */
  readonly doctorCheckMs: number;
  readonly doctorOutputBytes: number;
  readonly smallFileBytes: number;
}

/** What the checks look at. */
export interface Patient {
  readonly world: Pick<World, 'bus' | 'clock' | 'files' | 'programs' | 'random'>;
  readonly limits: DoctorLimits;
  /** Of the Node that runs, such as 24.1.0. */
  readonly nodeVersion: string;
  /** The number of the user who asks. */
  readonly uid: number;
  /** What the agent says; undefined when none answers. */
  readonly agent: AgentStatus | undefined;
  readonly socketPath: string;
  /** The agent has a directory of its own: it is not the installed service. */
  readonly own: boolean;
  /** Undefined when the settings cannot be used; `settingsFaults` says why. */
  readonly settings: SettingsReport | undefined;
  readonly settingsFaults: readonly string[];
  /** Rejects when it is no certificate or no key. */
  readonly inspect: (certificate: Uint8Array, key: Uint8Array) => CertificateFacts;
}

export interface Check {
  readonly name: string;
  /** What it looks at, for the manual. */
  readonly doc: string;
  readonly run: (patient: Patient, signal: AbortSignal) => Promise<Finding | readonly Finding[]>;
}

export interface CheckedFinding extends Finding {
  readonly check: string;
}

export const ok = (sentence: string): Finding => ({ state: 'ok', sentence });
export const warning = (sentence: string, wayOut: string): Finding => ({ state: 'warning', sentence, wayOut });
export const problem = (sentence: string, wayOut: string): Finding => ({ state: 'problem', sentence, wayOut });

/** The value of a setting; empty when the settings cannot be used. */
export function settingOf({ settings }: Patient, key: string): string {
  return settings?.values[key]?.value ?? '';
}

/** Runs a program; undefined when it is not installed. */
export async function runTool(
  { world, limits }: Patient,
  program: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<ProgramResult | undefined> {
  try {
    return await world.programs.run(program, args, {
      timeoutMs: limits.doctorCheckMs,
      maxOutputBytes: limits.doctorOutputBytes,
      signal,
    });
  } catch (thrown) {
    if (thrown instanceof FileError && thrown.code === 'not-found') return undefined;
    throw thrown;
  }
}

/** Names in a directory; none when it is not there. */
export async function namesIn({ world }: Patient, path: string): Promise<readonly string[]> {
  try {
    return await world.files.list(path);
  } catch (thrown) {
    if (thrown instanceof FileError) return [];
    throw thrown;
  }
}

/** Text of a small file; undefined when it cannot be read. */
export async function textOf({ world, limits }: Patient, path: string): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await world.files.read(path, limits.smallFileBytes));
  } catch (thrown) {
    if (thrown instanceof FileError) return undefined;
    throw thrown;
  }
}

async function runCheck(check: Check, patient: Patient): Promise<readonly CheckedFinding[]> {
  const stop = new AbortController();
  const late = Promise.withResolvers<Finding>();
  const { doctorCheckMs } = patient.limits;
  const cancel = patient.world.clock.after(doctorCheckMs, () => {
    stop.abort(new Error('the check took too long'));
    const sentence = `The check did not end within ${doctorCheckMs === 1000 ? '1 second' : `${doctorCheckMs / 1000} seconds`}.`;
    const wayOut = 'Something on this machine hangs: run the check alone, and look at what it uses.';
    late.resolve({ ...warning(sentence, wayOut), late: true });
  });
  try {
    const found = await Promise.race([check.run(patient, stop.signal), late.promise]);
    const list = 'state' in found ? [found] : found;
    // A check that found nothing would pass for one that found all well.
    if (list.length === 0) throw new Error('the check came to no result');
    return list.map((finding) => ({ check: check.name, ...finding }));
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    return [{ check: check.name, ...warning(`It could not be found out: ${reason}.`, 'Run the check as root.') }];
  } finally {
    cancel();
  }
}

/** Runs checks side by side, and tells what they found in the order of the table. Never rejects. */
export async function examine(checks: readonly Check[], patient: Patient): Promise<readonly CheckedFinding[]> {
  return (await Promise.all(checks.map((check) => runCheck(check, patient)))).flat();
}

/** 0 when all is well, 1 for warnings, 2 for problems. */
export function exitCodeOf(findings: readonly Finding[]): 0 | 1 | 2 {
  if (findings.some(({ state }) => state === 'problem')) return 2;
  return findings.some(({ state }) => state === 'warning') ? 1 : 0;
}
