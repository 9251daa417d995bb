/** The page of the command line, from the data that its own help is made of. */
import { type BuiltInCommand, Catalogue, type CommandSpec } from '../../../src/cli/catalogue.ts';
import { exitCodes } from '../../../src/cli/failure.ts';
import { wordOf } from '../../../src/cli/names.ts';
import { optionSpecs } from '../../../src/cli/options.ts';
import { defaultFields, plainView } from '../../../src/cli/presentation.ts';
import { classLink, code, fromTop, page, table } from './markdown.ts';

export const exitMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  ok: 'done',
  failed: 'the agent refused, or the command failed; standard error says why',
  usage: 'the command line is wrong',
  unreachable: 'no agent answers on the socket',
  interrupted: 'interrupted by ctrl-C',
};

function fence(lines: readonly string[]): string {
  return ['```', ...lines, '```'].join('\n');
}

function builtIn(command: BuiltInCommand): readonly string[] {
  return [
    `### ${command.name}`,
    command.summary,
    fence([`quorate ${command.usage}`]),
    command.details.length === 0 ? '' : fence(command.details),
    command.examples.length === 0 ? '' : fence(command.examples),
  ];
}

function classSection(catalogue: Catalogue, word: string): readonly string[] {
  const className = catalogue.className(word);
  const commands: readonly CommandSpec[] = className === undefined ? [] : catalogue.commandsOf(className);
  if (className === undefined || commands.length === 0) return [];
  const { fields } = catalogue.apiClass(className);
  const shown = defaultFields(className, [...fields.keys()]).map((name) => code(wordOf(name)));
  const lists = commands.some((command) => command.name === `${word}-list`);
  const left = plainView[className] === undefined ? '' : ' Templates and snapshots are left out.';
  return [
    `### ${word}`,
    `The class ${classLink(className, fromTop)}.${lists ? ` Its list shows ${shown.join(', ')}.${left}` : ''}`,
    table(
      ['command', 'what it does'],
      commands.map((command) => [code(command.usage), command.summary]),
    ),
  ];
}

export function cliPage(): string {
  const catalogue = new Catalogue();
  const options = optionSpecs.map((option) => [
    code([option.name, option.value].filter(Boolean).join(' ')),
    option.summary,
  ]);
  const exits = Object.entries(exitMeanings).map(([name, meaning]) => [
    String(exitCodes[name as keyof typeof exitCodes]),
    meaning,
  ]);
  return page('Command line', [
    `${code('quorate')} speaks with the agent over its Unix socket, where whoever can open the socket is root. Its commands follow those of xe: a command, then name=value words. All of this is in the program too: ${code('quorate help')}.`,
    'Classes, fields and operations are spelled as in the API with - for _, and case makes no difference. References are shown as uuids. One object is chosen by uuid= or, when it is unique, by name-label=; the host and the pool may be left out when there is one. Maps are shown as k: v; k2: v2 and sets as a; b.',
    'On a terminal a list is a table when it fits. Where output goes elsewhere, or with params=, records are printed as xe prints them: each field with (RO) or (RW), M before it for a map and S for a set.',
    '## Which agent',
    'The first of these that applies: --socket, --dir, the environment variable QUORATE_SOCKET, .run/xapi of the checkout that the program runs from when that is there, /var/lib/xcp/xapi.',
    '## Options',
    table(['option', 'what it does'], options),
    '## Exit codes',
    table(['code', 'meaning'], exits),
    '## Commands that belong to no class',
    ...catalogue.builtIns.flatMap((command) => builtIn(command)),
    '## Commands of the classes',
    ...catalogue.classWords.flatMap((word) => classSection(catalogue, word)),
  ]);
}
