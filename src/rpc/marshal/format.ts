/** What a protocol family must say for the encoder to write its answers: XML-RPC and JSON-RPC each give one of these. */
import type { ApiType } from '../../datamodel/index.ts';
import type { RpcCall } from '../wire.ts';
import type { Bytes } from './bytes.ts';

/** Writes one whole value. Never throws for a value of the type it was made for. */
export type Write = (out: Bytes, value: unknown) => void;

/** What stands before and after a result. */
export interface Envelope {
  readonly head: string;
  readonly tail: string;
}

export interface Format {
  /** Names the encoded form that is kept beside a segment. */
  readonly name: 'xml' | 'json';
  /** Compiles the writer of a type; the encoder keeps it. */
  writer(type: ApiType): Write;
  /** The writer of a class's records. */
  record(className: string): Write;
  /** A value that is a string. */
  text(out: Bytes, value: string): void;
  /** A value that is one of event.from's counts. */
  count(out: Bytes, value: number): void;
  /** Structs and arrays that are written piece by piece. */
  readonly struct: Envelope;
  readonly array: Envelope;
  /** Stands between two members and between two elements. */
  readonly separator: string;
  /** Writes what stands before a member's value, and after it. */
  beginMember(out: Bytes, name: string): void;
  endMember(out: Bytes): void;
  success(call: RpcCall): Envelope;
  bare(call: RpcCall): Envelope;
  failure(call: RpcCall, description: readonly string[]): string;
}
