/**
 * The API's own notation for types, read twice: by the compiler (so that records and parameters get TypeScript types)
 * and at run time (so that they are marshalled and checked).
 *
 *   string | int | float | bool | datetime | void
 *   VM ref | VM record | enum vm_power_state | T set | (K -> V) map | T option
 *   secret string | secret (K -> V) map
 *
 * `secret` changes nothing on the wire; it says that the value must stay out of logs.
 */
import type { enums } from './enums.ts';

declare const refOf: unique symbol;
/** An opaque reference to an object of one class: `OpaqueRef:<uuid>`, or `OpaqueRef:NULL` for none. */
export type Ref<C extends string = string> = string & { readonly [refOf]?: C };

/** The values of an enumeration, as they stand on the wire. */
export type Enum<E extends string> = E extends keyof typeof enums ? (typeof enums)[E][number] : string;

/** What a type expression is in TypeScript. Ints are safe integers; datetimes are `YYYYMMDDTHH:MM:SSZ`. */
export type Value<T extends string> = T extends `secret (${infer M}`
  ? Value<`(${M}`>
  : T extends `(${string} -> ${infer V}) map`
    ? Readonly<Record<string, Value<V>>>
    : T extends `${infer E} set`
      ? readonly Value<E>[]
      : T extends `${infer O} option`
        ? Value<O> | undefined
        : T extends `${infer C} ref`
          ? Ref<C>
          : T extends `enum ${infer E}`
            ? Enum<E>
            : T extends 'int' | 'float'
              ? number
              : T extends 'bool'
                ? boolean
                : T extends 'void'
                  ? void
                  : T extends `${infer C} record`
                    ? AnyRecord<C>
                    : string;

/** A record of a class whose fields are not known to the compiler at this point. */
export type AnyRecord<C extends string = string> = Readonly<Record<string, unknown>> & { readonly [refOf]?: C };

/** A type expression, read. */
export type ApiType =
  | { readonly kind: 'string' | 'int' | 'float' | 'bool' | 'datetime' | 'void' }
  | { readonly kind: 'ref'; readonly class: string }
  | { readonly kind: 'record'; readonly class: string }
  | { readonly kind: 'enum'; readonly name: string }
  | { readonly kind: 'set'; readonly of: ApiType }
  | { readonly kind: 'option'; readonly of: ApiType }
  | { readonly kind: 'map'; readonly key: ApiType; readonly value: ApiType };

const secretPrefix = /^secret (?=string$|\()/;

/** Whether a value of this type must stay out of logs. */
export function isSecret(expression: string): boolean {
  return secretPrefix.test(expression.trim());
}

/** The expression as the wire knows it, without `secret`. */
export function wireExpression(expression: string): string {
  return expression.trim().replace(secretPrefix, '');
}

const scalars = new Set(['string', 'int', 'float', 'bool', 'datetime', 'void']);

/** Reads a type expression. @throws Error that names the expression when it is not one. */
export function parseType(expression: string): ApiType {
  const text = wireExpression(expression);
  const map = /^\((.+?) -> (.+)\) map$/s.exec(text);
  if (map?.[1] !== undefined && map[2] !== undefined) {
    return { kind: 'map', key: parseType(map[1]), value: parseType(map[2]) };
  }
  if (text.endsWith(' set')) return { kind: 'set', of: parseType(text.slice(0, -4)) };
  if (text.endsWith(' option')) return { kind: 'option', of: parseType(text.slice(0, -7)) };
  if (text.endsWith(' ref')) return { kind: 'ref', class: text.slice(0, -4) };
  if (text.endsWith(' record')) return { kind: 'record', class: text.slice(0, -7) };
  if (text.startsWith('enum ')) return { kind: 'enum', name: text.slice(5) };
  if (scalars.has(text)) return { kind: text as 'string' };
  throw new Error(`not a type expression: ${expression}`);
}
