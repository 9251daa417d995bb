import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { decodeArchives, encodeArchives } from '../../src/host/metrics/archive-file.ts';
import { archiveShapes, slotMs } from '../../src/host/metrics/archive-shape.ts';
import { Archives, type ArchivesState } from '../../src/host/metrics/archives.ts';
import { rowsOf } from '../../src/host/metrics/track.ts';
import { NaiveArchives } from '../lib/naive-archives.ts';

const startMs = 1_795_169_590_000;
const one = (value: number): ReadonlyMap<string, number> => new Map([['a', value]]);

/** Every row that an archive of a figure holds, by its number. */
function rowsIn(state: ArchivesState, shape: number, name: string): Map<number, number> {
  const archive = archiveShapes[shape];
  const ring = state.tracks.find((track) => track.name === name)?.rings[archive?.index ?? 0];
  assert.ok(archive !== undefined && ring !== undefined);
  const values = rowsOf(ring, archive.consolidation);
  const last = Math.floor(state.updatedMs / slotMs / archive.slots);
  const numbers = Array.from({ length: archive.rows }, (_none, back) => last - back).filter((row) => row >= 0);
  return new Map(numbers.map((row) => [row, values[row % archive.rows] ?? Number.NaN]));
}

function close(left: number, right: number): boolean {
  if (Number.isNaN(left) || Number.isNaN(right)) return Number.isNaN(left) && Number.isNaN(right);
  return Math.abs(left - right) <= 1e-9 * Math.max(1, Math.abs(left), Math.abs(right));
}

function assertSame(archives: Archives, twin: NaiveArchives, names: readonly string[]): void {
  const state = archives.state();
  assert.ok(Object.is(state.updatedMs, twin.updatedMs));
  for (const name of names) {
    for (const shape of archiveShapes.keys()) {
      for (const [row, value] of rowsIn(state, shape, name)) {
        const expected = twin.value(shape, row, name);
        assert.ok(close(value, expected), `${name}, archive ${shape}, row ${row}: ${value}, not ${expected}`);
      }
    }
  }
}

const value = fc.oneof(
  fc.constant(Number.NaN),
  fc.integer({ min: -100, max: 100 }),
  fc.double({ noNaN: true, min: 0, max: 1e12 }),
);
const step = fc.oneof(
  { weight: 20, arbitrary: fc.record({ aheadMs: fc.integer({ min: 4000, max: 6000 }), part: fc.constant(1) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      aheadMs: fc.integer({ min: 1, max: 200_000 }),
      part: fc.double({ noNaN: true, min: 0, max: 1 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      aheadMs: fc.integer({ min: 1, max: 8_000_000 }),
      part: fc.double({ noNaN: true, min: 0, max: 1 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ aheadMs: fc.integer({ min: -300_000, max: 0 }), part: fc.constant(1) }) },
);

describe('archives of figures', () => {
  it('hold what a slow and plain twin holds, whatever the clock does', () => {
    const steps = fc.array(fc.record({ step, a: value, b: value }), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (all) => {
        const archives = new Archives();
        const twin = new NaiveArchives();
        archives.add('a');
        archives.add('b');
        let nowMs = startMs;
        for (const {
          step: { aheadMs, part },
          a,
          b,
        } of all) {
          nowMs += aheadMs;
          const coveredMs = Math.floor(Math.max(0, aheadMs) * part);
          const values = new Map([
            ['a', a],
            ['b', b],
          ]);
          archives.update(nowMs, coveredMs, values);
          twin.update(nowMs, coveredMs, values);
        }
        assertSame(archives, twin, ['a', 'b']);
      }),
      { numRuns: 40 },
    );
  });

  it('hold the same after they were written to a file and read', () => {
    const archives = new Archives();
    const twin = new NaiveArchives();
    archives.add('a');
    let again = archives;
    for (let sample = 0; sample < 300; sample += 1) {
      const nowMs = startMs + sample * 5020;
      again.update(nowMs, 5020, one(sample % 17));
      twin.update(nowMs, 5020, one(sample % 17));
      if (sample % 50 === 49) {
        const saved = decodeArchives(encodeArchives({ ...again.state(), off: ['x', 'é:<'] }));
        assert.deepEqual(saved.off, ['x', 'é:<']);
        again = Archives.from(saved);
      }
    }
    assertSame(again, twin, ['a']);
  });

  it('know nothing of the time before the first value, and of a figure before it was added', () => {
    const archives = new Archives();
    archives.add('a');
    archives.update(startMs, 0, one(1));
    archives.update(startMs + slotMs, slotMs, one(1));
    archives.add('b');
    archives.update(
      startMs + 2 * slotMs,
      slotMs,
      new Map([
        ['a', 2],
        ['b', 3],
      ]),
    );
    const known = (name: string): number[] =>
      [...rowsIn(archives.state(), 0, name).values()].filter((v) => !Number.isNaN(v));
    assert.deepEqual(known('a'), [2, 1]);
    assert.deepEqual(known('b'), [3]);
    assert.equal(archives.isBlank('b'), false);
    archives.add('c');
    assert.equal(archives.isBlank('c'), true);
  });

  it('leave a year of standing still unknown, in no time', () => {
    const archives = new Archives();
    archives.add('a');
    archives.update(startMs, 5000, one(7));
    const laterMs = startMs + 400 * 86_400_000;
    archives.update(laterMs, 5000, one(8));
    const known = [...rowsIn(archives.state(), 0, 'a').values()].filter((v) => !Number.isNaN(v));
    assert.deepEqual(known, [8]);
    for (const shape of archiveShapes.keys()) {
      if (shape > 0) assert.ok([...rowsIn(archives.state(), shape, 'a').values()].every(Number.isNaN));
    }
  });

  it('take as much memory after a year as after a day', () => {
    const archives = new Archives();
    archives.add('a');
    for (let day = 0; day < 400; day += 1) archives.update(startMs + day * 86_400_000, 86_400_000, one(day));
    const [track] = archives.state().tracks;
    const cells = (track?.rings ?? []).map(({ average }) => average.length);
    assert.deepEqual(cells, [120, 120, 168, 366]);
    const days = rowsIn(
      archives.state(),
      archiveShapes.findIndex(({ slots }) => slots === 17_280),
      'a',
    );
    assert.ok([...days.values()].filter((v) => !Number.isNaN(v)).length >= 365);
  });

  it('refuse a file that is cut, changed or something else', () => {
    const archives = new Archives();
    archives.add('a');
    archives.update(startMs, 5000, one(7));
    const file = encodeArchives({ ...archives.state(), off: [] });
    assert.equal(decodeArchives(file).updatedMs, startMs);
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = Uint8Array.from(file);
        changed[at] = ((changed[at] ?? 0) + by) & 0xff;
        assert.throws(() => decodeArchives(changed), { name: 'ArchiveFileError' });
        assert.throws(() => decodeArchives(file.subarray(0, at)), { name: 'ArchiveFileError' });
      }),
      { numRuns: 50 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => assert.throws(() => decodeArchives(bytes))));
  });
});
