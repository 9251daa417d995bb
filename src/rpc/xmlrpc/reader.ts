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
import { decodeEntities } from './entities.ts';

const declaration =
  /<\?xml\s+version\s*=\s*(?:"1\.\d+"|'1\.\d+')(?:\s+encoding\s*=\s*(?:"([^"]*)"|'([^']*)'))?(?:\s+standalone\s*=\s*(?:"(?:yes|no)"|'(?:yes|no)'))?\s*\?>/y;
/** Everything but the characters that XML allows; surrogates only come in pairs here, because the text was UTF-8. */
const forbidden = /[^\t\n\r\u0020-\ufffd]/;
const integer = /^[+-]?\d+$/;
const double = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const notFinite = /^[+-]?(?:nan|inf|infinity)$/i;
const base64 = /^[A-Za-z0-9+/=\s]*$/;

const lessThan = 0x3c;
const slash = 0x2f;
const exclamation = 0x21;

/**
 * Reads one call.
 *
 * @throws MalformedRequest when the body is not well-formed, not UTF-8, not a call, nested deeper than
 * `limits.valueDepth`, or has more than `limits.valueCount` values.
 */
export function readXmlCall(body: Uint8Array): RpcCall {
  const text = readUtf8(body);
  if (forbidden.test(text)) throw new MalformedRequest('the body has characters that XML does not allow');
  return new Reader(text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text).call();
}

class Reader {
  readonly #text: string;
  #at = 0;
  #valuesLeft: number = limits.valueCount;

  constructor(text: string) {
    this.#text = text;
  }

  call(): RpcCall {
    this.#declaration();
    this.#gap();
    this.#begin('methodCall');
    this.#gap();
    const method = this.#leaf('methodName').trim();
    this.#gap();
    const params = this.#text.startsWith('<params', this.#at) ? this.#params() : [];
    this.#gap();
    this.#end('methodCall');
    this.#gap();
    if (this.#at !== this.#text.length) throw this.#malformed('nothing more after the call');
    return { method, params, protocol: 'xmlrpc', id: '' };
  }

  #params(): readonly WireValue[] {
    const params: WireValue[] = [];
    if (this.#open('params')) return params;
    this.#gap();
    while (!this.#closes()) {
      this.#begin('param');
      this.#gap();
      params.push(this.#value(1));
      this.#gap();
      this.#end('param');
      this.#gap();
    }
    this.#end('params');
    return params;
  }

  #value(depth: number): WireValue {
    this.#valuesLeft -= 1;
    if (this.#valuesLeft < 0) throw new MalformedRequest(`more than ${limits.valueCount} values`);
    if (depth > limits.valueDepth) throw new MalformedRequest(`values nested deeper than ${limits.valueDepth}`);
    if (this.#open('value')) return '';
    const start = this.#at;
    this.#gap();
    let value: WireValue;
    if (this.#opensElement()) {
      value = this.#typed(depth);
      this.#gap();
    } else {
      this.#at = start;
      value = this.#content();
    }
    this.#end('value');
    return value;
  }

  #typed(depth: number): WireValue {
    const name = this.#name();
    switch (name) {
      case 'string':
        return this.#leaf(name);
      case 'int':
      case 'i4':
      case 'i8':
        return Number(this.#matching(name, integer));
      case 'boolean': {
        const text = this.#leaf(name).trim();
        if (text !== '0' && text !== '1') throw this.#malformed('a boolean that is 0 or 1');
        return text === '1';
      }
      case 'double':
        return this.#double();
      case 'dateTime.iso8601':
        return new WireText('datetime', this.#leaf(name).trim());
      case 'base64':
        return new WireText('base64', this.#matching(name, base64));
      case 'nil':
        if (this.#leaf(name).trim() !== '') throw this.#malformed('an empty nil');
        return null;
      case 'array':
        return this.#array(depth);
      case 'struct':
        return this.#struct(depth);
      default:
        throw this.#malformed('a type of XML-RPC');
    }
  }

  #double(): number {
    const text = this.#leaf('double').trim();
    if (double.test(text)) return Number(text);
    // Accepted here so that the caller can be told which parameter it was.
    if (notFinite.test(text)) return Number.NaN;
    throw this.#malformed('a number');
  }

  #array(depth: number): readonly WireValue[] {
    const elements: WireValue[] = [];
    this.#begin('array');
    this.#gap();
    if (!this.#open('data')) {
      this.#gap();
      while (!this.#closes()) {
        elements.push(this.#value(depth + 1));
        this.#gap();
      }
      this.#end('data');
    }
    this.#gap();
    this.#end('array');
    return elements;
  }

  #struct(depth: number): WireStruct | WireDuplicate {
    const members: Record<string, WireValue> = {};
    let duplicate: WireDuplicate | undefined;
    if (this.#open('struct')) return members;
    this.#gap();
    while (!this.#closes()) {
      this.#begin('member');
      this.#gap();
      const name = this.#leaf('name');
      this.#gap();
      const value = this.#value(depth + 1);
      if (Object.hasOwn(members, name)) duplicate ??= new WireDuplicate(name);
      setMember(members, name, value);
      this.#gap();
      this.#end('member');
      this.#gap();
    }
    this.#end('struct');
    return duplicate ?? members;
  }

  /** The whole of an element that holds text only. */
  #leaf(name: string): string {
    if (this.#open(name)) return '';
    const text = this.#content();
    this.#end(name);
    return text;
  }

  #matching(name: string, pattern: RegExp): string {
    const text = this.#leaf(name).trim();
    if (!pattern.test(text)) throw this.#malformed(`the text of ${name}`);
    return text;
  }

  /** Text up to the next tag. */
  #content(): string {
    let content = '';
    for (;;) {
      const end = this.#find('<', this.#at);
      content += decodeEntities(this.#text.slice(this.#at, end));
      this.#at = end;
      if (this.#text.charCodeAt(end + 1) !== exclamation) return content;
      if (this.#text.startsWith('<![CDATA[', end)) {
        const close = this.#find(']]>', end + 9);
        content += this.#text.slice(end + 9, close);
        this.#at = close + 3;
      } else {
        this.#comment();
      }
    }
  }

  /** Skips white space and comments. */
  #gap(): void {
    for (;;) {
      let code = this.#text.charCodeAt(this.#at);
      while (code === 0x20 || code === 0x0a || code === 0x09) {
        this.#at += 1;
        code = this.#text.charCodeAt(this.#at);
      }
      if (code !== lessThan || this.#text.charCodeAt(this.#at + 1) !== exclamation) return;
      if (this.#text.startsWith('<![CDATA[', this.#at)) return;
      this.#comment();
    }
  }

  #comment(): void {
    if (!this.#text.startsWith('<!--', this.#at)) throw this.#malformed('no document type or other declaration');
    const end = this.#find('--', this.#at + 4);
    if (!this.#text.startsWith('-->', end)) throw this.#malformed('no -- in a comment');
    this.#at = end + 3;
  }

  #declaration(): void {
    if (!this.#text.startsWith('<?')) return;
    declaration.lastIndex = 0;
    const found = declaration.exec(this.#text);
    if (found === null) throw this.#malformed('an XML declaration');
    const encoding = found[1] ?? found[2] ?? 'utf-8';
    if (encoding.toLowerCase() !== 'utf-8') throw new MalformedRequest('the encoding must be UTF-8');
    this.#at = found[0].length;
  }

  /** A tag starts here, and it is neither an end tag nor CDATA. */
  #opensElement(): boolean {
    if (this.#text.charCodeAt(this.#at) !== lessThan) return false;
    const next = this.#text.charCodeAt(this.#at + 1);
    return next !== slash && next !== exclamation;
  }

  #closes(): boolean {
    return this.#text.charCodeAt(this.#at) === lessThan && this.#text.charCodeAt(this.#at + 1) === slash;
  }

  /** The name of the tag that starts here. */
  #name(): string {
    let end = this.#at + 1;
    for (;;) {
      const code = this.#text.charCodeAt(end);
      // Letters, digits and the dot of dateTime.iso8601.
      if (!((code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || (code >= 0x2e && code <= 0x39))) break;
      if (code === slash) break;
      end += 1;
    }
    return this.#text.slice(this.#at + 1, end);
  }

  /** A start tag that must not be an empty element. */
  #begin(name: string): void {
    if (this.#open(name)) throw this.#malformed(`something inside <${name}>`);
  }

  /** A start tag. True when it was an empty element, and so is its end as well. */
  #open(name: string): boolean {
    const text = this.#text;
    let at = this.#at + 1 + name.length;
    if (text.charCodeAt(this.#at) !== lessThan || !text.startsWith(name, this.#at + 1)) {
      throw this.#malformed(`<${name}>`);
    }
    if (text.charCodeAt(at) === 0x3e) {
      this.#at = at + 1;
      return false;
    }
    at = this.#afterSpace(at);
    if (text.charCodeAt(at) === slash && text.charCodeAt(at + 1) === 0x3e) {
      this.#at = at + 2;
      return true;
    }
    if (text.charCodeAt(at) !== 0x3e) throw this.#malformed(`<${name}> without attributes`);
    this.#at = at + 1;
    return false;
  }

  #end(name: string): void {
    const text = this.#text;
    if (!this.#closes() || !text.startsWith(name, this.#at + 2)) throw this.#malformed(`</${name}>`);
    const at = this.#afterSpace(this.#at + 2 + name.length);
    if (text.charCodeAt(at) !== 0x3e) throw this.#malformed(`</${name}>`);
    this.#at = at + 1;
  }

  #afterSpace(start: number): number {
    let at = start;
    let code = this.#text.charCodeAt(at);
    while (code === 0x20 || code === 0x0a || code === 0x09) {
      at += 1;
      code = this.#text.charCodeAt(at);
    }
    return at;
  }

  #find(text: string, from: number): number {
    const found = this.#text.indexOf(text, from);
    if (found === -1) throw new MalformedRequest(`the body ends before ${text}`);
    return found;
  }

  #malformed(expected: string): MalformedRequest {
    return new MalformedRequest(`expected ${expected} at character ${this.#at}`);
  }
}
