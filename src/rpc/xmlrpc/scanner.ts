/**
 * The tags and the text of XML without a document type, processing instructions and attributes. Comments are skipped and
 * CDATA is text. Every character is looked at a fixed number of times.
 */
import { MalformedRequest } from '../wire.ts';
import { decodeEntities } from './entities.ts';

const declaration =
  /<\?xml[ \t\n]+version[ \t\n]*=[ \t\n]*(?:"1\.0"|'1\.0')(?:[ \t\n]+encoding[ \t\n]*=[ \t\n]*(?:"([^"]*)"|'([^']*)'))?(?:[ \t\n]+standalone[ \t\n]*=[ \t\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\n]*\?>/y;
/** Everything but the characters that XML allows; surrogates only come in pairs here, because the text was UTF-8. */
const forbidden = /[^\t\n\r\u0020-\ufffd]/;
const lessThan = 0x3c;
const slash = 0x2f;
const exclamation = 0x21;

export class Scanner {
  /** Where in the text it is; may be set back to where it was. */
  at = 0;
  readonly #text: string;

  /** @throws MalformedRequest when the text has characters that XML does not allow. All methods throw it. */
  constructor(text: string) {
    if (forbidden.test(text)) throw new MalformedRequest('the body has characters that XML does not allow');
    this.#text = text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text;
  }

  get done(): boolean {
    return this.at === this.#text.length;
  }

  /** The whole of an element that holds text only. */
  leaf(name: string): string {
    if (this.open(name)) return '';
    const text = this.content();
    this.end(name);
    return text;
  }

  /** Text up to the next tag. */
  content(): string {
    let content = '';
    for (;;) {
      const end = this.#find('<', this.at);
      content += decodeEntities(this.#text.slice(this.at, end));
      this.at = end;
      if (this.#text.charCodeAt(end + 1) !== exclamation) return content;
      if (this.#text.startsWith('<![CDATA[', end)) {
        const close = this.#find(']]>', end + 9);
        content += this.#text.slice(end + 9, close);
        this.at = close + 3;
      } else {
        this.#comment();
      }
    }
  }

  /** Skips white space and comments. */
  gap(): void {
    for (;;) {
      let code = this.#text.charCodeAt(this.at);
      while (code === 0x20 || code === 0x0a || code === 0x09) {
        this.at += 1;
        code = this.#text.charCodeAt(this.at);
      }
      if (code !== lessThan || this.#text.charCodeAt(this.at + 1) !== exclamation) return;
      if (this.#text.startsWith('<![CDATA[', this.at)) return;
      this.#comment();
    }
  }

  #comment(): void {
    if (!this.#text.startsWith('<!--', this.at)) throw this.malformed('no document type or other declaration');
    const end = this.#find('--', this.at + 4);
    if (!this.#text.startsWith('-->', end)) throw this.malformed('no -- in a comment');
    this.at = end + 3;
  }

  declaration(): void {
    if (!this.#text.startsWith('<?')) return;
    declaration.lastIndex = 0;
    const found = declaration.exec(this.#text);
    if (found === null) throw this.malformed('an XML declaration');
    const encoding = found[1] ?? found[2] ?? 'utf-8';
    if (encoding.toLowerCase() !== 'utf-8') throw new MalformedRequest('the encoding must be UTF-8');
    this.at = found[0].length;
  }

  /** A tag starts here, and it is neither an end tag nor CDATA. */
  opensElement(): boolean {
    if (this.#text.charCodeAt(this.at) !== lessThan) return false;
    const next = this.#text.charCodeAt(this.at + 1);
    return next !== slash && next !== exclamation;
  }

  closes(): boolean {
    return this.#text.charCodeAt(this.at) === lessThan && this.#text.charCodeAt(this.at + 1) === slash;
  }

  /** The name of the tag that starts here. */
  name(): string {
    let end = this.at + 1;
    for (;;) {
      const code = this.#text.charCodeAt(end);
      // Letters, digits and the dot of dateTime.iso8601.
      if (!((code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || (code >= 0x2e && code <= 0x39))) break;
      if (code === slash) break;
      end += 1;
    }
    return this.#text.slice(this.at + 1, end);
  }

  /** A start tag that must not be an empty element. */
  begin(name: string): void {
    if (this.open(name)) throw this.malformed(`something inside <${name}>`);
  }

  /** A start tag. True when it was an empty element, and so is its end as well. */
  open(name: string): boolean {
    const text = this.#text;
    let at = this.at + 1 + name.length;
    if (text.charCodeAt(this.at) !== lessThan || !text.startsWith(name, this.at + 1)) {
      throw this.malformed(`<${name}>`);
    }
    if (text.charCodeAt(at) === 0x3e) {
      this.at = at + 1;
      return false;
    }
    at = this.#afterSpace(at);
    if (text.charCodeAt(at) === slash && text.charCodeAt(at + 1) === 0x3e) {
      this.at = at + 2;
      return true;
    }
    if (text.charCodeAt(at) !== 0x3e) throw this.malformed(`<${name}> without attributes`);
    this.at = at + 1;
    return false;
  }

  end(name: string): void {
    const text = this.#text;
    if (!this.closes() || !text.startsWith(name, this.at + 2)) throw this.malformed(`</${name}>`);
    const at = this.#afterSpace(this.at + 2 + name.length);
    if (text.charCodeAt(at) !== 0x3e) throw this.malformed(`</${name}>`);
    this.at = at + 1;
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

  malformed(expected: string): MalformedRequest {
    return new MalformedRequest(`expected ${expected} at character ${this.at}`);
  }
}

/** Without the white space of XML at both ends; String.prototype.trim knows more kinds of it. */
export function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start += 1;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}
