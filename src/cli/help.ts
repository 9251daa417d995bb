/** What `help` prints, from the same data as everything else. Pure. */

import { type ErrorSpec, errorCodes } from '../datamodel/error-codes.ts';
import type { Field, Message, Param } from '../datamodel/model.ts';
import { type Catalogue, type CommandSpec, neutralOf, requiredFields, selfParam } from './catalogue.ts';
import { UsageError } from './failure.ts';
import { findMessage, signatureOf } from './grammar/calls.ts';
import { fold, suggestion, wordOf } from './names.ts';
import { optionSpecs } from './options.ts';
import { defaultFields, plainView } from './presentation.ts';
import { access } from './render.ts';

export interface HelpStyle {
  readonly bold: (text: string) => string;
  readonly columns: number;
}

/** Text in lines of at most `width`, all but the first indented. */
function wrap(text: string, width: number, indent: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  if (line !== '') lines.push(line);
  return lines.join(`\n${indent}`);
}

function listing(entries: readonly (readonly [string, string])[], columns: number): string {
  const width = Math.min(30, Math.max(0, ...entries.map(([term]) => term.length)));
  const indent = ' '.repeat(width + 4);
  const text = Math.max(30, columns - width - 4);
  return entries
    .map(([term, meaning]) => {
      const start = term.length > width ? `  ${term}\n${indent}` : `  ${term.padEnd(width)}  `;
      return `${start}${wrap(meaning, text, indent)}`.trimEnd();
    })
    .join('\n');
}

/** The commands that every class has, in the form that they have. */
export const classForms = [
  ['<class>-list', 'Lists objects; field=value … keeps those that match, params=field,… chooses what is shown.'],
  ['<class>-param-list', 'Shows every field of one object.'],
  ['<class>-param-get', 'Prints one field: param-name=field.'],
  ['<class>-param-set', 'Sets fields: field=value, or field:key=value in a map.'],
  ['<class>-param-add, -param-remove', 'Adds to and removes from a map or a set.'],
  ['<class>-param-clear', 'Empties a field.'],
  ['<class>-<operation>', 'Does what the class can do, such as vm-clean-shutdown; quorate help <class> lists them.'],
] as const;

/** The face of the program: `quorate`, `quorate --help`. */
export function overview(catalogue: Catalogue, style: HelpStyle): string {
  const title = (text: string): string => style.bold(text);
  const classes = wrap(catalogue.classWords.join(', '), style.columns - 2, '  ');
  return `Usage: quorate [options] <command> [name=value …]

Speaks with the agent of this host over its Unix socket, as root.

${title('Commands for every class of objects')}
${listing(classForms, style.columns)}

  One object is chosen by uuid= or, when it is unique, by name-label=. The host
  and the pool may be left out when there is one.

${title('Classes')}
  ${classes}

${title('Other commands')}
${listing(
  catalogue.builtIns.map((command) => [command.name, command.summary]),
  style.columns,
)}

${title('Options')}
${listing(
  optionSpecs.map((option) => [[option.name, option.value].filter(Boolean).join(' '), option.summary]),
  style.columns,
)}

${title('Which agent')}
  ${wrap('--socket, else --dir, else the environment variable QUORATE_SOCKET, else .run/xapi of the checkout that the program runs from (when that is there), else /var/lib/xcp/xapi.', style.columns - 2, '  ')}

${title('Examples')}
  quorate vm-list
  quorate vm-list power-state=running params=name-label,resident-on
  quorate vm-param-set uuid=5b0dc71c-2f9d-4f0a-9a3e-6f3a0c9f7a10 name-label=web1 other-config:owner=ada
  quorate call Async.VM.clean_shutdown web1
  quorate event-wait class=vm name-label=web1 power-state=halted

${title('Exit codes')}
  0 done, 1 refused or failed, 2 the command line is wrong, 3 no agent answers, 130 interrupted

quorate help <command> explains one command, quorate help commands lists them all.
`;
}

/** A page of help by its topic. @throws UsageError when there is none. */
export function helpPage(catalogue: Catalogue, topic: string, style: HelpStyle): string {
  const wanted = fold(topic);
  if (wanted === 'commands') return commandList(catalogue, style);
  if (wanted === 'errors') return errorList(style);
  const command = catalogue.find(topic);
  if (command !== undefined) return commandPage(catalogue, command, style);
  const className = catalogue.className(topic);
  if (className !== undefined) return classPage(catalogue, className, style);
  const name = wanted.startsWith('async.') ? topic.slice('async.'.length) : topic;
  const message = findMessage(catalogue, name);
  if (message !== undefined) return messagePage(catalogue, message, style);
  const error = errorPage(topic.toUpperCase(), style);
  if (error !== undefined) return error;
  const topics = [...catalogue.all().map((spec) => spec.name), ...catalogue.classWords, ...Object.keys(errorCodes)];
  throw new UsageError(`There is no help on ${topic}.${suggestion(topic, topics)}`);
}

function commandList(catalogue: Catalogue, style: HelpStyle): string {
  const groups = catalogue.classWords.map((word) => {
    const commands = catalogue.commandsOf(catalogue.className(word) ?? word);
    if (commands.length === 0) return '';
    return `${style.bold(word)}\n${listing(
      commands.map((command) => [command.name, command.summary]),
      style.columns,
    )}\n`;
  });
  return groups.filter((group) => group !== '').join('\n');
}

function errorList(style: HelpStyle): string {
  const entries = Object.entries<ErrorSpec>(errorCodes).map(([code, spec]): [string, string] => [code, spec.doc]);
  return `${listing(entries, style.columns)}\n`;
}

function commandPage(catalogue: Catalogue, command: CommandSpec, style: HelpStyle): string {
  const head = `Usage: quorate ${wrap(command.usage, style.columns - 2, '         ')}\n\n${wrap(command.summary, style.columns, '')}\n`;
  if (command.kind === 'built-in') {
    const details = command.details.map((line) => `${line}\n`).join('');
    const examples = command.examples.map((line) => `  ${line}\n`).join('');
    const blocks = [head, details, examples === '' ? '' : `${style.bold('Examples')}\n${examples}`];
    return blocks.filter((block) => block !== '').join('\n');
  }
  if (command.kind === 'operation') return `${head}\n${operationDetails(catalogue, command.message, style)}`;
  const { fields } = catalogue.apiClass(command.class);
  const notes: string[] = [];
  if (command.verb === 'list') {
    const shown = defaultFields(command.class, [...fields.keys()]).map((name) => wordOf(name));
    notes.push(`Without params= it shows ${shown.join(', ')}; on a terminal as a table.`);
    notes.push('field=/=value keeps the objects whose field has another value; field:key=value looks into a map.');
    notes.push('A field that refers to another object is compared with its uuid and its name.');
    const left = command.view === undefined && plainView[command.class] !== undefined;
    if (left)
      notes.push('Templates and snapshots are left out unless is-a-template=, is-a-snapshot= or uuid= is given.');
  }
  if (command.verb === 'param-set') notes.push('field:key=value sets one key of a map and leaves the others.');
  const text = notes.map((note) => `${wrap(note, style.columns, '')}\n`).join('');
  return `${head}${text === '' ? '' : `\n${text}`}\n${fieldTable(catalogue, command.class, style, wanted(catalogue, command))}`;
}

/** Which fields a command may name. */
function wanted(catalogue: Catalogue, command: CommandSpec): (field: Field) => boolean {
  const verb = command.kind === 'class' ? command.verb : '';
  return (field) => {
    const writers = catalogue.writers(field);
    if (verb === 'param-set')
      return writers.set !== undefined || (field.type.kind === 'map' && writers.add !== undefined);
    if (verb === 'param-add') return writers.add !== undefined;
    if (verb === 'param-remove') return writers.remove !== undefined;
    return verb !== 'param-clear' || writers.set !== undefined;
  };
}

function fieldTable(
  catalogue: Catalogue,
  className: string,
  style: HelpStyle,
  keep: (field: Field) => boolean,
  required: ReadonlySet<string> = new Set(),
): string {
  const fields = catalogue.apiClass(className).recordFields.filter((field) => keep(field));
  const entries = fields.map((field): [string, string] => [
    `${wordOf(field.name)} ${access(catalogue, field)}`,
    [required.has(field.name) ? 'Required' : '', typeText(catalogue, field), field.spec.doc]
      .filter((text) => text !== '')
      .join('. ') +
      (field.secret && catalogue.writers(field).set !== undefined ? ' Give - and write it to standard input.' : ''),
  ]);
  return `${style.bold('Fields')}\n${listing(entries, style.columns)}\n`;
}

function typeText(catalogue: Catalogue, field: Field): string {
  return valueText(catalogue, { type: field.type, expression: field.spec.type });
}

/** A type as people read it: the values of an enumeration instead of its name. */
function valueText(catalogue: Catalogue, { type, expression }: Pick<Param, 'type' | 'expression'>): string {
  const values = type.kind === 'enum' ? catalogue.enums[type.name] : undefined;
  return values === undefined ? expression : `one of ${values.join(', ')}`;
}

function classPage(catalogue: Catalogue, className: string, style: HelpStyle): string {
  const apiClass = catalogue.apiClass(className);
  const commands = catalogue.commandsOf(className);
  const doc = apiClass.spec.doc === '' ? '' : `: ${apiClass.spec.doc}`;
  const list = listing(
    commands.map((command) => [command.name, command.summary]),
    style.columns,
  );
  const shown = commands.length === 0 ? '' : `${style.bold('Commands')}\n${list}\n\n`;
  return `${wrap(style.bold(className) + doc, style.columns, '')}\n\n${shown}${fieldTable(catalogue, className, style, () => true)}`;
}

function messagePage(catalogue: Catalogue, message: Message, style: HelpStyle): string {
  const usage = `quorate call ${message.async ? '[Async.]' : ''}${message.name}`;
  const params = message.params.map((param) => ('default' in param ? `[${param.name}]` : param.name)).join(' ');
  const doc = message.doc === '' ? '' : `\n${wrap(message.doc, style.columns, '')}\n`;
  return `Usage: ${usage} ${params}`.trimEnd() + `\n${doc}\n${messageDetails(catalogue, message, style)}`;
}

/** What an operation's command takes by name. */
function operationDetails(catalogue: Catalogue, message: Message, style: HelpStyle): string {
  const self = selfParam(message);
  const params = message.params.flatMap((param): [string, string][] => {
    if (param.type.kind === 'record') return [];
    if (param === self) return [[wordOf(param.name), `the ${message.class}, chosen by uuid= or name-label=`]];
    const neutral = neutralOf(param);
    const left = neutral === undefined ? '' : `, may be left out (then ${JSON.stringify(neutral.value)})`;
    return [[`${wordOf(param.name)}=`, `${valueText(catalogue, param)}${left}${param.secret ? secretText : ''}`]];
  });
  const record = message.params.find((param) => param.type.kind === 'record')?.type;
  const given = record?.kind === 'record' ? record.class : undefined;
  const required = new Set(requiredFields(catalogue, message).map((field) => field.name));
  const fields =
    given === undefined
      ? ''
      : `${fieldTable(catalogue, given, style, (field) => field.spec.qualifier !== 'DynamicRO', required)}\n`;
  const list = params.length === 0 ? '' : `${style.bold('Arguments')}\n${listing(params, style.columns)}\n\n`;
  return `${list}${fields}${facts(catalogue, message, style)}`;
}

const secretText = '; a secret: give - and write it to standard input';

function messageDetails(catalogue: Catalogue, message: Message, style: HelpStyle): string {
  const params = message.params.map((param): [string, string] => {
    const left = 'default' in param ? `, may be left out (then ${JSON.stringify(param.default)})` : '';
    return [param.name, `${valueText(catalogue, param)}${left}${param.secret ? secretText : ''}`];
  });
  const list = params.length === 0 ? '' : `${style.bold('Arguments')}\n${listing(params, style.columns)}\n\n`;
  return list + facts(catalogue, message, style);
}

function facts(catalogue: Catalogue, message: Message, style: HelpStyle): string {
  const lines: [string, string][] = [
    ['signature', signatureOf(message)],
    ['returns', message.resultExpression],
    ['least role', message.role],
    ['as a task', message.async ? 'yes' : 'no'],
  ];
  if (message.deprecated !== undefined) lines.push(['deprecated', `since ${message.deprecated}`]);
  if (message.errors.length > 0) lines.push(['errors', message.errors.join(', ')]);
  const there = catalogue.waiting.has(message.name) ? 'Not there yet: answers NOT_IMPLEMENTED.\n\n' : '';
  return `${there}${style.bold('Message')}\n${listing(lines, style.columns)}\n`;
}

function errorPage(code: string, style: HelpStyle): string | undefined {
  const errors: Readonly<Record<string, ErrorSpec>> = errorCodes;
  const spec = Object.hasOwn(errors, code) ? errors[code] : undefined;
  if (spec === undefined) return undefined;
  const params = spec.params.length === 0 ? '' : ` (${spec.params.join(', ')})`;
  return `${style.bold(code)}${params}\n\n${wrap(spec.doc, style.columns, '')}\n`;
}
