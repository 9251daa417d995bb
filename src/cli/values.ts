/** Text of the command line to values of the API, by type. Pure: what only the agent knows becomes a Lookup. */
import type { ApiType } from '../datamodel/type-expression.ts';
import type { Catalogue } from './catalogue.ts';
import { UsageError } from './failure.ts';
import { fold, suggestion, wordOf } from './names.ts';

export const nullRef = 'OpaqueRef:NULL';

/** What is shown of a reference to nothing, as in xe. */
export const noObject = '<not in database>';

/** Stands for the reference of an object that is known by its uuid or its name. */
export class Lookup {
  readonly class: string;
  readonly by: 'uuid' | 'name-label';
  readonly text: string;

  constructor(className: string, by: 'uuid' | 'name-label', text: string) {
    this.class = className;
    this.by = by;
    this.text = text;
  }
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}

/** Text that stands for objects, or for none, without a name having to be found; several as a set of them is shown. */
export function isReference(text: string): boolean {
  return text
    .split('; ')
    .every(
      (one) => one === '' || one.startsWith('OpaqueRef:') || fold(one) === 'null' || one === noObject || isUuid(one),
    );
}

const units: Readonly<Record<string, bigint>> = { KiB: 1n << 10n, MiB: 1n << 20n, GiB: 1n << 30n, TiB: 1n << 40n };
const yes = ['true', 'yes', '1'];
const no = ['false', 'no', '0'];

/** Splits at commas; `\,` is a comma and `\\` a backslash. Empty text has no parts. */
export function splitList(text: string): readonly string[] {
  if (text === '') return [];
  const parts: string[] = [];
  let part = '';
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index] ?? '';
    const next = text[index + 1];
    if (char === '\\' && (next === ',' || next === '\\')) {
      part += next;
      index += 1;
    } else if (char === ',') {
      parts.push(part);
      part = '';
    } else part += char;
  }
  parts.push(part);
  return parts;
}

/** Splits `key=value` at its first equals sign. */
export function splitPair(text: string): readonly [key: string, value: string] | undefined {
  const equals = text.indexOf('=');
  return equals <= 0 ? undefined : [text.slice(0, equals), text.slice(equals + 1)];
}

function intOf(text: string, what: string): number | string {
  const found = /^([+-]?\d+)\s*(KiB|MiB|GiB|TiB)?$/.exec(text.trim());
  if (found?.[1] === undefined) {
    throw new UsageError(`${what} must be a whole number (KiB, MiB, GiB or TiB may follow), not "${text}".`);
  }
  const value = BigInt(found[1]) * (units[found[2] ?? ''] ?? 1n);
  if (value > 0x7fff_ffff_ffff_ffffn || value < -0x8000_0000_0000_0000n) {
    throw new UsageError(`${what} must fit in 64 bits, not "${text}".`);
  }
  // Digits as text keep what a JSON number would round.
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

function datetimeOf(text: string, what: string): string {
  const found = /^(\d{4})-?(\d{2})-?(\d{2})(?:[T ](\d{2}):?(\d{2})(?::?(\d{2})(?:\.\d+)?)?Z?)?$/.exec(text.trim());
  if (found === null) {
    throw new UsageError(`${what} must be a date and time in UTC such as 2026-01-31T12:00:00Z, not "${text}".`);
  }
  const [, year, month, day, hour = '00', minute = '00', second = '00'] = found;
  return `${year}${month}${day}T${hour}:${minute}:${second}Z`;
}

/** Reads command-line text as values of one parameter or field, `what`, for error sentences. */
export class ValueReader {
  readonly #catalogue: Catalogue;

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  /** @throws UsageError that says what the text should have been. */
  read(text: string, type: ApiType, what: string): unknown {
    switch (type.kind) {
      case 'string':
        return text;
      case 'int':
        return intOf(text, what);
      case 'float':
        if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim())) {
          throw new UsageError(`${what} must be a number, not "${text}".`);
        }
        return Number(text);
      case 'bool': {
        const word = text.trim().toLowerCase();
        if (yes.includes(word)) return true;
        if (no.includes(word)) return false;
        throw new UsageError(`${what} must be true or false, not "${text}".`);
      }
      case 'datetime':
        return datetimeOf(text, what);
      case 'enum':
        return this.#enum(text, type.name, what);
      case 'ref':
        return this.#ref(text, type.class, what);
      case 'set':
        if (text.trimStart().startsWith('[')) return this.#json(text, type, what);
        return splitList(text).map((part) => this.read(part, type.of, what));
      case 'map':
        return this.#map(text, type, what);
      case 'record':
        return this.#record(text, type, what);
      case 'option':
        return this.read(text, type.of, what);
      case 'void':
        break;
    }
    return '';
  }

  #enum(text: string, name: string, what: string): string {
    const values = this.#catalogue.enums[name];
    if (values === undefined) return text;
    const found = values.find((value) => value === text) ?? values.find((value) => fold(value) === fold(text));
    if (found !== undefined) return found;
    throw new UsageError(`${what} must be one of ${values.join(', ')}, not "${text}".${suggestion(text, values)}`);
  }

  #ref(text: string, className: string, what: string): unknown {
    if (text.startsWith('OpaqueRef:')) return text;
    if (text === '' || text.toLowerCase() === 'null') return nullRef;
    if (isUuid(text)) return new Lookup(className, 'uuid', text);
    if (this.#catalogue.className(className) !== undefined && this.#catalogue.field(className, 'name_label')) {
      return new Lookup(className, 'name-label', text);
    }
    throw new UsageError(`${what} must be the uuid of a ${className}, not "${text}".`);
  }

  #map(text: string, type: Extract<ApiType, { kind: 'map' }>, what: string): unknown {
    if (text.trimStart().startsWith('{')) return this.#json(text, type, what);
    const entries = splitList(text).map((part) => {
      const pair = splitPair(part);
      if (pair === undefined)
        throw new UsageError(`${what} must be key=value,key=value or a JSON object, not "${text}".`);
      return this.entry(pair[0], pair[1], type, what);
    });
    return Object.fromEntries(entries);
  }

  /** One entry of a map. Keys that are references are not looked up: they are given as OpaqueRef. */
  entry(key: string, text: string, type: Extract<ApiType, { kind: 'map' }>, what: string): [string, unknown] {
    const wireKey =
      type.key.kind === 'string' || type.key.kind === 'ref' ? key : this.read(key, type.key, `A key of ${what}`);
    return [String(wireKey), this.read(text, type.value, `${what}:${key}`)];
  }

  #record(text: string, type: Extract<ApiType, { kind: 'record' }>, what: string): unknown {
    if (text.trimStart().startsWith('{')) return this.#json(text, type, what);
    const pairs = splitList(text).map((part) => {
      const pair = splitPair(part);
      if (pair === undefined)
        throw new UsageError(`${what} must be field=value,field=value or a JSON object, not "${text}".`);
      return pair;
    });
    return this.record(pairs, type.class);
  }

  /** A record from its fields, each `field=text` or `field:key=text`. */
  record(pairs: readonly (readonly [string, string])[], className: string): Readonly<Record<string, unknown>> {
    const record: Record<string, unknown> = {};
    for (const [given, text] of pairs) {
      const { field, key } = this.field(given, className);
      if (key === undefined) record[field.name] = this.read(text, field.type, wordOf(field.name));
      else if (field.type.kind === 'map') {
        const [wireKey, value] = this.entry(key, text, field.type, wordOf(field.name));
        record[field.name] = { ...(record[field.name] as object | undefined), [wireKey]: value };
      } else throw new UsageError(`${wordOf(field.name)} has no keys: it is not a map.`);
    }
    return record;
  }

  /** A field by `field` or `field:key`. @throws UsageError that suggests the nearest. */
  field(given: string, className: string) {
    const colon = given.indexOf(':');
    if (colon === given.length - 1 && colon >= 0) throw new UsageError(`${given} names no key: it is ${given}key.`);
    const word = colon < 0 ? given : given.slice(0, colon);
    const field = this.#catalogue.field(className, word);
    if (field === undefined) {
      const names = this.#catalogue.apiClass(className).recordFields.map((candidate) => wordOf(candidate.name));
      throw new UsageError(`${className} has no field ${word}.${suggestion(word, names)}`, className);
    }
    return { field, key: colon < 0 ? undefined : given.slice(colon + 1) };
  }

  #json(text: string, type: ApiType, what: string): unknown {
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch (error) {
      throw new UsageError(`${what} is not valid JSON: ${error instanceof Error ? error.message : String(error)}.`);
    }
    return this.#fromJson(parsed, type, what);
  }

  #fromJson(value: unknown, type: ApiType, what: string): unknown {
    if (type.kind === 'option') return this.#fromJson(value, type.of, what);
    if (type.kind === 'set') {
      if (!Array.isArray(value)) throw new UsageError(`${what} must be a JSON array.`);
      return value.map((element) => this.#fromJson(element, type.of, what));
    }
    if (type.kind === 'map' || type.kind === 'record') {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw new UsageError(`${what} must be a JSON object.`);
      }
      const entries = Object.entries(value).map(([key, element]): [string, unknown] => {
        if (type.kind === 'map') return [key, this.#fromJson(element, type.value, `${what}:${key}`)];
        const { field } = this.field(key, type.class);
        return [field.name, this.#fromJson(element, field.type, wordOf(field.name))];
      });
      return Object.fromEntries(entries);
    }
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      return this.read(String(value), type, what);
    }
    throw new UsageError(`${what} has a ${value === null ? 'null' : 'nested value'} where a ${type.kind} must be.`);
  }
}
