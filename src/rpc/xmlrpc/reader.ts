/**
 * Reads XML-RPC calls: one pass over the text, a grammar that knows these elements and nothing else. No document type,
 * no processing instruction, no attribute, no entity but the five of XML and numeric ones; comments are skipped and
 * CDATA is text. Time and memory grow with the length of the body only.
 */
import { limits } from '../../lib/limits.ts';
import {
  MalformedRequest,
  type RpcCall,
  readUtf8,
  setMember,
  WireDuplicate,
  type WireStruct,
  WireText,
  type WireValue,
} from '../wire.ts';
import { Scanner, trim } from './scanner.ts';

const integer = /^[+-]?\d+$/;
const double = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const notFinite = /^[+-]?(?:nan|inf|infinity)$/i;
const base64 = /^[A-Za-z0-9+/= \t\n\r]*$/;

/**
 * Reads one call.
 *
 * @throws MalformedRequest when the body is not well-formed, not UTF-8, not a call, nested deeper than
 * `limits.valueDepth`, or has more than `limits.valueCount` values.
 */
export function readXmlCall(body: Uint8Array): RpcCall {
  return new Reader(new Scanner(readUtf8(body))).call();
}

class Reader {
  readonly #xml: Scanner;
  #valuesLeft: number = limits.valueCount;

  constructor(xml: Scanner) {
    this.#xml = xml;
  }

  call(): RpcCall {
    this.#xml.declaration();
    this.#xml.gap();
    this.#xml.begin('methodCall');
    this.#xml.gap();
    const method = trim(this.#xml.leaf('methodName'));
    this.#xml.gap();
    const params = this.#xml.opensElement() ? this.#params() : [];
    this.#xml.gap();
    this.#xml.end('methodCall');
    this.#xml.gap();
    if (!this.#xml.done) throw this.#xml.malformed('nothing more after the call');
    return { method, params, protocol: 'xmlrpc', id: '' };
  }

  #params(): readonly WireValue[] {
    const params: WireValue[] = [];
    if (this.#xml.open('params')) return params;
    this.#xml.gap();
    while (!this.#xml.closes()) {
      this.#xml.begin('param');
      this.#xml.gap();
      params.push(this.#value(1));
      this.#xml.gap();
      this.#xml.end('param');
      this.#xml.gap();
    }
    this.#xml.end('params');
    return params;
  }

  #value(depth: number): WireValue {
    this.#valuesLeft -= 1;
    if (this.#valuesLeft < 0) throw new MalformedRequest(`more than ${limits.valueCount} values`);
    if (depth > limits.valueDepth) throw new MalformedRequest(`values nested deeper than ${limits.valueDepth}`);
    if (this.#xml.open('value')) return '';
    const start = this.#xml.at;
    this.#xml.gap();
    let value: WireValue;
    if (this.#xml.opensElement()) {
      value = this.#typed(depth);
      this.#xml.gap();
    } else {
      this.#xml.at = start;
      value = this.#xml.content();
    }
    this.#xml.end('value');
    return value;
  }

  #typed(depth: number): WireValue {
    const name = this.#xml.name();
    switch (name) {
      case 'string':
        return this.#xml.leaf(name);
      case 'int':
      case 'i4':
      case 'i8':
        return Number(this.#matching(name, integer));
      case 'boolean': {
        const text = trim(this.#xml.leaf(name));
        if (text !== '0' && text !== '1') throw this.#xml.malformed('a boolean that is 0 or 1');
        return text === '1';
      }
      case 'double':
        return this.#double();
      case 'dateTime.iso8601':
        return new WireText('datetime', trim(this.#xml.leaf(name)));
      case 'base64':
        return new WireText('base64', this.#matching(name, base64));
      case 'nil':
        if (trim(this.#xml.leaf(name)) !== '') throw this.#xml.malformed('an empty nil');
        return null;
      case 'array':
        return this.#array(depth);
      case 'struct':
        return this.#struct(depth);
      default:
        throw this.#xml.malformed('a type of XML-RPC');
    }
  }

  #double(): number {
    const text = trim(this.#xml.leaf('double'));
    if (double.test(text)) return Number(text);
    // Accepted here so that the caller can be told which parameter it was.
    if (notFinite.test(text)) return Number.NaN;
    throw this.#xml.malformed('a number');
  }

  #array(depth: number): readonly WireValue[] {
    const elements: WireValue[] = [];
    this.#xml.begin('array');
    this.#xml.gap();
    if (!this.#xml.open('data')) {
      this.#xml.gap();
      while (!this.#xml.closes()) {
        elements.push(this.#value(depth + 1));
        this.#xml.gap();
      }
      this.#xml.end('data');
    }
    this.#xml.gap();
    this.#xml.end('array');
    return elements;
  }

  #struct(depth: number): WireStruct | WireDuplicate {
    const members: Record<string, WireValue> = {};
    let duplicate: WireDuplicate | undefined;
    if (this.#xml.open('struct')) return members;
    this.#xml.gap();
    while (!this.#xml.closes()) {
      this.#xml.begin('member');
      this.#xml.gap();
      const name = this.#xml.leaf('name');
      this.#xml.gap();
      const value = this.#value(depth + 1);
      if (Object.hasOwn(members, name)) duplicate ??= new WireDuplicate(name);
      setMember(members, name, value);
      this.#xml.gap();
      this.#xml.end('member');
      this.#xml.gap();
    }
    this.#xml.end('struct');
    return duplicate ?? members;
  }

  #matching(name: string, pattern: RegExp): string {
    const text = trim(this.#xml.leaf(name));
    if (!pattern.test(text)) throw this.#xml.malformed(`the text of ${name}`);
    return text;
  }
}
