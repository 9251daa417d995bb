/** Encoded segments: kept beside the segment itself, counted here, and dropped when they are too many together. */
import type { Segment } from '../../database/types.ts';

/** A segment's objects as members of a struct, each with its separator, and where in them the records are. */
export interface EncodedSegment {
  readonly bytes: Uint8Array;
  /** Begin and end of each record's value, two numbers a row. */
  readonly records: Uint32Array;
}

interface Entry {
  readonly segment: WeakRef<Segment>;
  readonly format: string;
  readonly bytes: number;
}

/**
 * The least recently used encodings go first. Segments are only weakly held: when the database has moved on from one,
 * its encodings go with it.
 */
export class SegmentCache {
  readonly #capacityBytes: number;
  #usedBytes = 0;
  /** Oldest use first. */
  readonly #entries = new Set<Entry>();
  /** By the encoded bytes, so that only what this cache put there is found. */
  readonly #known = new WeakMap<Uint8Array, { readonly entry: Entry; readonly records: Uint32Array }>();
  readonly #collected = new FinalizationRegistry<Entry>((entry) => this.#forget(entry));

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
  }

  /** Bytes of all encodings that are counted now. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  get(segment: Segment, format: string): EncodedSegment | undefined {
    const bytes = segment.encoded.get(format);
    const known = bytes && this.#known.get(bytes);
    if (bytes === undefined || known === undefined) return undefined;
    if (this.#entries.delete(known.entry)) this.#entries.add(known.entry);
    return { bytes, records: known.records };
  }

  put(segment: Segment, format: string, encoded: EncodedSegment): void {
    const size = encoded.bytes.length + encoded.records.byteLength;
    const before = segment.encoded.get(format);
    const replaced = before && this.#known.get(before);
    if (replaced !== undefined) this.#forget(replaced.entry);
    segment.encoded.delete(format);
    if (size > this.#capacityBytes) return;
    const entry: Entry = { segment: new WeakRef(segment), format, bytes: size };
    segment.encoded.set(format, encoded.bytes);
    this.#known.set(encoded.bytes, { entry, records: encoded.records });
    this.#entries.add(entry);
    this.#collected.register(segment, entry, entry);
    this.#usedBytes += size;
    this.#shrink();
  }

  #shrink(): void {
    for (const entry of this.#entries) {
      if (this.#usedBytes <= this.#capacityBytes) return;
      entry.segment.deref()?.encoded.delete(entry.format);
      this.#forget(entry);
    }
  }

  #forget(entry: Entry): void {
    if (!this.#entries.delete(entry)) return;
    this.#usedBytes -= entry.bytes;
    this.#collected.unregister(entry);
  }
}
