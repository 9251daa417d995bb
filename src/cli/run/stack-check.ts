/** `stack check`: tries a cluster stack on virtual hosts and says where it keeps the contract and where it does not. */
import { accessSync, constants } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { type Examination, examine, type Findings, type Progress } from '../../conformance/conduct.ts';
import { readDirectory } from '../../conformance/directory.ts';
import { type Group, groupNames } from '../../conformance/groups.ts';
import { junitOf } from '../../conformance/junit.ts';
import { LaboratoryError } from '../../conformance/laboratory.ts';
import { type PaceName, paces } from '../../conformance/pace.ts';
import { exitCodeOf, groupList, jsonOf, report } from '../../conformance/report.ts';
import type { DirectoryFacts } from '../../conformance/transcript.ts';
import { limits } from '../../lib/limits.ts';
import { createLaboratory } from '../../world/linux/laboratory/laboratory.ts';
import { createLinuxWorld, type LinuxWorld } from '../../world/linux/world.ts';
import { FileError } from '../../world/world.ts';
import { CommandFailure, EndedWith, exitCodes, UsageError } from '../failure.ts';
import { suggestion } from '../names.ts';
import type { GlobalOptions } from '../options.ts';
import type { Output } from './context.ts';

/** The stack could not be tried at all: nothing was found out about it. */
const notTried = exitCodes.usage;

interface CheckQuestion {
  readonly path: string;
  readonly hosts: number;
  readonly only: Group | undefined;
  readonly pace: PaceName;
  readonly junit: string | undefined;
}

/** @throws UsageError */
export function checkQuestion(words: readonly string[], own: ReadonlyMap<string, string>): CheckQuestion {
  const [path, extra] = words;
  if (path === undefined) throw new UsageError('stack check needs the directory of the stack.', 'stack');
  if (extra !== undefined) throw new UsageError(`stack check takes one directory; "${extra}" is too much.`, 'stack');
  const hosts = own.get('--hosts') ?? '1';
  if (!/^\d{1,3}$/.test(hosts) || Number(hosts) < 1 || Number(hosts) > limits.laboratoryHosts) {
    throw new UsageError(`--hosts takes a number from 1 to ${limits.laboratoryHosts}, not ${hosts}.`, 'stack');
  }
  const only = own.get('--only');
  const group = groupNames.find((name) => name === only);
  if (only !== undefined && group === undefined) {
    throw new UsageError(
      `There is no group ${only}.${suggestion(only, groupNames)} The groups are:\n${groupList()}\n`,
      'stack',
    );
  }
  const given = own.get('--pace') ?? 'fast';
  const pace = (Object.keys(paces) as PaceName[]).find((name) => name === given);
  if (pace === undefined)
    throw new UsageError(`--pace takes ${Object.keys(paces).join(' or ')}, not ${given}.`, 'stack');
  return { path: resolve(path), hosts: Number(hosts), only: group, pace, junit: own.get('--junit') };
}

/** @throws EndedWith when something failed; UsageError; CommandFailure */
export async function stackCheck(
  words: readonly string[],
  own: ReadonlyMap<string, string>,
  options: GlobalOptions,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const question = checkQuestion(words, own);
  const { junit } = question;
  // Better now than after minutes of trying.
  if (junit !== undefined) assertWritable(junit);
  const world = createLinuxWorld({ log: { level: 'error', output: process.stderr } });
  try {
    const findings = await examineIt(question, world, output, signal);
    if (junit !== undefined) await world.files.writeAtomic(resolve(junit), junitOf(findings), 0o644);
    output.write(textOf(findings, options, output));
    const code = exitCodeOf(findings.results);
    if (code !== 0) throw new EndedWith(code);
  } catch (thrown) {
    if (!(thrown instanceof LaboratoryError)) throw thrown;
    output.note(`${output.paintNotes.red('Error:')} ${thrown.message}\n`);
    throw new EndedWith(notTried);
  } finally {
    await world.close();
  }
}

function textOf(findings: Findings, options: GlobalOptions, output: Output): string {
  if (options.json) return `${JSON.stringify(jsonOf(findings), undefined, 2)}\n`;
  if (!options.minimal) return report(findings, output.paint);
  const failed = findings.results.filter(({ verdict }) => verdict.kind === 'failed' || verdict.kind === 'notReached');
  return `${failed.map(({ check }) => check.id).join(',')}\n`;
}

async function examineIt(
  { path, hosts, only, pace }: CheckQuestion,
  world: LinuxWorld,
  output: Output,
  signal: AbortSignal,
): Promise<Findings> {
  const directory = await directoryOf(world, path);
  const examination: Examination = {
    directory,
    hostCount: hosts,
    pace,
    ...(only === undefined ? {} : { only }),
    parallel: Math.min(availableParallelism() + 1, limits.conformanceLanes),
    runMs: paces[pace].runMs,
  };
  const progress = new ProgressLine(output);
  try {
    const { clock } = world;
    return await examine(examination, {
      clock,
      openLaboratory: createLaboratory,
      signal,
      onProgress: (step) => progress.show(step),
    });
  } finally {
    progress.end();
  }
}

async function directoryOf({ files }: LinuxWorld, path: string): Promise<DirectoryFacts> {
  try {
    return await readDirectory(files, path, limits);
  } catch (thrown) {
    if (!(thrown instanceof FileError)) throw thrown;
    const reason = thrown.code === 'not-found' ? 'There is no directory' : 'This directory cannot be read:';
    throw new UsageError(`${reason} ${path}.`, 'stack');
  }
}

function assertWritable(path: string): void {
  try {
    accessSync(dirname(resolve(path)), constants.W_OK);
  } catch {
    throw new CommandFailure(`${path} cannot be written: its folder is not there, or not yours.`);
  }
}

const barWidth = 20;

/** One line that is drawn again on a terminal; elsewhere a line for each story that has ended. */
class ProgressLine {
  readonly #output: Output;
  #drawn = false;

  constructor(output: Output) {
    this.#output = output;
  }

  show({ story, title, step, told, of }: Progress): void {
    const { notesOnTerminal, note, paintNotes } = this.#output;
    if (!notesOnTerminal) {
      if (step === undefined) note(`${String(told)}/${String(of)} ${title}\n`);
      return;
    }
    const full = Math.round((told / of) * barWidth);
    const bar = `${'#'.repeat(full)}${'.'.repeat(barWidth - full)}`;
    const text = `${bar} ${String(told)}/${String(of)} ${step === undefined ? title : `${story}: ${step}`}`;
    const width = (process.stderr.columns || 80) - 1;
    note(`\r\u001b[K${paintNotes.dim(text.slice(0, width))}`);
    this.#drawn = true;
  }

  end(): void {
    if (this.#drawn) this.#output.note('\r\u001b[K');
  }
}
