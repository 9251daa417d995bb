/** From a command to the calls that do it. Pure; the object that a command is about is filled in when it is known. */
import type { Field } from '../datamodel/model.ts';
import type { Catalogue } from './catalogue.ts';
import type { AddCommand, ClearCommand, Column, Condition, ListCommand, RemoveCommand, SetCommand } from './command.ts';
import { showValue, type Uuids } from './format.ts';
import { fold } from './names.ts';
import { defaultFields } from './presentation.ts';
import { isReference, nullRef } from './values.ts';

/** Stands in arguments for the object that the command selects. */
export const self: unique symbol = Symbol('self');

export interface PlannedCall {
  readonly method: string;
  /** Values, Lookups, and `self`. */
  readonly args: readonly unknown[];
}

/** Changes as calls, in the order in which they were given. Setting a key replaces it: it is removed, then added. */
export function planChanges(
  catalogue: Catalogue,
  command: SetCommand | AddCommand | RemoveCommand | ClearCommand,
): readonly PlannedCall[] {
  const call = (message: { readonly name: string } | undefined, ...args: readonly unknown[]): PlannedCall => {
    if (message === undefined) throw new Error(`nothing writes this field of ${command.class}`);
    return { method: message.name, args: [self, ...args] };
  };
  switch (command.verb) {
    case 'set':
      return command.changes.flatMap(({ field, key, value }) => {
        const writers = catalogue.writers(field);
        if (key === undefined) return [call(writers.set, value)];
        return [call(writers.remove, key), call(writers.add, key, value)];
      });
    case 'add':
      return command.entries.map((entry) => call(catalogue.writers(command.field).add, ...entry));
    case 'remove':
      return [call(catalogue.writers(command.field).remove, command.key)];
    case 'clear':
      break;
  }
  return [call(catalogue.writers(command.field).set, emptyOf(command.field))];
}

function emptyOf({ type }: Field): unknown {
  if (type.kind === 'map') return {};
  if (type.kind === 'set') return [];
  return type.kind === 'ref' ? nullRef : '';
}

/** Where the records of a list come from: a condition that names objects saves fetching all of them. */
export type Source =
  | { readonly by: 'uuid'; readonly text: string }
  | { readonly by: 'name-label'; readonly text: string }
  | { readonly by: 'all' };

export function planSource(where: readonly Condition[]): Source {
  const exact = (name: string) =>
    where.find((condition) => condition.field.name === name && !condition.negated && condition.key === undefined);
  const uuid = exact('uuid');
  if (uuid !== undefined) return { by: 'uuid', text: uuid.text };
  const label = exact('name_label');
  return label === undefined ? { by: 'all' } : { by: 'name-label', text: label.text };
}

/** What a list shows of each object. */
export function listedColumns(catalogue: Catalogue, command: ListCommand): readonly Column[] {
  if (command.params !== undefined) return command.params;
  const { fields } = catalogue.apiClass(command.class);
  return defaultFields(command.class, [...fields.keys()]).flatMap((name) => {
    const field = fields.get(name);
    return field === undefined ? [] : [{ field }];
  });
}

/** The objects that a condition means by their name, as references. */
export type Named = ReadonlyMap<Condition, ReadonlySet<string>>;

/** The class whose objects a condition means by their name; undefined when it means none or by something else. */
export function namedClass({ field, key, text }: Condition): string | undefined {
  const type = key !== undefined && field.type.kind === 'map' ? field.type.value : field.type;
  const single = type.kind === 'set' ? type.of : type;
  return single.kind !== 'ref' || isReference(text) ? undefined : single.class;
}

/**
 * Whether a record satisfies a condition. Texts of enums and booleans are compared without case; a set satisfies by an element; an
 * object that is referred to by its reference, its uuid or, when it is among `named`, by its name.
 */
export function satisfies(
  record: Readonly<Record<string, unknown>>,
  condition: Condition,
  uuids: Uuids,
  named: Named = new Map(),
): boolean {
  return holds(record, condition, uuids, named) !== condition.negated;
}

function holds(record: Readonly<Record<string, unknown>>, condition: Condition, uuids: Uuids, named: Named): boolean {
  const { field, key, text } = condition;
  const { type } = field;
  const isNamed = (element: unknown): boolean =>
    typeof element === 'string' && named.get(condition)?.has(element) === true;
  const value = record[field.name];
  if (type.kind === 'map' && key !== undefined) {
    const map = (value ?? {}) as Readonly<Record<string, unknown>>;
    return Object.hasOwn(map, key) && (showValue(map[key], type.value, uuids) === text || isNamed(map[key]));
  }
  const shown = showValue(value, type, uuids);
  if (type.kind === 'enum' || type.kind === 'bool') return fold(shown) === fold(text);
  if (type.kind === 'int' || type.kind === 'float')
    return shown === text || (text.trim() !== '' && Number(shown) === Number(text));
  if (type.kind === 'ref')
    return shown === text || value === text || (value === nullRef && fold(text) === 'null') || isNamed(value);
  if (type.kind === 'set' && Array.isArray(value)) {
    const fits = (element: unknown): boolean => showValue(element, type.of, uuids) === text || isNamed(element);
    return shown === text || value.some((element) => fits(element));
  }
  return shown === text;
}
