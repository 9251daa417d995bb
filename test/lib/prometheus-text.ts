/** Reads the text that Prometheus scrapes, and takes nothing that the format does not allow. */
import assert from 'node:assert/strict';

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ScrapedFamily {
  readonly type: string;
  readonly help: string;
  /** By name, which for histograms ends in _bucket, _sum or _count. */
  readonly samples: ReadonlyMap<string, readonly Sample[]>;
}

const name = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const number = /^(?:[+-]?(?:\d+\.?\d*(?:e[+-]?\d+)?|Inf)|NaN)$/i;

function readLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let rest = text;
  while (rest !== '') {
    const [all = '', key = '', value = ''] =
      /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/.exec(rest) ?? [];
    assert.ok(all !== '', `no label at ${rest}`);
    assert.ok(!(key in labels), `${key} twice`);
    labels[key] = value.replaceAll(/\\(.)/g, (_all, character: string) => (character === 'n' ? '\n' : character));
    rest = rest.slice(all.length);
  }
  return labels;
}

/** Cumulative buckets that never fall, with one for everything, equal to the count. */
function assertHistogram(family: string, samples: ReadonlyMap<string, readonly Sample[]>): void {
  for (const { labels, value } of samples.get(`${family}_count`) ?? []) {
    const own = (samples.get(`${family}_bucket`) ?? []).filter((bucket) =>
      Object.entries(labels).every(([key, text]) => bucket.labels[key] === text),
    );
    const bounds = own.map((bucket) => (bucket.labels['le'] === '+Inf' ? Infinity : Number(bucket.labels['le'])));
    assert.deepEqual(
      bounds,
      bounds.toSorted((a, b) => a - b),
      `${family}: buckets in order`,
    );
    assert.ok(
      own.every((bucket, place) => bucket.value >= (own[place - 1]?.value ?? 0)),
      `${family}: never fewer`,
    );
    assert.equal(own.at(-1)?.labels['le'], '+Inf');
    assert.equal(own.at(-1)?.value, value);
  }
  assert.equal(samples.get(`${family}_sum`)?.length, samples.get(`${family}_count`)?.length);
}

export function readPrometheusText(text: string): ReadonlyMap<string, ScrapedFamily> {
  assert.ok(text.endsWith('\n'), 'the last line ends');
  const families = new Map<string, { type: string; help: string; samples: Map<string, Sample[]> }>();
  let current = '';
  let help: { readonly of: string; readonly text: string } | undefined;
  const series = new Set<string>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const about = new RegExp(`^# (HELP|TYPE) (${name}) (.*)$`).exec(line);
    if (about !== null) {
      const [, kind, of = '', rest = ''] = about;
      if (kind === 'HELP') {
        assert.ok(!families.has(of), `${of} is told twice`);
        help = { of, text: rest };
        continue;
      }
      assert.equal(help?.of, of, `${of} has help`);
      assert.match(rest, /^(?:counter|gauge|histogram)$/);
      families.set(of, { type: rest, help: help?.text ?? '', samples: new Map() });
      current = of;
      continue;
    }
    const [, key = '', labelText = '', value = ''] = new RegExp(`^(${name})(?:\\{(.*)\\})? (\\S+)$`).exec(line) ?? [];
    assert.match(value, number, `no sample: ${line}`);
    const family = families.get(current);
    const suffixes = family?.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
    assert.ok(
      family !== undefined && suffixes.some((suffix) => key === `${current}${suffix}`),
      `${key} after ${current}`,
    );
    const labels = readLabels(labelText);
    assert.ok(!('quantile' in labels), 'only summaries have quantiles');
    const identity = `${key} ${JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))}`;
    assert.ok(!series.has(identity), `${identity} twice`);
    series.add(identity);
    const sample = { labels, value: Number(value.replace(/Inf$/i, 'Infinity')) };
    family.samples.set(key, [...(family.samples.get(key) ?? []), sample]);
  }
  for (const [of, { type, samples }] of families) {
    if (type === 'histogram') assertHistogram(of, samples);
    if (type === 'counter') for (const { value } of samples.get(of) ?? []) assert.ok(value >= 0, `${of} is below zero`);
  }
  return families;
}
