/** The manual pages, from the command line's own definitions and the table of settings. Pure. */
import { Catalogue } from '../../../src/cli/catalogue.ts';
import { exitCodes } from '../../../src/cli/failure.ts';
import { classForms } from '../../../src/cli/help.ts';
import { optionSpecs } from '../../../src/cli/options.ts';
import { usualSocket } from '../../../src/cli/socket.ts';
import { daemonOptions, daemonPlaces } from '../../../src/daemon-options.ts';
import { checks } from '../../../src/doctor/checks.ts';
import { version } from '../../../src/lib/version.ts';
import { changeInWords } from '../../../src/settings/document.ts';
import { usualSettingsFile } from '../../../src/settings/load.ts';
import { variableOf } from '../../../src/settings/sources.ts';
import { defaultDirectory, settingDefinitions } from '../../../src/settings/table.ts';
import { exitMeanings } from '../reference/cli-page.ts';
import { bold, italic, item, lines, manPage, paragraph, section, subsection, text } from './roff.ts';

function option(name: string, value: string | undefined): string {
  return value === undefined ? bold(name) : `${bold(name)} ${italic(value)}`;
}

function seeAlso(...pages: readonly (readonly [name: string, number: number])[]): string {
  return section('SEE ALSO', paragraph(pages.map(([name, number]) => `${bold(name)}(${number})`).join(', ')));
}

const quorate = (): string => {
  const catalogue = new Catalogue();
  const commands = catalogue.builtIns.map((command) =>
    subsection(
      command.usage,
      paragraph(text(command.summary)),
      command.details.length === 0 ? '' : lines(command.details),
      command.name === 'doctor' ? checks.map(({ name, doc }) => item(bold(name), text(doc))).join('\n') : '',
      command.examples.length === 0 ? '' : lines(command.examples),
    ),
  );
  return manPage('quorate', 1, version, [
    section('NAME', text('quorate - speaks with the agent of a host of a XenAPI pool')),
    section(
      'SYNOPSIS',
      `${bold('quorate')} [${italic('options')}] ${italic('command')} [${italic('name')}=${italic('value')} ...]`,
    ),
    section(
      'DESCRIPTION',
      paragraph(
        text(
          'Speaks with the agent over its Unix socket, where whoever can open the socket is root. Commands follow those of xe: a command, then name=value words. Classes, fields and operations are spelled as in the API with - for _; case makes no difference.',
        ),
      ),
    ),
    section('OPTIONS', ...optionSpecs.map(({ name, value, summary }) => item(option(name, value), text(summary)))),
    section('COMMANDS FOR EVERY CLASS', ...classForms.map(([form, meaning]) => item(bold(form), text(meaning)))),
    section('CLASSES', paragraph(text(catalogue.classWords.join(', ')))),
    section('OTHER COMMANDS', ...commands),
    section(
      'EXIT STATUS',
      ...Object.entries(exitCodes).map(([name, code]) =>
        item(bold(String(code)), text(exitMeanings[name as keyof typeof exitCodes])),
      ),
      paragraph(text('quorate doctor has its own: 0 all is well, 1 warnings, 2 problems.')),
    ),
    section(
      'ENVIRONMENT',
      item(bold('QUORATE_SOCKET'), text('The socket of the agent, when neither --socket nor --dir is given.')),
      item(bold('NO_COLOR'), text('No colour, whatever its value.')),
    ),
    section(
      'FILES',
      item(bold(usualSocket), text('The socket of the agent that is installed.')),
      item(
        bold('.run/xapi'),
        text('That of the checkout that the program runs from, which comes first when it is there.'),
      ),
    ),
    seeAlso(['quorated', 8], ['xapi.conf', 5]),
  ]);
};

const quorated = (): string =>
  manPage('quorated', 8, version, [
    section('NAME', text('quorated - agent for a host of a XenAPI pool')),
    section('SYNOPSIS', `${bold('quorated')} [${italic('options')}]`),
    section(
      'DESCRIPTION',
      paragraph(
        text(
          'Serves the XenAPI (XML-RPC and JSON-RPC) over a Unix socket and over TLS, describes this host and acts on it.',
        ),
      ),
      paragraph(text(daemonPlaces)),
    ),
    section(
      'OPTIONS',
      ...daemonOptions.map(({ name, value, doc }) => item(option(`--${name}`, value), text(`${doc}.`))),
    ),
    section(
      'SIGNALS',
      item(
        bold('SIGHUP'),
        text(
          'Reads settings and certificate again. Both are also followed without it. At a terminal it ends the agent.',
        ),
      ),
      item(`${bold('SIGTERM')}, ${bold('SIGINT')}`, text('Finishes what runs, makes everything durable and ends.')),
    ),
    section(
      'EXIT STATUS',
      item(bold('0'), text('It was told to stop and did.')),
      item(bold('1'), text('It could not start; the log says why.')),
      item(bold('2'), text('The command line or the settings are wrong; standard error says where.')),
    ),
    section(
      'FILES',
      item(bold(usualSettingsFile), text('Settings; see xapi.conf(5).')),
      item(bold(defaultDirectory), text('Database, identity, secret and certificate.')),
      item(bold(usualSocket), text('The socket.')),
    ),
    seeAlso(['quorate', 1], ['xapi.conf', 5], ['systemctl', 1]),
  ]);

const settings = (): string => {
  const place = { directory: defaultDirectory, own: false };
  const groups = new Map<string, string[]>();
  for (const [key, definition] of Object.entries(settingDefinitions)) {
    const initial = definition.initial(place);
    const meaning = [
      text(definition.doc),
      text(`Takes ${definition.expects}. ${initial === '' ? 'There is no default.' : `The default is ${initial}.`}`),
      text(changeInWords(definition)),
    ].join('\n');
    const entries = groups.get(definition.group) ?? [];
    entries.push(item(bold(key), meaning));
    groups.set(definition.group, entries);
  }
  return manPage('xapi.conf', 5, version, [
    section('NAME', text('xapi.conf - settings of quorated')),
    section('SYNOPSIS', item(bold(usualSettingsFile), ''), item(bold(`${usualSettingsFile}.d/*.conf`), '')),
    section(
      'DESCRIPTION',
      paragraph(
        text(
          'One "key = value" a line; a line that begins with # is a comment. Everything after the first = is the value, quotes and all. A key may stand once in a file.',
        ),
      ),
      paragraph(
        text(
          `Later places win: the defaults, the file, the files of the directory in the order of their names, the environment (${variableOf('log-level')} for log-level), the options of quorated.`,
        ),
      ),
      paragraph(
        text(
          'The files are read again when one of them changes, and at a reload. Either all of them are taken up or, when anything in them is wrong, nothing: then the log says where it stands and which key was probably meant, and the settings before stay in force. "quorate config show" tells what is in force, where it comes from, and what waits for a new start.',
        ),
      ),
    ),
    section('SETTINGS', ...[...groups].map(([group, entries]) => subsection(group, ...entries))),
    section('EXAMPLES', lines(['listen = 0.0.0.0:443 [::]:443', 'log-level = debug'])),
    seeAlso(['quorated', 8], ['quorate', 1]),
  ]);
};

/** Name under docs/man -> text. */
export function manPages(): ReadonlyMap<string, string> {
  return new Map([
    ['quorate.1', quorate()],
    ['quorated.8', quorated()],
    ['xapi.conf.5', settings()],
  ]);
}
