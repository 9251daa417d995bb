import assert from 'node:assert/strict';
import { Exposition } from '../../src/host/metrics/exposition.ts';
import { families } from '../../src/host/metrics/families.ts';
import type { RawFigure } from '../../src/host/metrics/figures.ts';
import { Timings } from '../../src/lib/timings.ts';
import { readPrometheusText } from '../lib/prometheus-text.ts';

function exposition(raw: () => readonly RawFigure[], timings = new Timings()): Exposition {
  const delays = { meanMs: 1, medianMs: 1, p99Ms: 2, mostMs: 3 };
  return new Exposition({
    own: { uid: 0, residentBytes: () => 1, cpuSeconds: () => 2, loopDelay: () => delays, resetLoopDelay: () => {} },
    timings,
    raw,
    version: '1.0 "x"',
    hostUuid: 'u',
    counts: () => ({ sessions: 1, tasks: 2, waitingSubscribers: 3, connections: 4, generation: 5 }),
  });
}

async function scrape(from: Exposition) {
  const { body } = await from.page();
  assert.ok(typeof body === 'string');
  const all = readPrometheusText(body);
  return (name: string, suffix = '') => all.get(name)?.samples.get(`${name}${suffix}`) ?? [];
}

function figure(pattern: string, instance: string, value: number): RawFigure {
  const family = families.find((known) => known.pattern === pattern);
  assert.ok(family !== undefined);
  return { family, instance, value };
}

describe('the text for Prometheus', () => {
  it('says nothing of what is not known, and forgets what is gone', async () => {
    let raw: readonly RawFigure[] = [];
    const from = exposition(() => raw);
    const nothing = await scrape(from);
    for (const { exported } of families) if (exported !== undefined) assert.deepEqual(nothing(exported.name), []);
    raw = [figure('loadavg', '', 1.5), figure('pif_*_rx', 'eth0', 7), figure('memory_total_kib', '', 2)];
    const something = await scrape(from);
    assert.deepEqual(something('quorate_host_load1'), [{ labels: {}, value: 1.5 }]);
    assert.deepEqual(something('quorate_host_memory_total_bytes'), [{ labels: {}, value: 2048 }]);
    raw = [figure('pif_*_rx', 'eth1', 8), figure('loadavg', '', Number.NaN)];
    const other = await scrape(from);
    assert.deepEqual(other('quorate_host_load1'), []);
    assert.deepEqual(other('quorate_host_network_receive_bytes_total'), [{ labels: { device: 'eth1' }, value: 8 }]);
  });

  it('tells the same when it is asked twice, and at the same time', async () => {
    const from = exposition(() => [figure('cpu*', '0', 12.5)]);
    const [first, second] = await Promise.all([from.page(), from.page()]);
    assert.equal(first.body, second.body);
    assert.equal((await from.page()).body, first.body);
  });

  it('can tell of any name', async () => {
    const strange = 'a"b\\c{}, d';
    const found = await scrape(exposition(() => [figure('pif_*_tx', strange, 1)]));
    assert.deepEqual(found('quorate_host_network_transmit_bytes_total'), [{ labels: { device: strange }, value: 1 }]);
    assert.deepEqual(found('quorate_info')[0]?.labels, { version: '1.0 "x"', host: 'u' });
  });

  it('counts calls in buckets, failures by themselves', async () => {
    const timings = new Timings();
    for (const [tookMs, failed] of [
      [0.05, false],
      [0.1, true],
      [7, false],
      [70_000, true],
    ] as const) {
      timings.called('VM.start', tookMs, failed);
    }
    timings.called('unknown', 1, true);
    const found = await scrape(exposition(() => [], timings));
    const ofStart = found('quorate_request_duration_seconds', '_bucket').filter(
      ({ labels }) => labels['method'] === 'VM.start',
    );
    const below = new Map(ofStart.map(({ labels, value }) => [labels['le'], value]));
    assert.deepEqual(
      [below.get('0.0001'), below.get('0.005'), below.get('0.01'), below.get('60'), below.get('+Inf')],
      [2, 2, 3, 3, 4],
    );
    const failures = found('quorate_request_failures_total').map(({ labels, value }) => [labels['method'], value]);
    assert.deepEqual(failures, [
      ['VM.start', 2],
      ['unknown', 1],
    ]);
    assert.deepEqual(
      [...timings.ofCalls()],
      [['VM.start', { count: 4, failures: 2, totalMs: 70_007.15, longestMs: 70_000 }]],
    );
  });
});
