/** Answers: whole HTTP bodies from results and errors, for both protocol families. */
import type { ApiType, Datamodel } from '../../datamodel/index.ts';
import { limits } from '../../lib/limits.ts';
import type { Clock } from '../../world/world.ts';
import { JsonFormat } from '../jsonrpc/writer.ts';
import type { RpcCall } from '../wire.ts';
import { XmlFormat } from '../xmlrpc/writer.ts';
import { Bytes } from './bytes.ts';
import type { Envelope, Format, Write } from './format.ts';
import { longResult, writeLong } from './long-results.ts';
import { SegmentCache } from './segment-cache.ts';
import type { LongContext } from './segment-encoding.ts';
import { reply, Slices } from './slices.ts';
import { SnapshotCache } from './snapshot-cache.ts';

/** A whole body; one that turned out long comes in slices, which are made as they are taken. */
export type Encoded = string | Uint8Array | AsyncIterable<Uint8Array>;

/** Writes the answers of one protocol family. Never throws for a value of the type that it is given. */
export interface Encoder {
  /** `value` is a value of the type, a RecordSet, a RecordSubset or Events. */
  success(call: RpcCall, type: ApiType, value: unknown): Encoded;
  /** `description`: the error's code, then its parameters. */
  failure(call: RpcCall, description: readonly string[]): string;
  /** An answer without the Status struct of XML-RPC: system.listMethods. JSON-RPC has no difference. */
  bare(call: RpcCall, type: ApiType, value: unknown): Encoded;
  /** Only the value, `<value>…</value>` or JSON: in XML this is what task.result holds. */
  fragment(type: ApiType, value: unknown): string;
}

export interface Encoders {
  readonly xml: Encoder;
  readonly json: Encoder;
}

/** Encoders for a datamodel. They share one account of what is kept of encoded segments. */
export function createEncoders(datamodel: Datamodel, clock: Clock): Encoders {
  const segments = new SegmentCache(limits.encodedCacheBytes);
  return {
    xml: new FormatEncoder(new XmlFormat(datamodel), clock, segments),
    json: new FormatEncoder(new JsonFormat(datamodel), clock, segments),
  };
}

class FormatEncoder implements Encoder {
  readonly #format: Format;
  readonly #clock: Clock;
  readonly #context: LongContext;
  readonly #writers = new WeakMap<ApiType, Write>();
  /** For answers that are made at once; never in use across a wait. */
  readonly #scratch = new Bytes();

  constructor(format: Format, clock: Clock, segments: SegmentCache) {
    this.#format = format;
    this.#clock = clock;
    const snapshots = new SnapshotCache(limits.encodedSnapshots, limits.encodedSnapshotBytes);
    this.#context = { format, segments, snapshots };
  }

  success(call: RpcCall, type: ApiType, value: unknown): Encoded {
    return this.#answer(this.#format.success(call), type, value);
  }

  bare(call: RpcCall, type: ApiType, value: unknown): Encoded {
    return this.#answer(this.#format.bare(call), type, value);
  }

  failure(call: RpcCall, description: readonly string[]): string {
    return this.#format.failure(call, description);
  }

  fragment(type: ApiType, value: unknown): string {
    const out = this.#scratch;
    out.clear();
    this.#writer(type)(out, value);
    return out.toString();
  }

  #answer(envelope: Envelope, type: ApiType, value: unknown): Encoded {
    const long = longResult(type, value);
    if (long !== undefined) {
      const slices = new Slices();
      return reply(writeLong(this.#context, envelope, long, slices), slices, this.#clock);
    }
    const out = this.#scratch;
    out.clear();
    out.text(envelope.head);
    this.#writer(type)(out, value);
    out.text(envelope.tail);
    return out.toString();
  }

  #writer(type: ApiType): Write {
    let write = this.#writers.get(type);
    if (write === undefined) {
      write = this.#format.writer(type);
      this.#writers.set(type, write);
    }
    return write;
  }
}
