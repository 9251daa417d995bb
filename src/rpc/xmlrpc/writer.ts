/** Answers of XML-RPC, as XenAPI servers write them: no white space between tags, ints as strings, no <string> tags. */
import type { ApiType, Datamodel } from '../../datamodel/index.ts';
import { Bytes } from '../marshal/bytes.ts';
import { formatFloat } from '../marshal/decimal.ts';
import type { Envelope, Format, Write } from '../marshal/format.ts';
import type { RpcCall } from '../wire.ts';
import { writeEscaped } from './escape.ts';

/** The text before and after a value is the same for all values of a type; `inner` writes what is between. */
interface Parts {
  readonly open: string;
  readonly close: string;
  readonly inner: Write;
}

const response: Envelope = {
  head: '<?xml version="1.0"?><methodResponse><params><param>',
  tail: '</param></params></methodResponse>',
};
const successful: Envelope = {
  head: `${response.head}<value><struct><member><name>Status</name><value>Success</value></member><member><name>Value</name>`,
  tail: `</member></struct></value>${response.tail}`,
};
const failed: Envelope = {
  head: `${response.head}<value><struct><member><name>Status</name><value>Failure</value></member><member><name>ErrorDescription</name><value><array><data>`,
  tail: `</data></array></value></member></struct></value>${response.tail}`,
};

export class XmlFormat implements Format {
  readonly name = 'xml';
  readonly struct: Envelope = { head: '<value><struct>', tail: '</struct></value>' };
  readonly array: Envelope = { head: '<value><array><data>', tail: '</data></array></value>' };
  readonly separator = '';
  readonly #datamodel: Datamodel;
  readonly #records = new Map<string, Write>();

  constructor(datamodel: Datamodel) {
    this.#datamodel = datamodel;
  }

  writer(type: ApiType): Write {
    const write = whole(partsOf(type, this.#datamodel));
    if (type.kind !== 'option') return write;
    return (out, value) => {
      if (value === undefined) out.text('<value><nil/></value>');
      else write(out, value);
    };
  }

  record(className: string): Write {
    let write = this.#records.get(className);
    if (write === undefined) {
      write = this.writer({ kind: 'record', class: className });
      this.#records.set(className, write);
    }
    return write;
  }

  text(out: Bytes, value: string): void {
    out.text('<value>');
    writeEscaped(out, value);
    out.text('</value>');
  }

  count(out: Bytes, value: number): void {
    out.text(`<value><i4>${value}</i4></value>`);
  }

  beginMember(out: Bytes, name: string): void {
    out.text('<member><name>');
    writeEscaped(out, name);
    out.text('</name>');
  }

  endMember(out: Bytes): void {
    out.text('</member>');
  }

  success(): Envelope {
    return successful;
  }

  bare(): Envelope {
    return response;
  }

  failure(_call: RpcCall, description: readonly string[]): string {
    const out = new Bytes();
    for (const text of description) this.text(out, text);
    return failed.head + out.toString() + failed.tail;
  }
}

function whole(parts: Parts): Write {
  const open = Buffer.from(parts.open);
  const close = Buffer.from(parts.close);
  const { inner } = parts;
  return (out, value) => {
    out.bytes(open);
    inner(out, value);
    out.bytes(close);
  };
}

function partsOf(type: ApiType, datamodel: Datamodel): Parts {
  switch (type.kind) {
    case 'string':
    case 'ref':
    case 'enum':
      return { open: '<value>', close: '</value>', inner: (out, value) => writeEscaped(out, value as string) };
    case 'int':
      return { open: '<value>', close: '</value>', inner: (out, value) => writeEscaped(out, String(value)) };
    case 'float':
      return {
        open: '<value><double>',
        close: '</double></value>',
        inner: (out, value) => writeEscaped(out, formatFloat(value as number)),
      };
    case 'bool':
      return {
        open: '<value><boolean>',
        close: '</boolean></value>',
        inner: (out, value) => writeEscaped(out, value === true ? '1' : '0'),
      };
    case 'datetime':
      return {
        open: '<value><dateTime.iso8601>',
        close: '</dateTime.iso8601></value>',
        inner: (out, value) => writeEscaped(out, value as string),
      };
    case 'void':
      return { open: '<value>', close: '</value>', inner: () => {} };
    case 'option':
      return partsOf(type.of, datamodel);
    case 'set':
      return setParts(partsOf(type.of, datamodel));
    case 'map':
      return mapParts(partsOf(type.value, datamodel));
    case 'record':
      break;
  }
  return recordParts(type.class, datamodel);
}

function setParts(element: Parts): Parts {
  const open = Buffer.from(element.open);
  const between = Buffer.from(element.close + element.open);
  const close = Buffer.from(element.close);
  return {
    open: '<value><array><data>',
    close: '</data></array></value>',
    inner: (out, value) => {
      let first = true;
      for (const item of value as readonly unknown[]) {
        out.bytes(first ? open : between);
        element.inner(out, item);
        first = false;
      }
      if (!first) out.bytes(close);
    },
  };
}

function mapParts(element: Parts): Parts {
  const open = Buffer.from('<member><name>');
  const middle = Buffer.from(`</name>${element.open}`);
  const between = Buffer.from(`${element.close}</member><member><name>`);
  const close = Buffer.from(`${element.close}</member>`);
  return {
    open: '<value><struct>',
    close: '</struct></value>',
    inner: (out, value) => {
      const map = value as Readonly<Record<string, unknown>>;
      let first = true;
      for (const key of Object.keys(map)) {
        out.bytes(first ? open : between);
        writeEscaped(out, key);
        out.bytes(middle);
        element.inner(out, map[key]);
        first = false;
      }
      if (!first) out.bytes(close);
    },
  };
}

function recordParts(className: string, datamodel: Datamodel): Parts {
  const apiClass = datamodel.classes.get(className);
  if (apiClass === undefined) throw new Error(`there is no class ${className}`);
  let closeBefore = '';
  const members = apiClass.recordFields.map((field) => {
    const parts = partsOf(field.type, datamodel);
    const open = `<member><name>${field.name}</name>${parts.open}`;
    const close = `${parts.close}</member>`;
    const joined = Buffer.from(closeBefore + open);
    closeBefore = close;
    return { name: field.name, open: Buffer.from(open), joined, inner: parts.inner, close: Buffer.from(close) };
  });
  return {
    open: '<value><struct>',
    close: '</struct></value>',
    inner: (out, value) => {
      const row = value as Readonly<Record<string, unknown>>;
      // What closes one member and opens the next is written in one piece.
      let before: (typeof members)[number] | undefined;
      for (const member of members) {
        const field = row[member.name];
        if (field === undefined) {
          if (before !== undefined) out.bytes(before.close);
          before = undefined;
          continue;
        }
        out.bytes(before === undefined ? member.open : member.joined);
        member.inner(out, field);
        before = member;
      }
      if (before !== undefined) out.bytes(before.close);
    },
  };
}
