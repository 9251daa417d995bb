/**
 * The text form of a database: a header line, then one line of JSON for each object, sorted by class and reference, with
 * fields in the order of the datamodel and maps sorted by key. The same contents always make the same text.
 */
import type { Datamodel } from '../datamodel/index.ts';
import type { JournalObject } from './journal.ts';

const format = 1;

export interface DumpHeader {
  readonly schemaVersion: number;
  /** A database that is made from the dump begins above it. */
  readonly generationCeiling: number;
  readonly objects: number;
}

/** A dump that is not one, or not whole. `line` counts from one. */
export class DumpError extends Error {
  readonly line: number;

  constructor(line: number, sentence: string) {
    super(`line ${line}: ${sentence}`);
    this.name = 'DumpError';
    this.line = line;
  }
}

function sortMaps(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((element) => sortMaps(element));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, element]) => [key, sortMaps(element)]));
}

function objectLine(object: JournalObject, order: readonly string[]): string {
  let fields: unknown;
  try {
    fields = JSON.parse(object.fields);
  } catch {
    // What cannot be read goes out as it is: a dump is for looking at damage too.
    fields = object.fields;
  }
  if (typeof fields === 'object' && fields !== null) {
    const values = fields as Readonly<Record<string, unknown>>;
    const rest = Object.keys(values).filter((name) => !order.includes(name));
    const names = [...order.filter((name) => Object.hasOwn(values, name)), ...rest.sort()];
    fields = Object.fromEntries(names.map((name) => [name, sortMaps(values[name])]));
  }
  return `${JSON.stringify({ class: object.class, ref: object.ref, fields })}\n`;
}

export function* dumpLines(
  datamodel: Datamodel,
  header: Omit<DumpHeader, 'objects'>,
  objects: readonly JournalObject[],
): Iterable<string> {
  const { schemaVersion, generationCeiling } = header;
  const first = { dump: 'quorate database', format, schemaVersion, generationCeiling, objects: objects.length };
  yield `${JSON.stringify(first)}\n`;
  const orders = new Map([...datamodel.classes].map(([name, { fields }]) => [name, [...fields.keys()]]));
  const key = (object: JournalObject): string => `${object.class} ${object.ref}`;
  const sorted = [...objects].sort((left, right) => (key(left) < key(right) ? -1 : 1));
  for (const object of sorted) yield objectLine(object, orders.get(object.class) ?? []);
}

function parseLine(text: string, line: number): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch {
    // Said below.
  }
  throw new DumpError(line, 'is no JSON object');
}

function readHeader(text: string): DumpHeader {
  const header = parseLine(text, 1);
  if (header['dump'] !== 'quorate database') throw new DumpError(1, 'is no header of a dump of this program');
  if (header['format'] !== format) throw new DumpError(1, `has dump format ${String(header['format'])}, not ${format}`);
  const number = (name: string): number => {
    const value = header[name];
    if (!Number.isSafeInteger(value)) throw new DumpError(1, `has no ${name}`);
    return value as number;
  };
  return {
    schemaVersion: number('schemaVersion'),
    generationCeiling: number('generationCeiling'),
    objects: number('objects'),
  };
}

/** Reads a whole dump. @throws DumpError */
export function readDump(text: string): { readonly header: DumpHeader; readonly objects: readonly JournalObject[] } {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const header = readHeader(lines[0] ?? '');
  const objects = lines.slice(1).map((line, index): JournalObject => {
    const { class: className, ref, fields } = parseLine(line, index + 2);
    if (typeof className !== 'string' || typeof ref !== 'string' || typeof fields !== 'object' || fields === null) {
      throw new DumpError(index + 2, 'lacks a class, a ref or fields');
    }
    return { class: className, ref, fields: JSON.stringify(fields) };
  });
  if (objects.length !== header.objects) {
    throw new DumpError(
      lines.length,
      `is the last one, but ${header.objects} objects were announced and ${objects.length} are here`,
    );
  }
  return { header, objects };
}
