/** Encodes segments once for everybody who asks for them. */
import type { Segment } from '../../database/types.ts';
import type { Bytes } from './bytes.ts';
import type { Format } from './format.ts';
import type { EncodedSegment, SegmentCache } from './segment-cache.ts';
import type { SnapshotCache } from './snapshot-cache.ts';

/** What long results are written with. */
export interface LongContext {
  readonly format: Format;
  readonly segments: SegmentCache;
  readonly snapshots: SnapshotCache;
}

/**
 * The objects of a segment as members: what was kept, or made now and kept. `out` is where they are put together; nobody
 * else may use it until this has returned.
 */
export function* encodeSegment(
  context: LongContext,
  className: string,
  segment: Segment,
  out: Bytes,
): Generator<void, EncodedSegment, void> {
  const { format, segments } = context;
  const kept = segments.get(segment, format.name);
  if (kept !== undefined) return kept;
  const write = format.record(className);
  const records = new Uint32Array(segment.rows.length * 2);
  for (const [index, ref] of segment.refs.entries()) {
    out.text(format.separator);
    format.beginMember(out, ref);
    records[index * 2] = out.at;
    write(out, segment.rows[index]);
    records[index * 2 + 1] = out.at;
    format.endMember(out);
    yield;
  }
  const encoded = { bytes: out.copy(), records };
  out.clear();
  segments.put(segment, format.name, encoded);
  return encoded;
}
