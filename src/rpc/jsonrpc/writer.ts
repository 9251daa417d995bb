/** Answers of JSON-RPC 1.0 and 2.0. */
import type { ApiClass, ApiType, Datamodel } from '../../datamodel/index.ts';
import type { Bytes } from '../marshal/bytes.ts';
import type { Envelope, Format, Write } from '../marshal/format.ts';
import { type RpcCall, setMember } from '../wire.ts';

/** Turns a value into what JSON.stringify writes as the wire wants it; undefined where it does so already. */
type Shape = ((value: unknown) => unknown) | undefined;

/** The JSON of XenAPI: ints and floats are numbers, everything else that is not a bool or a container is a string. */
export class JsonFormat implements Format {
  readonly name = 'json';
  readonly struct: Envelope = { head: '{', tail: '}' };
  readonly array: Envelope = { head: '[', tail: ']' };
  readonly separator = ',';
  readonly #datamodel: Datamodel;
  readonly #records = new Map<string, Write>();

  constructor(datamodel: Datamodel) {
    this.#datamodel = datamodel;
  }

  writer(type: ApiType): Write {
    return stringify(shapeOf(type, this.#datamodel));
  }

  record(className: string): Write {
    let write = this.#records.get(className);
    if (write === undefined) {
      write = stringify(recordShape(className, this.#datamodel));
      this.#records.set(className, write);
    }
    return write;
  }

  text(out: Bytes, value: string): void {
    out.text(JSON.stringify(value));
  }

  count(out: Bytes, value: number): void {
    out.text(String(value));
  }

  beginMember(out: Bytes, name: string): void {
    out.text(`${JSON.stringify(name)}:`);
  }

  endMember(): void {
    // A member of JSON ends with its value.
  }

  success(call: RpcCall): Envelope {
    const id = JSON.stringify(call.id);
    return call.protocol === 'jsonrpc-1.0'
      ? { head: '{"result":', tail: `,"error":null,"id":${id}}` }
      : { head: '{"jsonrpc":"2.0","result":', tail: `,"id":${id}}` };
  }

  bare(call: RpcCall): Envelope {
    return this.success(call);
  }

  failure(call: RpcCall, description: readonly string[]): string {
    const id = JSON.stringify(call.id);
    if (call.protocol === 'jsonrpc-1.0') return `{"result":null,"error":${JSON.stringify(description)},"id":${id}}`;
    const [message = 'INTERNAL_ERROR', ...data] = description;
    return `{"jsonrpc":"2.0","error":${JSON.stringify({ code: 1, message, data })},"id":${id}}`;
  }
}

/**
 * JSON.stringify writes a row faster than anything put together here could. It writes what has no JSON (a float that is
 * no number) as null.
 */
function stringify(shape: Shape): Write {
  if (shape === undefined) return (out, value) => out.text(JSON.stringify(value) ?? 'null');
  return (out, value) => out.text(JSON.stringify(shape(value)) ?? 'null');
}

function shapeOf(type: ApiType, datamodel: Datamodel): Shape {
  switch (type.kind) {
    case 'void':
      return () => '';
    case 'record':
      return recordShape(type.class, datamodel);
    case 'set': {
      const element = shapeOf(type.of, datamodel);
      return element && ((value) => (value as readonly unknown[]).map(element));
    }
    case 'map': {
      const inner = shapeOf(type.value, datamodel);
      return inner && ((value) => mapMembers(value as Readonly<Record<string, unknown>>, inner));
    }
    case 'option': {
      const inner = shapeOf(type.of, datamodel);
      return inner && ((value) => (value === undefined ? undefined : inner(value)));
    }
    case 'string':
    case 'int':
    case 'float':
    case 'bool':
    case 'datetime':
    case 'ref':
    case 'enum':
      break;
  }
  return undefined;
}

function mapMembers(map: Readonly<Record<string, unknown>>, shape: (value: unknown) => unknown): unknown {
  const shaped: Record<string, unknown> = {};
  for (const key of Object.keys(map)) setMember(shaped, key, shape(map[key]));
  return shaped;
}

/** Rows of a class without internal fields go as they are; others are copied without them. */
function recordShape(className: string, datamodel: Datamodel): Shape {
  const apiClass = datamodel.classes.get(className);
  if (apiClass === undefined) throw new Error(`there is no class ${className}`);
  if (goesAsItIs(apiClass)) return undefined;
  const names = apiClass.recordFields.map((field) => field.name);
  return (value) => {
    const row = value as Readonly<Record<string, unknown>>;
    const record: Record<string, unknown> = {};
    for (const name of names) record[name] = row[name];
    return record;
  };
}

function goesAsItIs(apiClass: ApiClass): boolean {
  return apiClass.recordFields.length === apiClass.fields.size;
}
