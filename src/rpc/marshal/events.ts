/** Writes what event.from and event.next return. */
import type { Bytes } from './bytes.ts';
import type { Format } from './format.ts';
import type { Event, Events, ExistingObjects } from './results.ts';
import { encodeSegment, type LongContext } from './segment-encoding.ts';
import type { Slices } from './slices.ts';

/** Snapshots longer than this are not kept: they are rare, and would push many others out. */
const keptSnapshotBytes = 65_536;

export function* writeEvents(context: LongContext, result: Events, slices: Slices): Generator<void, void, void> {
  const { format } = context;
  const { out } = slices;
  const { from } = result;
  if (from !== undefined) {
    out.text(format.struct.head);
    format.beginMember(out, 'events');
  }
  out.text(format.array.head);
  yield* writeList(context, result, slices);
  out.text(format.array.tail);
  if (from === undefined) return;
  format.endMember(out);
  out.text(format.separator);
  format.beginMember(out, 'valid_ref_counts');
  writeCounts(format, out, from.validRefCounts);
  format.endMember(out);
  writeTextMember(format, out, 'token', from.token);
  out.text(format.struct.tail);
}

function* writeList(context: LongContext, result: Events, slices: Slices): Generator<void, void, void> {
  const { format } = context;
  let first = true;
  const begin = (): void => {
    if (first) first = false;
    else slices.out.text(format.separator);
  };
  for (const existing of result.existing) yield* writeExisting(context, existing, slices, begin);
  for (const event of result.events) {
    begin();
    writeEvent(context, event, slices.out);
    slices.settle();
    yield;
  }
}

function* writeExisting(
  context: LongContext,
  existing: ExistingObjects,
  slices: Slices,
  begin: () => void,
): Generator<void, void, void> {
  const { format } = context;
  const { out } = slices;
  for (const segment of existing.segments) {
    const encoded = yield* encodeSegment(context, existing.class, segment, slices.scratch);
    for (const [index, ref] of segment.refs.entries()) {
      begin();
      beginEvent(format, out, { ...existing, ref, operation: 'add' });
      out.text(format.separator);
      format.beginMember(out, 'snapshot');
      slices.add(encoded.bytes.subarray(encoded.records[index * 2], encoded.records[index * 2 + 1]));
      format.endMember(out);
      out.text(format.struct.tail);
      yield;
    }
  }
}

function writeEvent(context: LongContext, event: Event, out: Bytes): void {
  const { format, snapshots } = context;
  beginEvent(format, out, event);
  if (event.row !== undefined) {
    out.text(format.separator);
    format.beginMember(out, 'snapshot');
    const kept = snapshots.get(event.row);
    if (kept === undefined) {
      const start = out.at;
      format.record(event.class)(out, event.row);
      if (out.at - start <= keptSnapshotBytes) snapshots.put(event.row, out.copy(start));
    } else {
      out.bytes(kept);
    }
    format.endMember(out);
  }
  out.text(format.struct.tail);
}

function beginEvent(format: Format, out: Bytes, event: Omit<Event, 'row'>): void {
  out.text(format.struct.head);
  format.beginMember(out, 'id');
  format.text(out, event.id);
  format.endMember(out);
  writeTextMember(format, out, 'timestamp', event.timestamp);
  writeTextMember(format, out, 'class', event.class.toLowerCase());
  writeTextMember(format, out, 'operation', event.operation);
  writeTextMember(format, out, 'ref', event.ref);
}

function writeCounts(format: Format, out: Bytes, counts: Readonly<Record<string, number>>): void {
  out.text(format.struct.head);
  let first = true;
  for (const [className, count] of Object.entries(counts)) {
    if (!first) out.text(format.separator);
    first = false;
    format.beginMember(out, className);
    format.count(out, count);
    format.endMember(out);
  }
  out.text(format.struct.tail);
}

function writeTextMember(format: Format, out: Bytes, name: string, value: string): void {
  out.text(format.separator);
  format.beginMember(out, name);
  format.text(out, value);
  format.endMember(out);
}
