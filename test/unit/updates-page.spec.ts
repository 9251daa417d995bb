import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { archiveShapes, consolidations } from '../../src/host/metrics/archive-shape.ts';
import { Archives } from '../../src/host/metrics/archives.ts';
import { updatesJson, updatesSince, updatesXml } from '../../src/host/metrics/updates-page.ts';

const endSeconds = 1_795_169_595;

/** Seven hours of samples; the value is the time in seconds, so that every row can be told from its time. */
function filled(): Archives {
  const archives = new Archives();
  archives.add('now');
  archives.add('a<b&"c"');
  for (let at = endSeconds - 7 * 3600; at <= endSeconds; at += 5) {
    const values = new Map([
      ['now', at],
      ['a<b&"c"', 1],
    ]);
    archives.update(at * 1000, 5000, values);
  }
  return archives;
}

const state = filled().state();
const ask = (start: number, interval = 0, consolidation?: 'AVERAGE' | 'MIN' | 'MAX') =>
  updatesSince(state, { start, interval, consolidation }, 'host:uuid');

describe('updates of figures', () => {
  it('come from the finest archive that reaches back to the start', () => {
    assert.equal(ask(endSeconds - 599).step, 5);
    assert.equal(ask(endSeconds - 601).step, 60);
    assert.equal(ask(endSeconds - 7199).step, 60);
    assert.equal(ask(endSeconds - 7201).step, 3600);
    assert.equal(ask(endSeconds - 700_000).step, 86_400);
    assert.equal(ask(0).step, 86_400);
  });

  it('come from one that is coarse enough', () => {
    assert.equal(ask(endSeconds - 30, 5).step, 5);
    assert.equal(ask(endSeconds - 30, 6).step, 5);
    assert.equal(ask(endSeconds - 30, 60).step, 60);
    assert.equal(ask(endSeconds - 30, 61).step, 60);
    assert.equal(ask(endSeconds - 30, 3600).step, 3600);
    assert.equal(ask(endSeconds - 30, 86_400).step, 86_400);
    assert.equal(ask(endSeconds - 30, 1e9).step, 86_400);
    assert.equal(ask(endSeconds - 30, 5, 'MIN').step, 60);
  });

  it('hold the newest row first, each with its own value, and no row before the start', () => {
    const query = fc.record({
      back: fc.integer({ min: -10, max: 8000 }),
      interval: fc.constantFrom(0, 5, 60),
      consolidation: fc.constantFrom(undefined, ...consolidations),
    });
    fc.assert(
      fc.property(query, ({ back, interval, consolidation }) => {
        const start = endSeconds - back;
        const updates = ask(start, interval, consolidation);
        const rows = [...updates.rows()];
        assert.equal(rows.length, updates.rowCount);
        const times = rows.map(({ time }) => time);
        const expected: number[] = [];
        const shape = archiveShapes.find(({ slots }) => slots * 5 === updates.step);
        for (let time = updates.end; time >= start && expected.length < (shape?.rows ?? 0); time -= updates.step) {
          expected.push(time);
        }
        assert.deepEqual(times, expected);
        assert.equal(updates.end, Math.floor(endSeconds / updates.step) * updates.step);
        for (const { time, values } of rows) {
          if (updates.step > 3600 || time < endSeconds - 6.5 * 3600) continue;
          const first = time - updates.step + 5;
          const of = { AVERAGE: (first + time) / 2, MIN: first, MAX: time };
          for (const [column, entry] of updates.legend.entries()) {
            const [kind = 'AVERAGE', ...rest] = entry.split(':');
            if (rest.at(-1) === 'now') assert.equal(values[column], of[kind as keyof typeof of], `${entry} at ${time}`);
          }
        }
      }),
    );
  });

  it('take a start below zero as so long before the end', () => {
    assert.deepEqual([...ask(-30).rows()], [...ask(endSeconds - 30).rows()]);
  });

  it('have a column for each figure and consolidation that was asked for', () => {
    assert.deepEqual(ask(-30).legend, ['AVERAGE:host:uuid:now', 'AVERAGE:host:uuid:a<b&"c"']);
    assert.deepEqual(ask(-30, 60, 'MAX').legend, ['MAX:host:uuid:now', 'MAX:host:uuid:a<b&"c"']);
    assert.deepEqual(
      ask(-30, 60).legend.map((entry) => entry.split(':')[0]),
      ['AVERAGE', 'AVERAGE', 'MIN', 'MIN', 'MAX', 'MAX'],
    );
  });

  it('are written as clients read them', () => {
    const [step, end] = [5, endSeconds];
    const updates = ask(endSeconds - 5);
    assert.equal(
      [...updatesXml(updates)].join(''),
      `<?xml version="1.0"?><xport><meta><start>${end}</start><step>${step}</step><end>${end}</end><rows>2</rows><columns>2</columns>` +
        '<legend><entry>AVERAGE:host:uuid:now</entry><entry>AVERAGE:host:uuid:a&lt;b&amp;&quot;c&quot;</entry></legend></meta>' +
        `<data><row><t>${end}</t><v>${end}</v><v>1</v></row><row><t>${end - 5}</t><v>${end - 5}</v><v>1</v></row></data></xport>`,
    );
    assert.deepEqual(JSON.parse([...updatesJson(updates)].join('')), {
      meta: { start: end, step, end, rows: 2, columns: 2, legend: updates.legend },
      data: [
        { t: end, values: [String(end), '1'] },
        { t: end - 5, values: [String(end - 5), '1'] },
      ],
    });
  });

  it('have a place for any name', () => {
    const archives = new Archives();
    archives.add('pif_\u0001<&_rx');
    archives.update(endSeconds * 1000, 5000, new Map());
    const updates = updatesSince(archives.state(), { start: -5, interval: 0, consolidation: 'AVERAGE' }, 'host:u');
    assert.match([...updatesXml(updates)].join(''), /<entry>AVERAGE:host:u:pif_\uFFFD&lt;&amp;_rx<\/entry>/);
  });

  it('are empty before anything is known', () => {
    const updates = updatesSince(new Archives().state(), { start: 0, interval: 0, consolidation: undefined }, 'host:u');
    assert.deepEqual(JSON.parse([...updatesJson(updates)].join('')), {
      meta: { start: 5, step: 5, end: 0, rows: 0, columns: 0, legend: [] },
      data: [],
    });
  });
});
