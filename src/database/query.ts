/**
 * The expressions of get_all_records_where:
 *
 *   expression = "true" | "false" | "not" expression | expression ("and" | "or") expression
 *              | "(" expression ")" | value "=" value
 *   value      = string | "field" string
 *   string     = '"' … '"', in which \" stands for a quote and \\ for a backslash
 *
 * `not` binds closer than `and`, `and` closer than `or`. A field is named as on the wire (`name_label`) or with a double
 * underscore between the parts of its name (`name__label`), as older clients do; `_ref` is the object's reference.
 * Both sides are compared as texts:
 *
 *   bool       true, false
 *   int, float decimal (`-3`, `0.5`)
 *   set        ('a' 'b'), in the set's order
 *   map        (('key' 'value') ('key' 'value')), sorted by key
 *   others     as they are
 *
 * where a quote or backslash inside '…' has a backslash before it.
 */
import { type ApiClass, ApiError } from '../datamodel/index.ts';
import { limits } from '../lib/limits.ts';
import type { Row } from './types.ts';

export type Predicate = (row: Row, ref: string) => boolean;

type Text = (row: Row, ref: string) => string;

type Token =
  | { readonly kind: 'word'; readonly at: number; readonly text: Word }
  | { readonly kind: 'string'; readonly at: number; readonly text: string }
  | { readonly kind: 'end'; readonly at: number };

const words = ['true', 'false', 'and', 'or', 'not', 'field', '(', ')', '='] as const;
type Word = (typeof words)[number];

/** What is wrong, and where; becomes the second parameter of INVALID_VALUE. */
class QueryError extends Error {}

const wordPattern = /true|false|and|or|not|field|[()=]/y;
const stringPattern = /"((?:[^"\\]|\\.)*)"/sy;
const spacePattern = /[ \t\r\n]*/y;

function* tokens(expression: string): Generator<Token, Token> {
  let at = 0;
  for (;;) {
    spacePattern.lastIndex = at;
    at += spacePattern.exec(expression)?.[0].length ?? 0;
    if (at >= expression.length) return { kind: 'end', at };
    wordPattern.lastIndex = at;
    stringPattern.lastIndex = at;
    const word = wordPattern.exec(expression)?.[0];
    const string = word === undefined ? stringPattern.exec(expression) : undefined;
    if (word !== undefined) {
      yield { kind: 'word', at, text: word as Word };
      at += word.length;
    } else if (string?.[1] !== undefined) {
      yield { kind: 'string', at, text: string[1].replaceAll(/\\(["\\])/g, '$1') };
      at += string[0].length;
    } else if (expression[at] === '"') {
      throw new QueryError(`the string that starts at position ${at} has no end`);
    } else {
      throw new QueryError(`unexpected character at position ${at}`);
    }
  }
}

class Parser {
  readonly #fields: ReadonlyMap<string, Text>;
  readonly #className: string;
  readonly #tokens: Generator<Token, Token>;
  #token: Token;
  #depth = 0;

  constructor(apiClass: ApiClass, expression: string) {
    this.#className = apiClass.name;
    this.#fields = fieldTexts(apiClass);
    this.#tokens = tokens(expression);
    this.#token = this.#tokens.next().value;
  }

  whole(): Predicate {
    const predicate = this.#alternatives();
    if (this.#token.kind !== 'end') throw this.#unexpected('and, or, or the end');
    return predicate;
  }

  #alternatives(): Predicate {
    const parts = [this.#conjunction()];
    while (this.#takes('or')) parts.push(this.#conjunction());
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : (row, ref) => parts.some((part) => part(row, ref));
  }

  #conjunction(): Predicate {
    const parts = [this.#single()];
    while (this.#takes('and')) parts.push(this.#single());
    return parts.length === 1 && parts[0] !== undefined
      ? parts[0]
      : (row, ref) => parts.every((part) => part(row, ref));
  }

  #single(): Predicate {
    this.#depth += 1;
    if (this.#depth > limits.expressionDepth) {
      throw new QueryError(`nested more than ${limits.expressionDepth} deep at position ${this.#token.at}`);
    }
    const predicate = this.#nestable();
    this.#depth -= 1;
    return predicate;
  }

  #nestable(): Predicate {
    if (this.#takes('true')) return () => true;
    if (this.#takes('false')) return () => false;
    if (this.#takes('not')) {
      const inner = this.#single();
      return (row, ref) => !inner(row, ref);
    }
    if (this.#takes('(')) {
      const inner = this.#alternatives();
      if (!this.#takes(')')) throw this.#unexpected(')');
      return inner;
    }
    const left = this.#value();
    if (!this.#takes('=')) throw this.#unexpected('=');
    const right = this.#value();
    return (row, ref) => left(row, ref) === right(row, ref);
  }

  #value(): Text {
    const isField = this.#takes('field');
    const token = this.#token;
    if (token.kind !== 'string') throw this.#unexpected(isField ? 'a field name in quotes' : 'a value');
    this.#advance();
    if (!isField) return () => token.text;
    const text = this.#fields.get(token.text) ?? this.#fields.get(token.text.replaceAll('__', '_'));
    if (text === undefined) throw new QueryError(`${this.#className} has no field ${token.text}`);
    return text;
  }

  #takes(word: Word): boolean {
    if (this.#token.kind !== 'word' || this.#token.text !== word) return false;
    this.#advance();
    return true;
  }

  #advance(): void {
    this.#token = this.#tokens.next().value;
  }

  #unexpected(wanted: string): QueryError {
    const token = this.#token;
    const found = token.kind === 'end' ? 'the end' : token.kind === 'string' ? 'a string' : token.text;
    return new QueryError(`found ${found} at position ${token.at} where ${wanted} belongs`);
  }
}

function fieldTexts(apiClass: ApiClass): ReadonlyMap<string, Text> {
  const texts = new Map<string, Text>([['_ref', (_row, ref) => ref]]);
  // Fields that no record shows cannot be asked for either.
  for (const { name } of apiClass.recordFields) texts.set(name, (row) => valueText(row[name]));
  return texts;
}

/** A field's value as the text that expressions compare. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return `(${value.map((element) => quoted(element)).join(' ')})`;
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `(${entries.map(([key, element]) => `(${quoted(key)} ${quoted(element)})`).join(' ')})`;
}

function quoted(value: unknown): string {
  return `'${valueText(value).replaceAll(/['\\]/g, '\\$&')}'`;
}

/**
 * Reads an expression.
 * @throws ApiError INVALID_VALUE [expression, what is wrong with it]
 */
export function compileQuery(apiClass: ApiClass, expression: string): Predicate {
  try {
    if (expression.length > limits.expressionBytes || Buffer.byteLength(expression) > limits.expressionBytes) {
      throw new QueryError(`longer than ${limits.expressionBytes} bytes`);
    }
    return new Parser(apiClass, expression).whole();
  } catch (thrown) {
    if (!(thrown instanceof QueryError)) throw thrown;
    const shown = expression.length > 1000 ? `${expression.slice(0, 1000)}…` : expression;
    throw new ApiError('INVALID_VALUE', shown, thrown.message);
  }
}
