import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import type { Segment } from '../../src/database/types.ts';
import { SegmentCache } from '../../src/rpc/marshal/segment-cache.ts';
import { SnapshotCache } from '../../src/rpc/marshal/snapshot-cache.ts';

const segment = (): Segment => ({ refs: [], rows: [], encoded: new Map() });
const encoded = (bytes: number) => ({ bytes: new Uint8Array(bytes), records: new Uint32Array(0) });

describe('what is kept of encoded segments', () => {
  it('is found again beside the segment', () => {
    const cache = new SegmentCache(100);
    const one = segment();
    const kept = encoded(10);
    cache.put(one, 'json', kept);
    assert.equal(cache.get(one, 'json')?.bytes, kept.bytes);
    assert.equal(one.encoded.get('json'), kept.bytes);
    assert.equal(cache.get(one, 'xml'), undefined);
    assert.equal(cache.get(segment(), 'json'), undefined);
  });

  it('is not what somebody else put there', () => {
    const one = segment();
    one.encoded.set('json', new Uint8Array(5));
    assert.equal(new SegmentCache(100).get(one, 'json'), undefined);
  });

  it('makes room by dropping what was used longest ago', () => {
    const cache = new SegmentCache(30);
    const [a, b, c, d] = [segment(), segment(), segment(), segment()] as const;
    for (const one of [a, b, c]) cache.put(one, 'json', encoded(10));
    assert.ok(cache.get(a, 'json'));
    cache.put(d, 'json', encoded(10));
    assert.deepEqual(
      [a, b, c, d].map((one) => cache.get(one, 'json') !== undefined),
      [true, false, true, true],
    );
    assert.equal(b.encoded.size, 0);
    assert.equal(cache.usedBytes, 30);
  });

  it('counts the formats of one segment apart and a new encoding in place of the old', () => {
    const cache = new SegmentCache(100);
    const one = segment();
    cache.put(one, 'json', encoded(10));
    cache.put(one, 'xml', encoded(20));
    cache.put(one, 'xml', encoded(5));
    assert.equal(cache.usedBytes, 15);
  });

  it('holds nothing that is larger than all of it', () => {
    const cache = new SegmentCache(30);
    const one = segment();
    cache.put(one, 'json', encoded(31));
    assert.equal(cache.usedBytes, 0);
    assert.equal(one.encoded.size, 0);
  });

  it('is not counted any more when its segment is gone', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const cache = new SegmentCache(1000);
    const staying = segment();
    cache.put(staying, 'json', encoded(10));
    for (let count = 0; count < 20; count += 1) cache.put(segment(), 'json', encoded(20));
    assert.equal(cache.usedBytes, 410);
    for (let round = 0; round < 100 && cache.usedBytes > 10; round += 1) {
      await setImmediate();
      collect();
    }
    assert.equal(cache.usedBytes, 10);
    assert.ok(cache.get(staying, 'json'));
  });

  it('never exceeds its capacity and counts exactly what is there', () => {
    const use = fc.tuple(fc.nat(9), fc.constantFrom('json', 'xml'), fc.nat(60), fc.boolean());
    fc.assert(
      fc.property(fc.array(use), (uses) => {
        const cache = new SegmentCache(100);
        const segments = Array.from({ length: 10 }, segment);
        for (const [index, format, size, put] of uses) {
          const one = segments[index] as Segment;
          if (put) cache.put(one, format, encoded(size));
          else cache.get(one, format);
          const sizes = segments.flatMap((each) => [...each.encoded.values()].map((bytes) => bytes.length));
          const total = sizes.reduce((sum, bytes) => sum + bytes, 0);
          assert.equal(cache.usedBytes, total);
          assert.ok(total <= 100);
        }
      }),
    );
  });
});

describe('what is kept of encoded snapshots', () => {
  it('is bounded by number and by size, the oldest going first', () => {
    const cache = new SnapshotCache(3, 100);
    const rows = Array.from({ length: 5 }, (_, index) => ({ index }));
    const present = (): boolean[] => rows.map((row) => cache.get(row) !== undefined);
    for (const row of rows.slice(0, 4)) cache.put(row, new Uint8Array(10));
    assert.deepEqual(present(), [false, true, true, true, false]);
    cache.put(rows[4] as object as Record<string, unknown>, new Uint8Array(85));
    assert.deepEqual(present(), [false, false, false, true, true]);
    cache.put({}, new Uint8Array(101));
    assert.deepEqual(present(), [false, false, false, true, true]);
  });
});
