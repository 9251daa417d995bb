/** Which words may follow a command, for the scripts that shells load. Pure; values are asked for when they are wanted. */
import type { Field } from '../../datamodel/model.ts';
import { type Catalogue, type CommandSpec, selfParam } from '../catalogue.ts';
import { wordOf } from '../names.ts';

/** Words after a command. One that ends in `=` or `:` goes on in the same word. */
export function offersOf(catalogue: Catalogue, command: CommandSpec): readonly string[] {
  if (command.kind === 'built-in') {
    if (command.name === 'event-wait') return ['class='];
    if (command.name === 'events') return eventClasses(catalogue);
    return command.words ?? [];
  }
  if (command.kind === 'operation') {
    const { message } = command;
    const self = selfParam(message);
    const names = message.params.filter((param) => param !== self && param.type.kind !== 'record');
    const record = message.params.find((param) => param.type.kind === 'record');
    const fields = record?.type.kind === 'record' ? givenFields(catalogue, record.type.class) : [];
    const selector = self === undefined ? [] : selectorsOf(catalogue, command.class);
    return [...selector, ...names.map((param) => `${wordOf(param.name)}=`), ...fields];
  }
  const fields = catalogue.apiClass(command.class).recordFields;
  if (command.verb === 'list') return ['params=', ...fields.map((field) => offer(field))];
  if (command.verb === 'param-set') {
    const writable = fields.filter((field) => canSet(catalogue, field));
    return ['uuid=', ...writable.map((field) => offer(field))];
  }
  const selector = selectorsOf(catalogue, command.class);
  if (command.verb === 'param-list') return selector;
  return [...selector, 'param-name=', ...(command.verb === 'param-clear' ? [] : ['param-key='])];
}

function canSet(catalogue: Catalogue, field: Field): boolean {
  const writers = catalogue.writers(field);
  return writers.set !== undefined || (field.type.kind === 'map' && writers.add !== undefined);
}

function offer(field: Field): string {
  return `${wordOf(field.name)}${field.type.kind === 'map' ? ':' : '='}`;
}

/** The fields that a new object is given. */
function givenFields(catalogue: Catalogue, className: string): readonly string[] {
  const fields = catalogue.apiClass(className).recordFields;
  return fields.filter((field) => field.spec.qualifier !== 'DynamicRO').map((field) => offer(field));
}

function selectorsOf(catalogue: Catalogue, className: string): readonly string[] {
  return catalogue.field(className, 'name_label') === undefined ? ['uuid='] : ['uuid=', 'name-label='];
}

export function eventClasses(catalogue: Catalogue): readonly string[] {
  return catalogue.classWords.filter((word) => {
    const name = catalogue.className(word);
    return name !== undefined && catalogue.apiClass(name).spec.events;
  });
}

/** Field names for `params=` and `param-name=`, by command. */
export function fieldOffersOf(catalogue: Catalogue, command: CommandSpec): readonly string[] {
  if (command.kind !== 'class') return [];
  const fields = catalogue.apiClass(command.class).recordFields;
  const named = (keep: (field: Field) => boolean) =>
    fields.filter((field) => keep(field)).map((field) => wordOf(field.name));
  switch (command.verb) {
    case 'list':
      return ['all', ...named(() => true)];
    case 'param-get':
      return named(() => true);
    case 'param-add':
      return named((field) => catalogue.writers(field).add !== undefined);
    case 'param-remove':
      return named((field) => catalogue.writers(field).remove !== undefined);
    case 'param-clear':
      return named((field) => catalogue.writers(field).set !== undefined && isEmptiable(field));
    case 'param-list':
    case 'param-set':
      break;
  }
  return [];
}

function isEmptiable(field: Field): boolean {
  return ['map', 'set', 'string', 'ref'].includes(field.type.kind);
}

/** Commands that are followed by the same words, together. */
export function grouped(
  commands: readonly CommandSpec[],
  wordsOf: (command: CommandSpec) => readonly string[],
): readonly { readonly commands: readonly string[]; readonly words: readonly string[] }[] {
  const groups = new Map<string, string[]>();
  for (const command of commands) {
    const words = wordsOf(command).join(' ');
    if (words === '') continue;
    const group = groups.get(words);
    if (group === undefined) groups.set(words, [command.name]);
    else group.push(command.name);
  }
  return [...groups].map(([words, names]) => ({ commands: names, words: words.split(' ') }));
}
