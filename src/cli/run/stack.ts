/** `stack list` and `stack show`: the cluster stacks of this host, as its agent sees them, or as they lie on the disk. */
import { resolve } from 'node:path';
import { parseDatetime } from '../../lib/datetime.ts';
import { limits } from '../../lib/limits.ts';
import type { AgentStatus } from '../../service/agent-status.ts';
import type { SettingsPlaces } from '../../settings/load.ts';
import { SettingsError } from '../../settings/sources.ts';
import { readStacks } from '../../stack/registry.ts';
import type { StackRecord } from '../../stack/registry-rules.ts';
import { createFiles } from '../../world/linux/files.ts';
import { createRandom } from '../../world/linux/random.ts';
import type { Catalogue } from '../catalogue.ts';
import { explain } from '../explain.ts';
import { ApiFailure, CommandFailure, UsageError } from '../failure.ts';
import { printable } from '../format.ts';
import { suggestion } from '../names.ts';
import type { GlobalOptions } from '../options.ts';
import type { Records } from '../resolver.ts';
import { settingsOf } from './config.ts';
import type { Context, Output } from './context.ts';

export interface StackWords {
  readonly action: 'list' | 'show' | 'watch';
  /** Of the stack to show or to watch. */
  readonly name: string;
  /** root=, a folder to look at instead of asking the agent. */
  readonly root: string | undefined;
}

/** What is shown of a stack. */
interface Shown {
  readonly name: string;
  readonly usable: boolean;
  readonly refusals: readonly string[];
  readonly path: string;
  readonly description: string;
  readonly contract: string;
  readonly capabilities: readonly string[];
  readonly scripts: readonly string[];
  /** Types of storage for the statefile; null: any. */
  readonly haSupportedSrs: readonly string[] | null;
  readonly changedMs: number;
}

/** Which one high availability would use, or the sentence that says why none. */
interface Choice {
  readonly stack: string | null;
  readonly sentence: string;
}

interface Found {
  /** Said by the agent; otherwise found on the disk. */
  readonly running: boolean;
  readonly root: string;
  readonly stacks: readonly Shown[];
  readonly choice: Choice | undefined;
}

export interface StackQuestion {
  readonly catalogue: Catalogue;
  readonly agent: AgentStatus | undefined;
  readonly places: SettingsPlaces;
  /** Runs something within a session of the agent. */
  readonly withSession: (work: (context: Context) => Promise<void>) => Promise<void>;
}

const actions = ['list', 'show', 'watch'] as const;

/** @throws UsageError */
export function stackWords(words: readonly string[]): StackWords {
  const [given, ...rest] = words;
  const action = actions.find((candidate) => candidate === given);
  if (action === undefined) {
    const near = given === undefined ? '' : suggestion(given, actions);
    throw new UsageError(`stack needs what to do: list, show, watch or check.${near}`, 'stack');
  }
  let root: string | undefined;
  const names: string[] = [];
  for (const word of rest) {
    if (word.startsWith('root=')) root = resolve(word.slice('root='.length));
    else names.push(word);
  }
  const most = action === 'list' ? 0 : 1;
  const extra = names[most];
  if (extra !== undefined) throw new UsageError(`stack ${action} does not take "${extra}".`, 'stack');
  if (names.length < most) throw new UsageError(`stack ${action} needs the name of a stack.`, 'stack');
  return { action, name: names[0] ?? '', root };
}

/** @throws CommandFailure when there is no stack of that name */
export async function stack(
  words: readonly string[],
  question: StackQuestion,
  options: GlobalOptions,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const asked = stackWords(words);
  if (asked.action === 'watch') {
    const { stackWatch } = await import('./stack-watch.ts');
    return stackWatch({ root: await rootOf(question, asked.root), name: asked.name }, options, output, signal);
  }
  if (asked.root === undefined && question.agent !== undefined) {
    return question.withSession(async (context) =>
      show(asked, await fromAgent(context, question, asked.name), options, output),
    );
  }
  show(asked, await fromDisk(question, asked.root), options, output);
}

async function fromAgent({ session, catalogue }: Context, question: StackQuestion, name: string): Promise<Found> {
  const host = await session.call('session.get_this_host', session.ref);
  const records = (await session.call('Cluster_stack.get_all_records')) as Records;
  const own = Object.values(records).filter((record) => record['host'] === host);
  const list = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);
  const stacks = own.map(
    (record): Shown => ({
      name: String(record['name_label']),
      usable: record['usable'] === true,
      refusals: list(record['refusals']),
      path: String(record['path']),
      description: String(record['name_description']),
      contract: String(record['contract_version']),
      capabilities: list(record['capabilities']),
      scripts: list(record['scripts']),
      haSupportedSrs: record['restricts_srs'] === true ? list(record['ha_supported_srs']) : null,
      changedMs: parseDatetime(String(record['last_changed'])),
    }),
  );
  let choice: Choice;
  try {
    const answer = (await session.call('Cluster_stack.explain_choice', name)) as Readonly<Record<string, string>>;
    choice = { stack: answer['cluster_stack'] ?? null, sentence: answer['explanation'] ?? '' };
  } catch (thrown) {
    if (!(thrown instanceof ApiFailure)) throw thrown;
    choice = { stack: null, sentence: explain(catalogue, thrown.code, thrown.params) };
  }
  const root = question.agent?.settings?.values['cluster-stack-root']?.value ?? '';
  return { running: true, root, stacks, choice };
}

/** The folder of the stacks, as the settings say when nobody names one. @throws CommandFailure when the settings cannot be used */
async function rootOf({ agent, places }: StackQuestion, named: string | undefined): Promise<string> {
  if (named !== undefined) return named;
  try {
    return (await settingsOf(agent, places)).report.values['cluster-stack-root']?.value ?? '';
  } catch (thrown) {
    if (!(thrown instanceof SettingsError)) throw thrown;
    throw new CommandFailure(`The settings cannot be used:\n${thrown.message}`);
  }
}

/** As this user would judge them. @throws CommandFailure when the settings cannot be used */
async function fromDisk(question: StackQuestion, named: string | undefined): Promise<Found> {
  const root = await rootOf(question, named);
  const files = createFiles(createRandom());
  const { stacks, complaint } = await readStacks(files, root, process.getuid?.() ?? 0, limits);
  if (complaint !== undefined) throw new CommandFailure(complaint);
  return { running: false, root, stacks: [...stacks.values()].map((record) => ofRecord(record)), choice: undefined };
}

function ofRecord({ name, usable, refusals, directory, manifest, described, ...rest }: StackRecord): Shown {
  const { description, contract, capabilities } = manifest;
  return {
    name,
    usable,
    refusals,
    path: directory,
    description,
    contract: described ? contract : '',
    capabilities,
    scripts: rest.scripts,
    haSupportedSrs: rest.supportedSrs ?? null,
    changedMs: rest.changedMs,
  };
}

function show({ action, name }: StackWords, found: Found, options: GlobalOptions, output: Output): void {
  const { stacks, root, running, choice } = found;
  if (action === 'list') {
    if (options.json) return output.write(`${JSON.stringify({ running, root, choice, stacks }, undefined, 2)}\n`);
    if (options.minimal) return output.write(`${stacks.map((one) => one.name).join(',')}\n`);
    return output.write(asList(found, output));
  }
  const one = stacks.find((candidate) => candidate.name === name);
  if (one === undefined) {
    const near = suggestion(
      name,
      stacks.map((candidate) => candidate.name),
    );
    throw new CommandFailure(`There is no cluster stack ${printable(name)} in ${printable(root)}.${near}`);
  }
  if (options.json) return output.write(`${JSON.stringify({ running, ...one, choice }, undefined, 2)}\n`);
  if (options.minimal) return output.write(`${one.usable ? 'usable' : 'refused'}\n`);
  output.write(asPage(one, found, output));
}

function asList({ stacks, root, running, choice }: Found, output: Output): string {
  const { green, red, bold, dim } = output.paint;
  const where = `${printable(root)}${running ? '' : dim('  (read from the disk: no agent was asked)')}`;
  if (stacks.length === 0) return `There is no cluster stack in ${where}.\n${choiceText(choice, output)}`;
  const width = Math.max(...stacks.map(({ name }) => printable(name).length));
  const lines = stacks.map((one) => {
    const name = `${one.name === choice?.stack ? '*' : ' '} ${bold(printable(one.name).padEnd(width))}`;
    if (one.usable) return `${name}  ${green('usable ')}  ${printable(aboutOf(one))}`;
    const more = one.refusals.length - 1;
    return `${name}  ${red('refused')}  ${printable(one.refusals[0] ?? '')}${more > 0 ? dim(`  (and ${more} more)`) : ''}`;
  });
  return `${where}\n${lines.join('\n')}\n${choiceText(choice, output)}`;
}

function storageText({ haSupportedSrs }: Shown): string {
  if (haSupportedSrs === null) return 'any storage';
  return haSupportedSrs.length === 0 ? 'no storage' : haSupportedSrs.join(', ');
}

function aboutOf(one: Shown): string {
  return [storageText(one), one.capabilities.join(', '), one.description].filter((text) => text !== '').join('; ');
}

function choiceText(choice: Choice | undefined, { paint }: Output): string {
  if (choice === undefined) return '';
  if (choice.stack === null)
    return `\n${paint.yellow('High availability could use none:')} ${printable(choice.sentence)}\n`;
  return `\nHigh availability would use ${printable(choice.stack)}. ${printable(choice.sentence)}\n`;
}

function asPage(one: Shown, { running, choice }: Found, { paint }: Output): string {
  const { green, red, dim } = paint;
  const lines: readonly (readonly [string, string])[] = [
    ['name', printable(one.name)],
    ['state', one.usable ? green('usable') : red('refused')],
    ...one.refusals.map((reason) => ['', printable(reason)] as const),
    ['folder', printable(one.path)],
    ['description', printable(one.description)],
    ['contract', one.contract],
    ['capabilities', one.capabilities.join(', ')],
    ['statefile on', storageText(one)],
    ['scripts', one.scripts.join(' ')],
    ['changed', one.changedMs > 0 ? new Date(one.changedMs).toISOString() : ''],
  ];
  const text = lines
    .filter(([label, value]) => value !== '' || label === 'name')
    .map(([label, value]) => `${label.padEnd(14)}${value}\n`)
    .join('');
  if (!running) return `${text}${dim('Read from the disk: no agent was asked.')}\n`;
  // The reasons stand above.
  if (!one.usable) return text;
  if (choice?.stack === null) return `${text}\nHigh availability could not use it: ${printable(choice.sentence)}\n`;
  return `${text}\nHigh availability could use it. ${printable(choice?.sentence ?? '')}\n`;
}
