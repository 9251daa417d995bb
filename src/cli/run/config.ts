/** Explains the settings of an agent that runs, or of one that would be started. */
import { suggestion } from '../../lib/near-words.ts';
import type { AgentStatus } from '../../service/agent-status.ts';
import { changeInWords } from '../../settings/document.ts';
import type { SettingsReport } from '../../settings/keeper.ts';
import { loadConfiguration, type SettingsPlaces, settingsFiles } from '../../settings/load.ts';
import { SettingsError } from '../../settings/sources.ts';
import { settingDefinitions } from '../../settings/table.ts';
import { createFiles } from '../../world/linux/files.ts';
import { createRandom } from '../../world/linux/random.ts';
import { CommandFailure, UsageError } from '../failure.ts';
import { printable } from '../format.ts';
import type { GlobalOptions } from '../options.ts';
import type { Output } from './context.ts';

/** What the words of `config` and `doctor` say. */
export interface SettingsWords {
  readonly names: readonly string[];
  /** file=, the settings file to read. */
  readonly file: string | undefined;
}

/** @throws UsageError */
export function settingsWords(words: readonly string[], known: readonly string[], topic: string): SettingsWords {
  let file: string | undefined;
  const names: string[] = [];
  for (const word of words) {
    const equals = word.indexOf('=');
    if (equals > 0) {
      if (word.slice(0, equals) !== 'file')
        throw new UsageError(`${topic} does not take ${word.slice(0, equals)}=.`, topic);
      file = word.slice(equals + 1);
    } else if (known.includes(word)) names.push(word);
    else
      throw new UsageError(
        `There is no ${topic === 'config' ? 'setting' : 'check'} ${word}.${suggestion(word, known)}`,
        topic,
      );
  }
  return { names, file };
}

export interface Shown {
  readonly running: boolean;
  readonly report: SettingsReport;
}

/** What the agent says, else what one that is started would find. @throws SettingsError */
export async function settingsOf(status: AgentStatus | undefined, places: SettingsPlaces): Promise<Shown> {
  if (status?.settings !== undefined) return { running: true, report: status.settings };
  const { values } = await loadConfiguration(createFiles(createRandom()), places);
  const file = settingsFiles(places).file ?? null;
  return { running: false, report: { file, values: Object.fromEntries(values), waiting: [], refused: [] } };
}

export async function configShow(
  words: readonly string[],
  status: AgentStatus | undefined,
  places: (file: string | undefined) => SettingsPlaces,
  options: GlobalOptions,
  output: Output,
): Promise<void> {
  const [action, ...rest] = words;
  if (action !== 'show') throw new UsageError('config needs what to do: show.', 'config');
  const known = Object.keys(settingDefinitions);
  const { names, file } = settingsWords(rest, known, 'config');
  let shown: Shown;
  try {
    // A file that is named is looked at for itself, whatever runs.
    shown = await settingsOf(file === undefined ? status : undefined, places(file));
  } catch (thrown) {
    if (!(thrown instanceof SettingsError)) throw thrown;
    throw new CommandFailure(`The settings cannot be used:\n${thrown.message}`);
  }
  const keys = known.filter((key) => names.length === 0 || names.includes(key));
  if (options.json) output.write(`${JSON.stringify(asJson(keys, shown), undefined, 2)}\n`);
  else if (options.minimal) output.write(`${keys.map((key) => shown.report.values[key]?.value ?? '').join(',')}\n`);
  else output.write(asText(keys, shown, output));
}

function asJson(keys: readonly string[], { running, report }: Shown): unknown {
  const settings = keys.map((key) => {
    const definition = settingDefinitions[key];
    const waiting = report.waiting.find((one) => one.key === key);
    return {
      key,
      ...report.values[key],
      default: definition?.initial({ directory: report.values['directory']?.value ?? '', own: isOwn(report) }),
      change: definition?.change,
      ...(waiting === undefined ? {} : { waiting: { value: waiting.wanted, source: waiting.source } }),
      doc: definition?.doc,
    };
  });
  return { running, file: report.file, refused: report.refused, settings };
}

function isOwn(report: SettingsReport): boolean {
  return report.values['directory']?.source === '--dir';
}

function asText(keys: readonly string[], { running, report }: Shown, output: Output): string {
  const { bold, dim, red, yellow } = output.paint;
  const where = report.file === null ? 'no settings file is read' : `the settings file is ${report.file}`;
  const lines = [running ? `In force in the agent that runs; ${where}.` : `No agent answers; ${where}.`];
  for (const sentence of report.refused) lines.push(red(printable(`Not in force: ${sentence}`)));
  const place = { directory: report.values['directory']?.value ?? '', own: isOwn(report) };
  for (const key of keys) {
    const definition = settingDefinitions[key];
    const placed = report.values[key];
    if (definition === undefined || placed === undefined) continue;
    const initial = definition.initial(place);
    const origin =
      placed.source === 'default'
        ? 'the default'
        : `from ${placed.source}; the default is ${initial === '' ? 'nothing' : initial}`;
    lines.push('', `${bold(key)} = ${printable(placed.value)}`, dim(`  ${printable(origin)}`));
    lines.push(`  ${definition.doc} ${changeInWords(definition)}`);
    const waiting = report.waiting.find((one) => one.key === key);
    if (waiting !== undefined) {
      lines.push(
        yellow(
          printable(
            `  Needs a restart: ${waiting.source} has ${waiting.wanted}, which the agent will use from its next start on.`,
          ),
        ),
      );
    }
  }
  return `${lines.join('\n')}\n`;
}
