import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { families, type Readings } from '../../src/host/metrics/families.ts';
import { type Figure, figuresOf, readFamilies } from '../../src/host/metrics/figures.ts';
import { formatFigure } from '../../src/host/metrics/format.ts';
import { parseDisks, parseLinks, parseLoad, parseMemory, parseProcessors } from '../../src/host/metrics/proc-files.ts';
import { Rates } from '../../src/host/metrics/rates.ts';

const nothing: Readings = {
  processors: new Map(),
  memory: new Map(),
  load: undefined,
  links: new Map(),
  physicalLinks: new Set(),
  disks: new Map(),
  agentMemoryBytes: 4096,
  agentFiles: undefined,
};

function valuesOf(figures: readonly Figure[]): Record<string, number> {
  return Object.fromEntries(figures.map(({ name, value }) => [name, value]));
}

describe('files of the kernel', () => {
  it('tell how long each processor worked', () => {
    const text = [
      'cpu  300 0 200 5000 40 0 6 7 0 0',
      'cpu0 100 10 50 2500 20 5 3 7 90 0',
      'cpu12 1 2 3 4',
      'intr 1 2 3',
      'cpu99 1 2 3 4 5 6 7 8',
    ].join('\n');
    assert.deepEqual(
      [...parseProcessors(text)],
      [
        ['0', 1.75],
        ['12', 0.06],
      ],
    );
  });

  it('tell of memory and load', () => {
    const memory = parseMemory(
      'MemTotal:       24684084 kB\nMemFree: 5 kB\nHugePages_Total:       0\nActive(anon):   7 kB\n',
    );
    assert.deepEqual(
      [...memory],
      [
        ['MemTotal', 24_684_084],
        ['MemFree', 5],
        ['Active(anon)', 7],
      ],
    );
    assert.equal(parseLoad('3.42 2.10 1.00 2/345 6789\n'), 3.42);
  });

  it('tell of interfaces, also of those with strange names', () => {
    const text = [
      'Inter-|   Receive                                                |  Transmit',
      ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed',
      '  eth0: 4679382803  126909    1    0    0     0          0         0 12470247   81187    2    0    0     0       0          0',
      'a:b0:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16',
    ].join('\n');
    assert.deepEqual(
      [...parseLinks(text)],
      [
        ['eth0', { rxBytes: 4_679_382_803, rxErrors: 1, txBytes: 12_470_247, txErrors: 2 }],
        ['a:b0', { rxBytes: 1, rxErrors: 3, txBytes: 9, txErrors: 11 }],
      ],
    );
  });

  it('tell of disks, of old kernels and new ones', () => {
    const line = ' 254       0 vda 190638 24515 7154778 94486 460192 362347 32454744 198005 0 46512 317824';
    const vda = {
      reads: 190_638,
      readBytes: 7_154_778 * 512,
      writes: 460_192,
      writtenBytes: 32_454_744 * 512,
      busySeconds: 46.512,
    };
    assert.deepEqual([...parseDisks(`${line}\n`)], [['vda', vda]]);
    assert.deepEqual([...parseDisks(`${line} 208503 305 14266200 16529 127897 8803\n`)], [['vda', vda]]);
  });

  it('may hold anything: what is not understood is passed over', () => {
    const word = fc.oneof(
      fc.constantFrom(
        'cpu0',
        'cpu1 ',
        'eth0:',
        'vda',
        'MemTotal:',
        ' kB',
        '\n',
        '\0',
        '-1',
        '1e9',
        '0x10',
        '99999999999999999999999',
      ),
      fc.nat().map(String),
      fc.string({ maxLength: 8 }),
    );
    const text = fc.array(word, { maxLength: 60 }).map((words) => words.join(' '));
    fc.assert(
      fc.property(text, (garbage) => {
        const numbers = [
          ...parseProcessors(garbage).values(),
          ...parseMemory(garbage).values(),
          ...[...parseLinks(garbage).values()].flatMap((link) => Object.values(link) as number[]),
          ...[...parseDisks(garbage).values()].flatMap((disk) => Object.values(disk) as number[]),
          parseLoad(garbage) ?? 0,
        ];
        assert.ok(numbers.every((number) => Number.isFinite(number) && number >= 0));
      }),
    );
  });
});

describe('figures', () => {
  it('are rates of counters, shares of time, and what they make together', () => {
    const rates = new Rates();
    const link = { rxBytes: 1000, rxErrors: 0, txBytes: 0, txErrors: 0 };
    const before: Readings = {
      ...nothing,
      processors: new Map([
        ['0', 10],
        ['1', 20],
      ]),
      links: new Map([
        ['eth0', link],
        ['eth1', link],
        ['bond0', link],
      ]),
      physicalLinks: new Set(['eth0', 'eth1']),
      memory: new Map([
        ['MemTotal', 100],
        ['MemFree', 3],
        ['MemAvailable', 40],
      ]),
    };
    const first = valuesOf(figuresOf(before, readFamilies(before), rates, 1000));
    assert.equal(first['memory_free_kib'], 40);
    assert.equal(first['xapi_memory_usage_kib'], 4);
    assert.ok(Number.isNaN(first['cpu0']) && Number.isNaN(first['cpu_avg']) && Number.isNaN(first['pif_aggr_rx']));
    const after: Readings = {
      ...before,
      processors: new Map([
        ['0', 10.5],
        ['1', 25.2],
      ]),
      links: new Map([
        ['eth0', { ...link, rxBytes: 2000 }],
        ['eth1', { ...link, rxBytes: 6000 }],
        ['bond0', { ...link, rxBytes: 7000 }],
      ]),
    };
    const second = valuesOf(figuresOf(after, readFamilies(after), rates, 6000));
    assert.equal(second['cpu0'], 0.1);
    // Ticks and timers do not end together.
    assert.equal(second['cpu1'], 1);
    assert.equal(second['cpu_avg'], 0.55);
    assert.equal(second['pif_eth0_rx'], 200);
    assert.equal(second['pif_bond0_rx'], 1200);
    assert.equal(second['pif_aggr_rx'], 1200);
    assert.equal(second['pif_eth0_tx'], 0);
  });

  it('say nothing of what was not read', () => {
    const values = valuesOf(figuresOf(nothing, readFamilies(nothing), new Rates(), 0));
    assert.deepEqual(Object.keys(values).sort(), ['cpu_avg', 'pif_aggr_rx', 'pif_aggr_tx', 'xapi_memory_usage_kib']);
  });

  it('have names that differ, whatever the devices are called', () => {
    const patterns = families.map(({ pattern }) => pattern);
    assert.equal(new Set(patterns).size, patterns.length);
    for (const { pattern, doc, exported } of families) {
      assert.equal(pattern.includes('*'), doc.includes('*'), pattern);
      if (exported !== undefined) assert.equal(pattern.includes('*'), exported.label !== undefined, pattern);
    }
  });
});

describe('rates', () => {
  const round = (rates: Rates, value: number, atMs: number, wrapsAt?: number): number => {
    const rate = rates.rate('a', value, atMs, { wrapsAt, most: 1 });
    rates.next();
    return rate;
  };

  it('are unknown at first, after a reset and after an absence', () => {
    const rates = new Rates();
    assert.ok(Number.isNaN(round(rates, 5, 0)));
    assert.equal(round(rates, 10, 5000), 1);
    assert.ok(Number.isNaN(round(rates, 3, 10_000)));
    assert.equal(round(rates, 3, 15_000), 0);
    rates.next();
    assert.ok(Number.isNaN(round(rates, 30, 25_000)));
    assert.ok(Number.isNaN(round(rates, 31, 25_000)));
  });

  it('go on over the wrap of a counter that wraps, and take its reset for none', () => {
    const rates = new Rates();
    const wrap = 2 ** 32 / 1000;
    round(rates, wrap - 1, 0, wrap);
    assert.ok(Math.abs(round(rates, 1, 4000, wrap) - 0.5) < 1e-6);
    assert.equal(round(rates, 3, 8000, wrap), 0.5);
    assert.ok(Number.isNaN(round(rates, 0, 12_000, wrap)));
  });
});

describe('numbers on pages', () => {
  it('are read back as they were, to twelve digits', () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        const again = Number(formatFigure(value));
        assert.ok(Object.is(again, value) || Math.abs(again - value) <= Math.abs(value) * 1e-11 || Number.isNaN(value));
      }),
    );
    assert.equal(formatFigure(Number.NaN), 'NaN');
    assert.equal(formatFigure(0), '0.0');
    assert.equal(formatFigure(25_276_502_016), '25276502016');
  });
});
