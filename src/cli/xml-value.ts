/** Reads the XML-RPC value that a task's result is. Pure; takes what agents write, with or without spaces between tags. */

const entities: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

function decode(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return entities.get(name) ?? whole;
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code <= 0x10_ffff ? String.fromCodePoint(code) : whole;
    },
  );
}

/** Nesting of a result: deeper than any type of the API. */
const deepest = 64;

class ValueParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** `<value>` … `</value>` */
  value(depth: number): unknown {
    if (depth > deepest) throw new Error('the value is nested too deeply');
    if (this.#take('<value/>') || this.#take('<value />')) return '';
    this.#expect('<value>');
    const bare = this.#until('<');
    if (this.#text.startsWith('</value>', this.#at)) {
      this.#at += '</value>'.length;
      return decode(bare);
    }
    const value = this.#typed(depth);
    this.#expect('</value>');
    return value;
  }

  end(): void {
    if (this.#text.slice(this.#at).trim() !== '') throw new Error('something follows the value');
  }

  #typed(depth: number): unknown {
    const tag = /^<([\w.]+)\s*(\/?)>/.exec(this.#text.slice(this.#at, this.#at + 64));
    const name = tag?.[1];
    if (tag === null || name === undefined) throw new Error('a value holds no type');
    this.#at += tag[0].length;
    const empty = tag[2] === '/';
    if (name === 'nil') return empty ? null : this.#close(name, null);
    if (name === 'array') return empty ? [] : this.#close(name, this.#elements(depth));
    if (name === 'struct') return empty ? {} : this.#close(name, this.#members(depth));
    const text = empty ? '' : this.#close(name, decode(this.#until('<')));
    if (name === 'boolean') return text === '1';
    if (name === 'int' || name === 'i4' || name === 'i8' || name === 'double') return Number(text);
    return text;
  }

  #elements(depth: number): readonly unknown[] {
    const elements: unknown[] = [];
    if (this.#take('<data/>') || this.#take('<data />')) return elements;
    this.#expect('<data>');
    while (!this.#take('</data>')) elements.push(this.value(depth + 1));
    return elements;
  }

  #members(depth: number): Readonly<Record<string, unknown>> {
    const members: [string, unknown][] = [];
    while (this.#take('<member>')) {
      this.#expect('<name>');
      const name = decode(this.#until('<'));
      this.#expect('</name>');
      members.push([name, this.value(depth + 1)]);
      this.#expect('</member>');
    }
    return Object.fromEntries(members);
  }

  #close<T>(name: string, value: T): T {
    this.#expect(`</${name}>`);
    return value;
  }

  #until(mark: string): string {
    const end = this.#text.indexOf(mark, this.#at);
    if (end < 0) throw new Error('a value does not end');
    const text = this.#text.slice(this.#at, end);
    this.#at = end;
    return text;
  }

  /** Goes past a tag, and spaces before it, when it is next. */
  #take(tag: string): boolean {
    let at = this.#at;
    while (/\s/.test(this.#text[at] ?? '')) at += 1;
    if (!this.#text.startsWith(tag, at)) return false;
    this.#at = at + tag.length;
    return true;
  }

  #expect(tag: string): void {
    if (!this.#take(tag)) throw new Error(`${tag} is missing`);
  }
}

/** The value in a task's `result`; an empty text is the empty value. @throws Error that says what is wrong with the text. */
export function parseXmlValue(text: string): unknown {
  if (text.trim() === '') return '';
  const parser = new ValueParser(text);
  const value = parser.value(0);
  parser.end();
  return value;
}
