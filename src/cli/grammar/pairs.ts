/** The `name=value` words that most commands are made of. */
import type { ApiType } from '../../datamodel/type-expression.ts';
import type { Catalogue } from '../catalogue.ts';
import type { Condition, Selector } from '../command.ts';
import { UsageError } from '../failure.ts';
import { fold, wordOf } from '../names.ts';
import { isReference, Lookup, splitPair, type ValueReader } from '../values.ts';

export type Pair = readonly [name: string, value: string];

/** Classes of which there is usually one, so that it may be left unsaid. */
const usuallyOne = new Set(['host', 'pool']);

/** @throws UsageError when a word is not a pair. */
export function pairsOf(words: readonly string[], topic: string): Pair[] {
  return words.map((word) => {
    const pair = splitPair(word);
    if (pair === undefined) throw new UsageError(`Expected name=value, not "${word}".`, topic);
    return pair;
  });
}

/** Takes the pair of this name out of the list. @throws UsageError when it is given twice. */
export function take(pairs: Pair[], name: string): string | undefined {
  const found = pairs.filter(([given]) => fold(given) === fold(name));
  if (found.length > 1) throw new UsageError(`${name}= is given twice.`);
  const pair = found[0];
  if (pair === undefined) return undefined;
  pairs.splice(pairs.indexOf(pair), 1);
  return pair[1];
}

/** Takes what selects one object out of the list. @throws UsageError when nothing does. */
export function selectorOf(
  catalogue: Catalogue,
  className: string,
  pairs: Pair[],
  topic: string,
  byName: boolean,
): Selector {
  const uuid = take(pairs, 'uuid');
  if (uuid !== undefined) return new Lookup(className, 'uuid', uuid);
  const named = byName && catalogue.field(className, 'name_label') !== undefined;
  const label = named ? take(pairs, 'name-label') : undefined;
  if (label !== undefined) return new Lookup(className, 'name-label', label);
  if (usuallyOne.has(className)) return { only: className };
  throw new UsageError(`Say which ${className} with ${named ? 'uuid= or name-label=' : 'uuid='}.`, topic);
}

/** The text as values of the type are shown. @throws UsageError when no value of the type could ever be shown so. */
function comparable(text: string, type: ApiType, what: string, values: ValueReader): string {
  const single = type.kind === 'set' ? type.of : type;
  if (single.kind === 'ref') {
    // Reading it finds out whether such objects have names; which one it is only the agent knows.
    if (!isReference(text)) values.read(text, single, what);
    return text;
  }
  if (type.kind === 'option') return text === '' ? text : comparable(text, type.of, what, values);
  const checked = ['bool', 'int', 'float', 'enum', 'datetime'].includes(type.kind);
  return checked ? String(values.read(text, type, what)) : text;
}

/** `field=value`, `field:key=value`, and both with `/=` for anything but the value. */
export function conditionOf([name, value]: Pair, className: string, values: ValueReader): Condition {
  const { field, key } = values.field(name, className);
  if (key !== undefined && field.type.kind !== 'map') {
    throw new UsageError(`${wordOf(field.name)} has no keys: it is not a map.`);
  }
  const negated = value.startsWith('/=');
  const given = negated ? value.slice(2) : value;
  const type = key !== undefined && field.type.kind === 'map' ? field.type.value : field.type;
  const base = { field, text: comparable(given, type, name, values), negated };
  return key === undefined ? base : { ...base, key };
}
