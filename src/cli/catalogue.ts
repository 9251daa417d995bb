/**
 * Every command, derived from the datamodel: what the grammar accepts, help explains, completion offers and the reference prints
 * all come from here. Classes are derived when they are first asked for, since most commands need one.
 */
import { classes as apiClasses } from '../datamodel/classes/index.ts';
import type { ClassSpec } from '../datamodel/define.ts';
import { deriveClass } from '../datamodel/derive.ts';
import { enums as apiEnums } from '../datamodel/enums.ts';
import type { ApiClass, Field, Message, Param } from '../datamodel/model.ts';
import { waiting } from '../datamodel/waiting.ts';
import { builtIns } from './built-ins.ts';
import { classWordOf, fold, wordOf } from './names.ts';
import { views } from './presentation.ts';

export type ClassVerb =
  | 'list'
  | 'param-list'
  | 'param-get'
  | 'param-set'
  | 'param-add'
  | 'param-remove'
  | 'param-clear';

export interface ClassCommand {
  readonly kind: 'class';
  readonly name: string;
  readonly class: string;
  readonly verb: ClassVerb;
  /** Lists only the objects with these values. */
  readonly view?: Readonly<Record<string, string>>;
  readonly usage: string;
  readonly summary: string;
}

export interface OperationCommand {
  readonly kind: 'operation';
  readonly name: string;
  readonly class: string;
  readonly message: Message;
  readonly usage: string;
  readonly summary: string;
}

export interface BuiltInCommand {
  readonly kind: 'built-in';
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  /** More lines for `help`. */
  readonly details: readonly string[];
  readonly examples: readonly string[];
  /** Words that may follow: completion offers them. */
  readonly words?: readonly string[];
}

export type CommandSpec = ClassCommand | OperationCommand | BuiltInCommand;

/** Which ways there are to write a field, by the messages that do it. */
export interface FieldWriters {
  readonly set?: Message;
  readonly add?: Message;
  readonly remove?: Message;
}

/** The parameter that says on which object an operation works: the first one, when it refers to the operation's own class. */
export function selfParam(message: Message): Param | undefined {
  const first = message.params[0];
  return first?.type.kind === 'ref' && first.type.class === message.class && !('default' in first) ? first : undefined;
}

/**
 * What an operation's command takes for a parameter that is not named: its default, false for a switch, nothing for a map. Undefined
 * when it must be named. `call` knows only the API's own defaults.
 */
export function neutralOf(param: Param): { readonly value: unknown } | undefined {
  if ('default' in param) return { value: param.default };
  if (param.type.kind === 'bool') return { value: false };
  return param.type.kind === 'map' ? { value: {} } : undefined;
}

/** The fields that the command of a constructor must be given. Maps and sets are empty when nobody names them. */
export function requiredFields(catalogue: Catalogue, message: Message): readonly Field[] {
  if (message.kind !== 'create') return [];
  return catalogue
    .apiClass(message.class)
    .recordFields.filter(
      ({ spec, type }) =>
        spec.qualifier !== 'DynamicRO' && spec.default === undefined && type.kind !== 'map' && type.kind !== 'set',
    );
}

export class Catalogue {
  readonly enums: Readonly<Record<string, readonly string[]>> = apiEnums;
  /** Names of messages that are declared and not there yet. */
  readonly waiting: ReadonlySet<string> = new Set(waiting);
  readonly #specs: Readonly<Record<string, ClassSpec>> = apiClasses;
  readonly #classNames = new Map<string, string>();
  readonly #derived = new Map<string, ApiClass>();
  readonly #commands = new Map<string, readonly CommandSpec[]>();

  constructor() {
    for (const name of Object.keys(this.#specs)) this.#classNames.set(classWordOf(name), name);
  }

  /** Class words, in the API's own order. */
  get classWords(): readonly string[] {
    return [...this.#classNames.keys()];
  }

  /** The name of a class from any spelling of it. */
  className(word: string): string | undefined {
    return this.#classNames.get(fold(word));
  }

  apiClass(name: string): ApiClass {
    const known = this.#derived.get(name);
    if (known !== undefined) return known;
    const spec = this.#specs[name];
    if (spec === undefined) throw new Error(`no class ${name}`);
    const derived = deriveClass(spec);
    this.#derived.set(name, derived);
    return derived;
  }

  message(className: string, message: string): Message | undefined {
    return this.apiClass(className).messages.find((candidate) => candidate.message === message);
  }

  /** A field of a class from any spelling of it. */
  field(className: string, word: string): Field | undefined {
    const wanted = fold(word);
    return this.apiClass(className).recordFields.find((field) => fold(field.name) === wanted);
  }

  writers(field: Field): FieldWriters {
    const of = (name: string) => this.message(field.class, name);
    const set = of(`set_${field.name}`);
    if (field.type.kind === 'map') {
      return defined({ set, add: of(`add_to_${field.name}`), remove: of(`remove_from_${field.name}`) });
    }
    if (field.type.kind === 'set') {
      return defined({ set, add: of(`add_${field.name}`), remove: of(`remove_${field.name}`) });
    }
    return defined({ set: set?.params.length === 2 ? set : undefined });
  }

  /** The commands of one class, by its name in the API. */
  commandsOf(className: string): readonly CommandSpec[] {
    const known = this.#commands.get(className);
    if (known !== undefined) return known;
    const commands = [...this.#paramCommands(className), ...this.#operations(className)];
    this.#commands.set(className, commands);
    return commands;
  }

  get builtIns(): readonly BuiltInCommand[] {
    return builtIns;
  }

  all(): readonly CommandSpec[] {
    return [...builtIns, ...Object.keys(this.#specs).flatMap((name) => this.commandsOf(name))];
  }

  find(word: string): CommandSpec | undefined {
    const wanted = fold(word);
    const builtIn = builtIns.find((command) => command.name === wanted);
    if (builtIn !== undefined) return builtIn;
    const view = views.find((candidate) => `${candidate.word}-list` === wanted);
    if (view !== undefined) return this.commandsOf(view.class).find((command) => command.name === wanted);
    for (const [classWord, className] of this.#classNames) {
      if (!wanted.startsWith(`${classWord}-`)) continue;
      const found = this.commandsOf(className).find((command) => command.name === wanted);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #paramCommands(className: string): readonly ClassCommand[] {
    const apiClass = this.apiClass(className);
    const has = (message: string) => this.message(className, message) !== undefined;
    const word = classWordOf(className);
    const select = selectorUsage(apiClass);
    const writers = apiClass.recordFields.map((field) => this.writers(field));
    const commands: ClassCommand[] = [];
    const add = (verb: ClassVerb, usage: string, summary: string): void => {
      const name = `${word}-${verb}`;
      commands.push({ kind: 'class', name, class: className, verb, usage: `${name} ${usage}`, summary });
    };
    if (has('get_all_records')) add('list', '[field=value …] [params=field,…|all]', `Lists ${className} objects.`);
    for (const { word: viewWord, class: of, where, summary } of views) {
      if (of !== className) continue;
      const name = `${viewWord}-list`;
      const usage = `${name} [field=value …] [params=field,…|all]`;
      commands.push({ kind: 'class', name, class: className, verb: 'list', view: where, usage, summary });
    }
    if (!has('get_by_uuid') || !has('get_record')) return commands;
    add('param-list', select, `Shows every field of one ${className}.`);
    add('param-get', `${select} param-name=field [param-key=key]`, `Prints one field of one ${className}.`);
    if (writers.some((one) => one.set !== undefined || one.add !== undefined)) {
      const own = className === 'host' || className === 'pool' ? '[uuid=uuid]' : 'uuid=uuid';
      add('param-set', `${own} field=value … [field:key=value …]`, `Sets fields of one ${className}.`);
    }
    if (writers.some((one) => one.add !== undefined)) {
      const usage = `${select} param-name=field key=value …|param-key=value`;
      add('param-add', usage, `Adds to a map or set field of one ${className}.`);
      const removal = `${select} param-name=field param-key=key`;
      add('param-remove', removal, `Removes from a map or set field of one ${className}.`);
    }
    if (writers.some((one) => one.set !== undefined)) {
      add('param-clear', `${select} param-name=field`, `Empties a field of one ${className}.`);
    }
    return commands;
  }

  #operations(className: string): readonly OperationCommand[] {
    const apiClass = this.apiClass(className);
    const accessors = new Set(['get_by_uuid', 'get_record', 'get_all', 'get_all_records', 'get_all_records_where']);
    for (const name of apiClass.fields.keys()) {
      for (const prefix of ['get_', 'set_', 'add_to_', 'remove_from_', 'add_', 'remove_']) accessors.add(prefix + name);
    }
    return apiClass.messages
      .filter((message) => message.kind === 'op' || message.kind === 'create' || message.kind === 'destroy')
      .filter((message) => !message.hidden && !message.poolInternal && !message.sessionless)
      .filter((message) => !accessors.has(message.message) && apiClass.spec.storage !== 'none')
      .map((message): OperationCommand => {
        const name = `${classWordOf(className)}-${wordOf(message.message).toLowerCase()}`;
        const usage = [name, ...message.params.map((param) => this.#paramUsage(message, param))].join(' ');
        return { kind: 'operation', name, class: className, message, usage, summary: message.doc };
      });
  }

  #paramUsage(message: Message, param: Param): string {
    if (param === selfParam(message)) return selectorUsage(this.apiClass(message.class));
    if (param.type.kind === 'record') return 'field=value …';
    const usage = `${wordOf(param.name)}=${param.type.kind === 'enum' ? 'value' : param.expression.replaceAll(' ', '-')}`;
    return neutralOf(param) === undefined ? usage : `[${usage}]`;
  }
}

function selectorUsage(apiClass: ApiClass): string {
  const choice = apiClass.fields.has('name_label') ? 'uuid=uuid|name-label=name' : 'uuid=uuid';
  return apiClass.name === 'host' || apiClass.name === 'pool' ? `[${choice}]` : choice;
}

function defined(writers: { [K in keyof FieldWriters]: FieldWriters[K] | undefined }): FieldWriters {
  return Object.fromEntries(Object.entries(writers).filter(([, message]) => message !== undefined));
}
