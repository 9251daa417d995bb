/** Records, lists and results as text, in xe's forms. Pure. */
import type { Field } from '../datamodel/model.ts';
import type { ApiType } from '../datamodel/type-expression.ts';
import type { Catalogue } from './catalogue.ts';
import type { Column } from './command.ts';
import { showValue, type Uuids } from './format.ts';
import { wordOf } from './names.ts';

export type WireRecord = Readonly<Record<string, unknown>>;

/** A line of a record: what it is, and its value. */
export type Line = readonly [label: string, value: string];

/** `( RO)`, `( RW)`, `(MRW)` for a map that clients write, `(SRO)` for a set that they only read. */
export function access(catalogue: Catalogue, field: Field): string {
  const writers = catalogue.writers(field);
  const shape = field.type.kind === 'map' ? 'M' : field.type.kind === 'set' ? 'S' : ' ';
  return `(${shape}${writers.set === undefined && writers.add === undefined ? 'RO' : 'RW'})`;
}

export function linesOf(catalogue: Catalogue, record: WireRecord, columns: readonly Column[], uuids: Uuids): Line[] {
  return columns.map(
    (column): Line => [
      `${columnWord(column)} ${access(catalogue, column.field)}`,
      showValue(columnValue(record, column), columnType(column), uuids),
    ],
  );
}

/** `name-label`, `other-config:owner`. */
export function columnWord({ field, key }: Column): string {
  return key === undefined ? wordOf(field.name) : `${wordOf(field.name)}:${key}`;
}

export function columnType({ field, key }: Column): ApiType {
  return key !== undefined && field.type.kind === 'map' ? field.type.value : field.type;
}

/** Undefined when the map has no such key. */
export function columnValue(record: WireRecord, { field, key }: Column): unknown {
  const value = record[field.name];
  if (key === undefined) return value;
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** The labels right-aligned, the first one at the left, as xe prints a record. */
export function renderRecord(lines: readonly Line[]): string {
  const width = Math.max(0, ...lines.map(([label]) => label.length)) + 4;
  return lines
    .map(([label, value], index) => `${index === 0 ? label.padEnd(width) : label.padStart(width)}: ${value}\n`)
    .join('');
}

/** Records with an empty line between them. */
export function renderRecords(records: readonly (readonly Line[])[]): string {
  return records.map((lines) => renderRecord(lines)).join('\n');
}

/** Values separated by commas; a comma or backslash in a value gets a backslash. */
export function renderMinimal(values: readonly string[]): string {
  return values.map((value) => value.replace(/[\\,]/g, (char) => `\\${char}`)).join(',');
}

function isObject(value: unknown): value is WireRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a message returned, readable: elements and entries on lines of their own, records as records. */
export function renderResult(catalogue: Catalogue, value: unknown, type: ApiType, uuids: Uuids): string {
  if (type.kind === 'void') return '';
  if (type.kind === 'option')
    return value === undefined || value === null ? '' : renderResult(catalogue, value, type.of, uuids);
  if (type.kind === 'record' && isObject(value)) {
    const fields = catalogue.apiClass(type.class).recordFields;
    if (Object.keys(value).some((name) => fields.some((field) => field.name === name))) {
      return renderRecord(
        linesOf(
          catalogue,
          value,
          fields.filter((field) => Object.hasOwn(value, field.name)).map((field) => ({ field })),
          uuids,
        ),
      );
    }
  }
  if (type.kind === 'set' && Array.isArray(value)) {
    const parts = value.map((element) => renderResult(catalogue, element, type.of, uuids));
    return parts.join(type.of.kind === 'record' ? '\n' : '');
  }
  if (type.kind === 'map' && isObject(value)) {
    const entries = Object.entries(value);
    if (type.value.kind !== 'record') {
      return entries
        .map(([key, element]) => `${showValue(key, type.key, uuids)}: ${showValue(element, type.value, uuids)}\n`)
        .join('');
    }
    return entries.map(([, element]) => renderResult(catalogue, element, type.value, uuids)).join('\n');
  }
  if (typeof value === 'object') return `${JSON.stringify(value, undefined, 2)}\n`;
  return `${showValue(value, type, uuids)}\n`;
}

/** The field that names a record: its uuid, or the first text of one that has none. */
function nameOfRecord(catalogue: Catalogue, className: string): Field | undefined {
  const fields = catalogue.apiClass(className).recordFields;
  return fields.find(({ name }) => name === 'uuid') ?? fields.find(({ type }) => type.kind === 'string');
}

/** A value among others: of a record what names it. */
function minimalValue(catalogue: Catalogue, value: unknown, type: ApiType, uuids: Uuids): string {
  const naming = type.kind === 'record' && isObject(value) ? nameOfRecord(catalogue, type.class) : undefined;
  if (naming === undefined || !isObject(value) || !Object.hasOwn(value, naming.name))
    return showValue(value, type, uuids);
  return showValue(value[naming.name], naming.type, uuids);
}

/** The same for `--minimal`: one line, values separated by commas. */
export function minimalResult(catalogue: Catalogue, value: unknown, type: ApiType, uuids: Uuids): string {
  if (type.kind === 'void') return '';
  const one = (element: unknown, of: ApiType): string => minimalValue(catalogue, element, of, uuids);
  if (type.kind === 'set' && Array.isArray(value)) {
    return `${renderMinimal(value.map((element) => one(element, type.of)))}\n`;
  }
  if (type.kind === 'map' && isObject(value)) {
    const shown =
      type.value.kind === 'record'
        ? Object.values(value).map((element) => one(element, type.value))
        : Object.keys(value).map((key) => one(key, type.key));
    return `${renderMinimal(shown)}\n`;
  }
  return `${one(value, type)}\n`;
}
