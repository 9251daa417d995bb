/** Fixed records of bytes, little-endian, described by a table of fields. One table reads, writes and prints a record. */
import { type HostSet, maxHosts } from './host-set.ts';

interface Kinds {
  u32: number;
  s32: number;
  /** A whole byte, 0 or not 0. */
  flag: boolean;
  /** Two words of 32 bits, the lower hosts first. */
  hosts: HostSet;
  /** 32 hexadecimal digits without dashes; a dashed uuid on our side. */
  uuid: string;
  /** 64 signed words, one a host. */
  times: readonly number[];
  /** ASCII, ended by a zero byte. */
  text: string;
}

export interface FieldLayout {
  readonly at: number;
  readonly kind: keyof Kinds;
  /** Length in bytes, of a text only. */
  readonly length?: number;
}

export type RecordLayout = Readonly<Record<string, FieldLayout>>;

export type RecordOf<L extends RecordLayout> = { readonly [K in keyof L]: Kinds[L[K]['kind']] };

const uuidLength = 32;

/** 32 hexadecimal digits to a uuid with dashes. */
export function dashed(digits: string): string {
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function readText(view: DataView, at: number, length: number): string {
  let text = '';
  for (let offset = at; offset < at + length; offset += 1) {
    const byte = view.getUint8(offset);
    if (byte === 0) break;
    text += String.fromCharCode(byte);
  }
  return text;
}

function writeText(view: DataView, at: number, length: number, text: string): void {
  for (let offset = 0; offset < length; offset += 1)
    view.setUint8(at + offset, offset < text.length ? text.charCodeAt(offset) & 0x7f : 0);
}

interface Codec<T> {
  readonly read: (view: DataView, field: FieldLayout) => T;
  readonly write: (view: DataView, field: FieldLayout, value: T) => void;
}

const codecs: { readonly [K in keyof Kinds]: Codec<Kinds[K]> } = {
  u32: {
    read: (view, { at }) => view.getUint32(at, true),
    write: (view, { at }, value) => view.setUint32(at, value, true),
  },
  s32: {
    read: (view, { at }) => view.getInt32(at, true),
    write: (view, { at }, value) => view.setInt32(at, value, true),
  },
  flag: {
    read: (view, { at }) => view.getUint8(at) !== 0,
    write: (view, { at }, value) => view.setUint8(at, value ? 1 : 0),
  },
  hosts: {
    read: (view, { at }) => view.getBigUint64(at, true),
    write: (view, { at }, value) => view.setBigUint64(at, value, true),
  },
  uuid: {
    read: (view, { at }) => dashed(readText(view, at, uuidLength)),
    write: (view, { at }, value) => writeText(view, at, uuidLength, value.replaceAll('-', '')),
  },
  times: {
    read: (view, { at }) => Array.from({ length: maxHosts }, (_, index) => view.getInt32(at + 4 * index, true)),
    write: (view, { at }, value) => {
      for (let index = 0; index < maxHosts; index += 1) view.setInt32(at + 4 * index, value[index] ?? -1, true);
    },
  },
  text: {
    read: (view, { at, length = 0 }) => readText(view, at, length),
    // The last byte stays zero, so that every reader finds the end.
    write: (view, { at, length = 0 }, value) => writeText(view, at, length, value.slice(0, length - 1)),
  },
};

export function readRecord<const L extends RecordLayout>(layout: L, bytes: Uint8Array): RecordOf<L> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries = Object.entries(layout).map(([name, field]) => [name, codecs[field.kind].read(view, field)]);
  return Object.fromEntries(entries) as RecordOf<L>;
}

export function writeRecord<const L extends RecordLayout>(layout: L, record: RecordOf<L>, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const [name, field] of Object.entries(layout))
    (codecs[field.kind] as Codec<unknown>).write(view, field, record[name as keyof L]);
}
