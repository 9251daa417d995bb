/** Writes results that may be long, in steps: record sets from segments whose encoding is kept, and subsets of them. */
import type { Row } from '../../database/types.ts';
import type { ApiType } from '../../datamodel/index.ts';
import { limits } from '../../lib/limits.ts';
import { writeEvents } from './events.ts';
import type { Envelope } from './format.ts';
import { Events, RecordSet, RecordSubset } from './results.ts';
import { encodeSegment, type LongContext } from './segment-encoding.ts';
import type { Slices } from './slices.ts';

/** A set of a plain type with so many elements that they are better not written in one go. */
class LongSet {
  readonly of: ApiType;
  readonly elements: readonly unknown[];

  constructor(of: ApiType, elements: readonly unknown[]) {
    this.of = of;
    this.elements = elements;
  }
}

export type LongResult = RecordSet | RecordSubset | Events | LongSet;

/** Elements of a set that are written in one step: a record is as much work as some dozens of references. */
const elementsPerStep = 64;

/** The result as one that is written in steps, or undefined when it is better written at once. */
export function longResult(type: ApiType, value: unknown): LongResult | undefined {
  if (value instanceof RecordSet || value instanceof RecordSubset || value instanceof Events) return value;
  if (type.kind === 'set') {
    const elements = value as readonly unknown[];
    return elements.length > limits.segmentRows * elementsPerStep ? new LongSet(type.of, elements) : undefined;
  }
  if (type.kind !== 'map' || type.value.kind !== 'record') return undefined;
  const entries = Object.entries(value as Readonly<Record<string, Row>>);
  return entries.length > limits.segmentRows ? new RecordSubset(type.value.class, entries) : undefined;
}

/** Writes a whole answer. Every step is about one object's worth of work. */
export function* writeLong(
  context: LongContext,
  envelope: Envelope,
  result: LongResult,
  slices: Slices,
): Generator<void, void, void> {
  slices.out.text(envelope.head);
  if (result instanceof Events) yield* writeEvents(context, result, slices);
  else if (result instanceof RecordSet) yield* writeRecordSet(context, result, slices);
  else if (result instanceof LongSet) yield* writeSet(context, result, slices);
  else yield* writeRecordSubset(context, result, slices);
  slices.out.text(envelope.tail);
}

function* writeRecordSet(context: LongContext, result: RecordSet, slices: Slices): Generator<void, void, void> {
  const { struct, separator } = context.format;
  slices.out.text(struct.head);
  let skip = separator.length;
  for (const segment of result.segments) {
    const encoded = yield* encodeSegment(context, result.class, segment, slices.scratch);
    if (encoded.bytes.length === 0) continue;
    slices.add(encoded.bytes.subarray(skip));
    skip = 0;
    yield;
  }
  slices.out.text(struct.tail);
}

function* writeRecordSubset(context: LongContext, result: RecordSubset, slices: Slices): Generator<void, void, void> {
  const { format } = context;
  const write = format.record(result.class);
  const { out } = slices;
  out.text(format.struct.head);
  let first = true;
  for (const [ref, row] of result.entries) {
    if (!first) out.text(format.separator);
    first = false;
    format.beginMember(out, ref);
    write(out, row);
    format.endMember(out);
    slices.settle();
    yield;
  }
  out.text(format.struct.tail);
}

function* writeSet(context: LongContext, result: LongSet, slices: Slices): Generator<void, void, void> {
  const { format } = context;
  const write = format.writer(result.of);
  const { out } = slices;
  out.text(format.array.head);
  for (const [index, element] of result.elements.entries()) {
    if (index > 0) out.text(format.separator);
    write(out, element);
    if (index % elementsPerStep !== 0) continue;
    slices.settle();
    yield;
  }
  out.text(format.array.tail);
}
