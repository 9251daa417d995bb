/**
 * A second, independent reader of XML-RPC for tests: saxes makes the events, this makes a tree and then values of them.
 * Slow and obvious on purpose.
 */
import { SaxesParser } from 'saxes';

interface Element {
  readonly name: string;
  readonly children: (Element | string)[];
}

/** CDATA is text, but never mere white space: it is kept as an element of this name. */
const cdata = '#cdata';

/** A value with the type its tag gave it, so that nothing is equal by accident. */
export type Tagged =
  | { readonly string: string }
  | { readonly int: number }
  | { readonly double: number }
  | { readonly boolean: boolean }
  | { readonly datetime: string }
  | { readonly base64: string }
  | { readonly nil: true }
  | { readonly array: readonly Tagged[] }
  | { readonly struct: readonly (readonly [string, Tagged])[] };

/** @throws Error when the text is not well-formed XML without a document type, attributes and processing instructions. */
export function parseTree(text: string): Element {
  const root: Element = { name: '', children: [] };
  const open: Element[] = [root];
  const parser = new SaxesParser();
  const fail = (what: string): never => {
    throw new Error(what);
  };
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('doctype', () => fail('document type'));
  parser.on('processinginstruction', () => fail('processing instruction'));
  parser.on('xmldecl', ({ version, encoding }) => {
    if (version !== '1.0' || (encoding ?? 'utf-8').toLowerCase() !== 'utf-8') fail('declaration');
  });
  parser.on('opentag', (tag) => {
    if (Object.keys(tag.attributes).length > 0) fail('attribute');
    const element: Element = { name: tag.name, children: [] };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('closetag', () => {
    open.pop();
  });
  const addText = (part: string): void => {
    open.at(-1)?.children.push(part);
  };
  parser.on('text', addText);
  parser.on('cdata', (part) => {
    open.at(-1)?.children.push({ name: cdata, children: [part] });
  });
  // saxes takes one space only after <?xml, where XML allows any white space.
  parser.write(text.replace(/^\ufeff?<\?xml[ \t\r\n]+/, '<?xml ')).close();
  return only(root);
}

/** The element's only child element, with nothing but white space beside it. */
function only(element: Element, name?: string): Element {
  const [child, ...more] = elements(element);
  if (child === undefined || more.length > 0) throw new Error(`${element.name} must hold one element`);
  if (name !== undefined && child.name !== name) throw new Error(`${child.name} where ${name} belongs`);
  return child;
}

function elements(element: Element): Element[] {
  return element.children.filter((child) => {
    if (typeof child !== 'string') {
      if (child.name === cdata) throw new Error(`CDATA in ${element.name}`);
      return true;
    }
    if (/[^ \t\n\r]/.test(child)) throw new Error(`text in ${element.name}`);
    return false;
  }) as Element[];
}

function leaf(element: Element): string {
  return element.children
    .map((child) => {
      if (typeof child === 'string') return child;
      if (child.name !== cdata) throw new Error(`an element in ${element.name}`);
      return leaf(child);
    })
    .join('');
}

/** The value of a `<value>` element. */
export function valueOf(element: Element): Tagged {
  if (element.name !== 'value') throw new Error(`${element.name} where a value belongs`);
  if (element.children.every((child) => typeof child === 'string' || child.name === cdata))
    return { string: leaf(element) };
  const typed = only(element);
  switch (typed.name) {
    case 'string':
      return { string: leaf(typed) };
    case 'int':
    case 'i4':
    case 'i8':
      return { int: numeric(leaf(typed), /^[+-]?[0-9]+$/) };
    case 'double':
      return { double: doubleOf(leaf(typed)) };
    case 'boolean': {
      const text = trim(leaf(typed));
      if (text !== '0' && text !== '1') throw new Error('boolean');
      return { boolean: text === '1' };
    }
    case 'dateTime.iso8601':
      return { datetime: trim(leaf(typed)) };
    case 'base64': {
      const text = trim(leaf(typed));
      if (!/^[A-Za-z0-9+/= \t\n\r]*$/.test(text)) throw new Error('base64');
      return { base64: text };
    }
    case 'nil':
      if (trim(leaf(typed)) !== '') throw new Error('nil');
      return { nil: true };
    case 'array':
      return { array: elements(only(typed, 'data')).map(valueOf) };
    case 'struct':
      return { struct: elements(typed).map(memberOf) };
    default:
      throw new Error(`type ${typed.name}`);
  }
}

function trim(text: string): string {
  return text.replace(/^[ \t\r\n]+/, '').replace(/[ \t\r\n]+$/, '');
}

function numeric(text: string, pattern: RegExp): number {
  if (!pattern.test(trim(text))) throw new Error('number');
  return Number(text);
}

function doubleOf(text: string): number {
  if (/^[+-]?(nan|inf|infinity)$/i.test(trim(text))) return Number.NaN;
  return numeric(text, /^[+-]?([0-9]+|[0-9]+\.[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/);
}

function memberOf(element: Element): readonly [string, Tagged] {
  const [name, value, ...more] = elements(element);
  if (element.name !== 'member' || name?.name !== 'name' || value === undefined || more.length > 0) {
    throw new Error('member');
  }
  return [leaf(name), valueOf(value)];
}

/** Reads a methodCall. */
export function readCall(text: string): { readonly method: string; readonly params: readonly Tagged[] } {
  const call = parseTree(text);
  const [name, params, ...more] = elements(call);
  if (call.name !== 'methodCall' || name?.name !== 'methodName' || more.length > 0) throw new Error('methodCall');
  if (params === undefined) return { method: trim(leaf(name)), params: [] };
  if (params.name !== 'params') throw new Error('params');
  const values = elements(params).map((param) => {
    if (param.name !== 'param') throw new Error('param');
    return valueOf(only(param));
  });
  return { method: trim(leaf(name)), params: values };
}

/** The value of a methodResponse. */
export function readResponse(text: string): Tagged {
  const response = parseTree(text);
  if (response.name !== 'methodResponse') throw new Error('methodResponse');
  return valueOf(only(only(only(response, 'params'), 'param'), 'value'));
}

/** A tagged value as plain data: what a client library would hand to its user. */
export function plain(value: Tagged): unknown {
  if ('array' in value) return value.array.map(plain);
  if ('struct' in value) return Object.fromEntries(value.struct.map(([name, member]) => [name, plain(member)]));
  if ('nil' in value) return null;
  return Object.values(value)[0];
}
