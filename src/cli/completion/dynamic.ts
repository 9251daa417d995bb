/** Values that a word may take, for completion: asked of the program while somebody waits, so bounded in time and silent. */

import type { ApiType } from '../../datamodel/type-expression.ts';
import { limits } from '../../lib/limits.ts';
import { type Catalogue, type CommandSpec, selfParam } from '../catalogue.ts';
import { exitCodes } from '../failure.ts';
import { findMessage } from '../grammar/calls.ts';
import { fold } from '../names.ts';
import { type GlobalOptions, parseOptions } from '../options.ts';
import type { WireRecord } from '../render.ts';
import { Session } from '../session.ts';
import { splitPair } from '../values.ts';
import { eventClasses } from './offers.ts';

/** What a word stands for. */
type Wanted =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** A field of every object of a class. */
  | { readonly kind: 'values'; readonly class: string; readonly field: 'uuid' | 'name_label' }
  /** The keys of a map, or elements of a set, of one object. */
  | { readonly kind: 'keys'; readonly class: string; readonly uuid: string | undefined; readonly field: string };

const nothing: Wanted = { kind: 'words', words: [] };

function ofType(catalogue: Catalogue, type: ApiType): Wanted {
  if (type.kind === 'bool') return { kind: 'words', words: ['true', 'false'] };
  if (type.kind === 'enum') return { kind: 'words', words: catalogue.enums[type.name] ?? [] };
  if (type.kind === 'ref' && catalogue.className(type.class) !== undefined) {
    return { kind: 'values', class: type.class, field: 'uuid' };
  }
  return nothing;
}

function ofField(catalogue: Catalogue, className: string, name: string): Wanted {
  if (fold(name) === 'uuid') return { kind: 'values', class: className, field: 'uuid' };
  const field = catalogue.field(className, name);
  if (field === undefined) return nothing;
  if (field.name === 'name_label') return { kind: 'values', class: className, field: 'name_label' };
  return ofType(catalogue, field.type.kind === 'set' ? field.type.of : field.type);
}

function ofArgument(catalogue: Catalogue, words: readonly string[], current: string): Wanted {
  const [name, ...args] = words;
  if (name === undefined) {
    const async = current.toLowerCase().startsWith('async.');
    const classes = catalogue.classWords.map((word) => catalogue.apiClass(catalogue.className(word) ?? word));
    const messages = classes
      .flatMap((one) => one.messages)
      .filter((message) => !message.hidden && !message.poolInternal);
    const offered = async ? messages.filter((message) => message.async) : messages;
    return {
      kind: 'words',
      words: offered.map((message) => (async ? `Async.${message.name}` : message.name)).concat(async ? [] : ['Async.']),
    };
  }
  const message = findMessage(catalogue, name.replace(/^async\./i, ''));
  const type = message?.params[args.length]?.type;
  return type === undefined ? nothing : ofType(catalogue, type);
}

/** What the last of the words wants; the words before it are complete. Pure. */
function wantedAt(catalogue: Catalogue, words: readonly string[]): Wanted {
  const [command, ...rest] = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  const spec = command === undefined ? undefined : catalogue.find(command);
  if (spec === undefined) return nothing;
  if (spec.name === 'call') return ofArgument(catalogue, rest, current);
  const pair = splitPair(current);
  return pair === undefined ? nothing : ofPair(catalogue, spec, rest, pair[0]);
}

function ofPair(catalogue: Catalogue, spec: CommandSpec, rest: readonly string[], name: string): Wanted {
  const given = (wanted: string) =>
    rest.map((word) => splitPair(word)).find((pair) => pair !== undefined && fold(pair[0]) === wanted)?.[1];
  if (spec.kind === 'built-in') {
    if (spec.name !== 'event-wait') return nothing;
    if (fold(name) === 'class') return { kind: 'words', words: eventClasses(catalogue) };
    const className = catalogue.className(given('class') ?? '');
    return className === undefined ? nothing : ofField(catalogue, className, name);
  }
  if (spec.kind === 'class') {
    const field = catalogue.field(spec.class, given('param-name') ?? '');
    if (fold(name) === 'param-key') {
      return field === undefined
        ? nothing
        : { kind: 'keys', class: spec.class, uuid: given('uuid'), field: field.name };
    }
    return ofField(catalogue, spec.class, name);
  }
  const param = spec.message.params.find((candidate) => fold(candidate.name) === fold(name));
  if (param !== undefined) return ofType(catalogue, param.type);
  const record = spec.message.params.find((candidate) => candidate.type.kind === 'record');
  const className = record?.type.kind === 'record' ? record.type.class : spec.class;
  return record !== undefined || selfParam(spec.message) !== undefined ? ofField(catalogue, className, name) : nothing;
}

async function fetch(session: Session, wanted: Exclude<Wanted, { kind: 'words' }>): Promise<readonly string[]> {
  if (wanted.kind === 'values') {
    const records = (await session.call(`${wanted.class}.get_all_records`)) as Readonly<Record<string, WireRecord>>;
    return Object.values(records).flatMap((record) => {
      const value = record[wanted.field];
      return typeof value === 'string' ? [value] : [];
    });
  }
  const ref =
    wanted.uuid === undefined
      ? ((await session.call(`${wanted.class}.get_all`)) as readonly string[])[0]
      : await session.call(`${wanted.class}.get_by_uuid`, wanted.uuid);
  const value = await session.call(`${wanted.class}.get_${wanted.field}`, ref);
  if (Array.isArray(value)) return value.map(String);
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

/** Prints the values that the last word may have, one a line. Says nothing of errors: nobody asked to see them. */
export async function complete(
  catalogue: Catalogue,
  argv: readonly string[],
  socketOf: (options: GlobalOptions) => string,
): Promise<number> {
  try {
    const { options, words } = parseOptions(argv);
    const wanted = wantedAt(catalogue, words);
    const values = wanted.kind === 'words' ? wanted.words : await ask(wanted, socketOf(options));
    // A value with a line break cannot be one line; a name like that is rare and can be typed.
    const lines = [...new Set(values)]
      .filter((value) => value !== '' && !value.includes('\n'))
      .map((value) => `${value}\n`);
    process.stdout.write(lines.join(''));
  } catch {
    return exitCodes.ok;
  }
  return exitCodes.ok;
}

async function ask(wanted: Exclude<Wanted, { kind: 'words' }>, socket: string): Promise<readonly string[]> {
  const session = await Session.open(socket, AbortSignal.timeout(limits.cliCompletionMs));
  try {
    return await fetch(session, wanted);
  } finally {
    await session.close();
  }
}
