import assert from 'node:assert/strict';
import type { Row, Segment } from '../../src/database/types.ts';
import { deriveDatamodel } from '../../src/datamodel/index.ts';
import { parseType } from '../../src/datamodel/type-expression.ts';
import { limits } from '../../src/lib/limits.ts';
import type { RpcCall } from '../../src/rpc/call.ts';
import { createEncoders, type Encoder, type Encoders } from '../../src/rpc/marshal/encoder.ts';
import { RecordSet, RecordSubset } from '../../src/rpc/marshal/results.ts';
import type { Clock } from '../../src/world/world.ts';
import { slicesOf, textOf } from '../lib/encoded.ts';
import { loopClock } from '../lib/loop-clock.ts';
import { SampleRows } from '../lib/sample-rows.ts';

const datamodel = deriveDatamodel();
const calls = {
  xml: { method: 'a', params: [], protocol: 'xmlrpc', id: '' },
  json: { method: 'a', params: [], protocol: 'jsonrpc-2.0', id: 0 },
} as const satisfies Record<string, RpcCall>;
const formats = ['xml', 'json'] as const;

const encoders = (clock: Clock = loopClock()): Encoders => createEncoders(datamodel, clock);
const sample = (className: string, rows: number): Segment[] =>
  new SampleRows(datamodel, 11).segments(className, rows, 64);
const send = (
  encoder: Encoder,
  format: 'xml' | 'json',
  className: string,
  segments: readonly Segment[],
): Promise<string> => textOf(encoder.success(calls[format], { kind: 'void' }, new RecordSet(className, segments)));

const entriesOf = (segments: readonly Segment[]): (readonly [string, Row])[] =>
  segments.flatMap(({ refs, rows }) => refs.map((ref, index): readonly [string, Row] => [ref, rows[index] as Row]));

/** The segments with rows that count how often somebody looks at their uuid. */
function counting(segments: readonly Segment[]): { segments: Segment[]; count: () => number } {
  let count = 0;
  const watched = segments.map((segment) => ({
    ...segment,
    rows: segment.rows.map((row) =>
      Object.defineProperty({ ...row }, 'uuid', {
        enumerable: true,
        get: () => {
          count += 1;
          return row.uuid;
        },
      }),
    ),
  }));
  return { segments: watched, count: () => count };
}

/** A clock on which every look takes a millisecond. */
function slowClock(): { clock: Clock; yields: () => number } {
  let now = 0;
  let yields = 0;
  const clock: Clock = {
    ...loopClock(),
    monotonicMs: () => {
      now += 1;
      return now;
    },
    yield: async () => {
      yields += 1;
      await loopClock().yield();
    },
  };
  return { clock, yields: () => yields };
}

describe('record sets', () => {
  for (const format of formats) {
    for (const [className, rows] of [
      ['VM', 0],
      ['VM', 1],
      ['secret', 64],
      ['VM', 65],
      ['host', 300],
      ['task', 1000],
    ] as const) {
      it(`are the same as a map of records in ${format}: ${rows} of ${className}`, async () => {
        const { [format]: encoder } = encoders();
        const segments = sample(className, rows);
        const map = Object.fromEntries(entriesOf(segments));
        const type = parseType(`(${className} ref -> ${className} record) map`);
        const whole = encoder.fragment(type, map);
        for (const text of [
          await send(encoder, format, className, segments),
          await send(encoder, format, className, segments),
          await textOf(encoder.success(calls[format], type, new RecordSubset(className, entriesOf(segments)))),
          await textOf(encoder.success(calls[format], type, map)),
        ]) {
          assert.ok(text.includes(whole));
          assert.equal(
            text.length - whole.length,
            (await textOf(encoder.success(calls[format], { kind: 'void' }, undefined))).length -
              encoder.fragment({ kind: 'void' }, undefined).length,
          );
        }
      });
    }

    it(`pass over empty segments in ${format}`, async () => {
      const { [format]: encoder } = encoders();
      const empty = (): Segment => ({ refs: [], rows: [], encoded: new Map() });
      const [segment] = sample('secret', 3) as [Segment];
      const text = await send(encoder, format, 'secret', [segment]);
      assert.equal(await send(encoder, format, 'secret', [empty(), segment, empty()]), text);
    });

    it(`come whole when they are short and in slices when they are long, in ${format}`, async () => {
      const { [format]: encoder } = encoders();
      const short = encoder.success(calls[format], { kind: 'void' }, new RecordSet('VM', sample('VM', 3)));
      assert.ok(typeof short === 'string' || short instanceof Uint8Array);
      const long = encoder.success(calls[format], { kind: 'void' }, new RecordSet('VM', sample('VM', 500)));
      assert.ok(typeof long !== 'string' && !(long instanceof Uint8Array));
      const slices = await slicesOf(long);
      assert.ok(slices.length > 10);
      for (const slice of slices) assert.ok(slice.length <= limits.sliceBytes * 2, `a slice of ${slice.length}`);
    });

    it(`are encoded once in ${format}, until something changes`, async () => {
      const { [format]: encoder } = encoders();
      const { segments, count } = counting(sample('VM', 300));
      const text = await send(encoder, format, 'VM', segments);
      assert.equal(count(), 300);
      assert.equal(await send(encoder, format, 'VM', segments), text);
      assert.equal(count(), 300);
      const [first, ...rest] = segments as [Segment];
      const renamed = { ...first, rows: first.rows.with(0, { ...first.rows[0], uuid: 'changed' }), encoded: new Map() };
      const before = count();
      const after = await send(encoder, format, 'VM', [renamed, ...rest]);
      assert.match(after, /changed/);
      assert.equal(count() - before, 63);
    });

    it(`let others run while they are made, in ${format}`, async () => {
      const { clock, yields } = slowClock();
      const { [format]: encoder } = encoders(clock);
      const text = await send(encoder, format, 'VM', sample('VM', 500));
      assert.ok(text.length > 1_000_000);
      // The first few hundred kilobytes are made at once, everything after them a few rows at a time.
      assert.ok(yields() >= 100, `${yields()} times`);
    });

    it(`may be sent to several at once in ${format}`, async () => {
      const { [format]: encoder } = encoders();
      const segments = sample('VM', 300);
      const texts = await Promise.all([1, 2, 3].map(() => send(encoder, format, 'VM', segments)));
      assert.equal(texts[1], texts[0]);
      assert.equal(texts[2], texts[0]);
      assert.equal(await send(encoders()[format], format, 'VM', segments), texts[0]);
    });

    it(`may be left in the middle in ${format}`, async () => {
      const { [format]: encoder } = encoders();
      const segments = sample('VM', 300);
      const body = encoder.success(calls[format], { kind: 'void' }, new RecordSet('VM', segments));
      assert.ok(typeof body !== 'string' && !(body instanceof Uint8Array));
      for await (const slice of body) {
        assert.ok(slice.length > 0);
        break;
      }
      assert.equal(
        await send(encoder, format, 'VM', segments),
        await send(encoders()[format], format, 'VM', sample('VM', 300)),
      );
    });

    it(`are not the only results that come in slices: long sets do in ${format}`, async () => {
      const { clock, yields } = slowClock();
      const { [format]: encoder } = encoders(clock);
      const samples = new SampleRows(datamodel, 4);
      for (const length of [4096, 4097, 20_000]) {
        const refs = Array.from({ length }, () => samples.ref());
        const text = await textOf(encoder.success(calls[format], parseType('VM ref set'), refs));
        assert.ok(text.includes(encoder.fragment(parseType('VM ref set'), refs)));
      }
      assert.ok(yields() > 50, `${yields()} times`);
    });

    it(`hold rows of megabytes in ${format}`, async () => {
      const { [format]: encoder } = encoders();
      const rows = Array.from({ length: 64 }, (_, index) => ({
        uuid: String(index),
        value: '<'.repeat(100_000),
        other_config: {},
      }));
      const segment = { refs: rows.map((row) => `r${row.uuid}`), rows, encoded: new Map() };
      const text = await send(encoder, format, 'secret', [segment]);
      assert.ok(text.length > 6_400_000);
      assert.equal(await send(encoder, format, 'secret', [segment]), text);
    });
  }
});
