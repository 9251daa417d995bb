/** Values of the API as text for people, by type. Pure: the uuids of references are found beforehand. */
import type { ApiType } from '../datamodel/type-expression.ts';
import { noObject, nullRef } from './values.ts';

/** The uuids of references; undefined for an object that is not there. */
export type Uuids = ReadonlyMap<string, string | undefined>;

function showRef(ref: string, uuids: Uuids): string {
  if (ref === nullRef || ref === '') return noObject;
  if (uuids.has(ref)) return uuids.get(ref) ?? noObject;
  return ref;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One value on one line: maps as `k: v; k2: v2`, sets as `a; b`, references as uuids. */
export function showValue(value: unknown, type: ApiType, uuids: Uuids): string {
  if (value === undefined || value === null) return '';
  if (type.kind === 'option') return showValue(value, type.of, uuids);
  if (type.kind === 'ref' && typeof value === 'string') return showRef(value, uuids);
  if (type.kind === 'set' && Array.isArray(value)) {
    return value.map((element) => showValue(element, type.of, uuids)).join('; ');
  }
  if (type.kind === 'map' && isObject(value)) {
    return Object.entries(value)
      .map(([key, element]) => `${showValue(key, type.key, uuids)}: ${showValue(element, type.value, uuids)}`)
      .join('; ');
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The fields of a class's records, by the name of the class. */
export type FieldsOf = (className: string) => Iterable<{ readonly name: string; readonly type: ApiType }>;

/** Adds every reference in a value to those of its class. Without `fieldsOf` records are not looked into. */
export function collectRefs(value: unknown, type: ApiType, into: Map<string, Set<string>>, fieldsOf?: FieldsOf): void {
  if (type.kind === 'option') collectRefs(value, type.of, into, fieldsOf);
  else if (type.kind === 'ref') {
    if (typeof value !== 'string' || value === nullRef || !value.startsWith('OpaqueRef:')) return;
    const known = into.get(type.class);
    if (known === undefined) into.set(type.class, new Set([value]));
    else known.add(value);
  } else if (type.kind === 'set' && Array.isArray(value)) {
    for (const element of value) collectRefs(element, type.of, into, fieldsOf);
  } else if (type.kind === 'map' && isObject(value)) {
    for (const [key, element] of Object.entries(value)) {
      // Records name themselves by their uuid; the keys of such a map are not shown.
      if (type.value.kind !== 'record') collectRefs(key, type.key, into, fieldsOf);
      collectRefs(element, type.value, into, fieldsOf);
    }
  } else if (type.kind === 'record' && isObject(value) && fieldsOf !== undefined) {
    for (const field of fieldsOf(type.class)) collectRefs(value[field.name], field.type, into, fieldsOf);
  }
}

/** Control characters made visible, so that a name in the database cannot drive the terminal. Newlines and tabs stay when asked. */
export function printable(text: string, keepLines = false): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (char) => {
    if (keepLines && (char === '\n' || char === '\t')) return char;
    if (char === '\n') return '\\n';
    if (char === '\t') return '\\t';
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
