import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startTestAgent, type TestAgent } from '../lib/agent.ts';
import type { ApiClient } from '../lib/api-client.ts';
import { failureOf } from '../lib/failures.ts';
import { httpGet } from '../lib/http-get.ts';
import { readPrometheusText, type ScrapedFamily } from '../lib/prometheus-text.ts';
import { skip } from '../lib/skip.ts';

const run = promisify(execFile);

interface Source {
  readonly name_label: string;
  readonly enabled: boolean;
  readonly units: string;
  readonly min: number;
  readonly max: number | string | null;
  readonly value: number | null;
}

interface Updates {
  readonly meta: Readonly<Record<'start' | 'step' | 'end' | 'rows' | 'columns', number>> & {
    readonly legend: readonly string[];
  };
  readonly data: readonly { readonly t: number; readonly values: readonly string[] }[];
}

/** Counters of the kernel, read by other means than the agent's. */
async function kernelCounters(): Promise<Readonly<Record<string, number>>> {
  const [, network = ''] = /^ *eth0:(.*)$/m.exec(await readFile('/proc/net/dev', 'utf8')) ?? [];
  const words = network.trim().split(/\s+/).map(Number);
  const found: Record<string, number> = {};
  if (words.length >= 16) {
    found['receive_bytes'] = words[0] ?? 0;
    found['transmit_bytes'] = words[8] ?? 0;
  }
  for (const [, cpu, times = ''] of (await readFile('/proc/stat', 'utf8')).matchAll(/^cpu(\d+) (.*)$/gm)) {
    const [user = 0, nice = 0, system = 0, , , irq = 0, soft = 0, steal = 0] = times.split(' ').map(Number);
    found[`cpu ${cpu}`] = (user + nice + system + irq + soft + steal) / 100;
  }
  return found;
}

async function memoryKib(name: string): Promise<number> {
  const text = await readFile('/proc/meminfo', 'utf8');
  return Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1]);
}

describe('figures of the host', function () {
  this.timeout(60_000);
  let host: TestAgent;
  let api: ApiClient;
  let ref = '';
  let uuid = '';

  before(async () => {
    host = await startTestAgent();
    api = await host.client();
    [ref = ''] = await api.call<string[]>('host.get_all');
    uuid = await api.call<string>('host.get_uuid', ref);
    await untilArchived();
  });
  after(() => host.remove());

  const get = async (path: string): Promise<string> => {
    const got = await httpGet(host.world.http, { socketPath: host.socketPath }, path);
    assert.equal(got.status, 200, got.text);
    return got.text;
  };
  const updates = async (query: string): Promise<Updates> =>
    JSON.parse(await get(`/rrd_updates?json=true&${query}`)) as Updates;
  const scrape = async (): Promise<ReadonlyMap<string, ScrapedFamily>> => readPrometheusText(await get('/metrics'));
  const sources = (): Promise<readonly Source[]> => api.call('host.get_data_sources', ref);

  /** Rates need two samples, and a row needs half of its five seconds. */
  async function untilArchived(): Promise<void> {
    const isKnown = async (): Promise<boolean> => {
      const { meta, data } = await updates('start=-10&cf=AVERAGE&host=true');
      const column = meta.legend.indexOf(`AVERAGE:host:${uuid}:cpu_avg`);
      return data[0]?.values[column] !== undefined && data[0].values[column] !== 'NaN';
    };
    while (!(await isKnown())) await host.world.clock.sleep(100);
  }

  it('are told as records of data sources', async () => {
    const all = await sources();
    const names = all.map(({ name_label }) => name_label);
    assert.equal(new Set(names).size, names.length);
    for (const name of ['cpu0', 'cpu_avg', 'loadavg', 'memory_total_kib', 'memory_free_kib', 'xapi_memory_usage_kib']) {
      assert.ok(names.includes(name), name);
    }
    for (const { enabled, units, min, value } of all) {
      assert.equal(enabled, true);
      assert.notEqual(units, '');
      assert.equal(min, 0);
      assert.ok(value === null || value >= 0);
    }
    const total = await api.call<number>('host.query_data_source', ref, 'memory_total_kib');
    assert.equal(total, await memoryKib('MemTotal'));
  });

  it('are refused by name when there are none of it', async () => {
    for (const message of ['query_data_source', 'record_data_source', 'forget_data_source_archives']) {
      assert.deepEqual(await failureOf(api.call(`host.${message}`, ref, 'no such')), [
        'INVALID_VALUE',
        'data_source',
        'no such',
      ]);
    }
  });

  it('agree with the kernel', async () => {
    const before = await kernelCounters();
    const families = await scrape();
    await host.world.clock.sleep(5100);
    const later = await scrape();
    const after = await kernelCounters();
    const value = (of: ReadonlyMap<string, ScrapedFamily>, name: string, label?: string): number | undefined =>
      of
        .get(name)
        ?.samples.get(name)
        ?.find(({ labels }) => label === undefined || Object.values(labels).includes(label))?.value;
    // What was scraped at first is at most five seconds older than what the kernel said then; the rest is in between.
    for (const [key, counter] of Object.entries(before)) {
      const [kind = '', instance] = key.split(' ');
      const name = kind === 'cpu' ? 'quorate_host_cpu_busy_seconds_total' : `quorate_host_network_${kind}_total`;
      const scraped = [value(families, name, instance ?? 'eth0'), value(later, name, instance ?? 'eth0')];
      assert.ok((scraped[0] ?? Infinity) <= counter + 0.02, `${key}: ${scraped[0]} before ${counter}`);
      assert.ok((scraped[1] ?? -1) >= counter - 0.02, `${key}: ${scraped[1]} after ${counter}`);
      assert.ok((scraped[1] ?? Infinity) <= (after[key] ?? 0) + 0.02, key);
    }
    assert.equal(value(later, 'quorate_host_memory_total_bytes'), (await memoryKib('MemTotal')) * 1024);
    const free = (value(later, 'quorate_host_memory_available_bytes') ?? 0) / 1024;
    const really = await memoryKib('MemAvailable');
    assert.ok(Math.abs(free - really) < 0.25 * (await memoryKib('MemTotal')), `${free} KiB, really ${really}`);
    const processors = (await readFile('/proc/stat', 'utf8')).match(/^cpu\d+ /gm)?.length;
    const shares = (await sources()).filter(({ name_label }) => /^cpu\d+$/.test(name_label));
    assert.equal(shares.length, processors);
    assert.ok(shares.every((share) => share.value !== null && share.value <= 1));
  });

  it('come as updates, in JSON and in XML alike', async () => {
    const start = Math.floor(host.world.clock.nowMs() / 1000) - 60;
    const { meta, data } = await updates(`start=${start}&cf=AVERAGE&host=true`);
    assert.equal(meta.step, 5);
    assert.equal(meta.end % 5, 0);
    assert.equal(meta.rows, data.length);
    assert.equal(meta.columns, meta.legend.length);
    assert.ok(meta.legend.includes(`AVERAGE:host:${uuid}:cpu0`));
    assert.deepEqual(
      data.map(({ t }) => t),
      data.map((_row, place) => meta.end - 5 * place),
    );
    for (const { values } of data) {
      assert.equal(values.length, meta.columns);
      for (const value of values) assert.ok(value === 'NaN' || Number.isFinite(Number(value)), value);
    }
    const total = meta.legend.indexOf(`AVERAGE:host:${uuid}:memory_total_kib`);
    assert.equal(Number(data[0]?.values[total]), await memoryKib('MemTotal'));

    const xml = await get(`/rrd_updates?start=${start}&cf=AVERAGE&host=true`);
    assert.match(
      xml,
      /^<\?xml version="1\.0"\?><xport><meta><start>\d+<\/start><step>5<\/step><end>\d+<\/end><rows>\d+<\/rows>/,
    );
    assert.deepEqual(
      [...xml.matchAll(/<entry>([^<]*)<\/entry>/g)].map(([, entry]) => entry),
      meta.legend,
    );
    const rows = [...xml.matchAll(/<row><t>(\d+)<\/t>((?:<v>[^<]*<\/v>)*)<\/row>/g)];
    assert.equal(rows.length, Number(/<rows>(\d+)</.exec(xml)?.[1]));
    const same = rows.find(([, time]) => Number(time) === data[0]?.t);
    const values = [...(same?.[2] ?? '').matchAll(/<v>([^<]*)<\/v>/g)].map(([, value]) => value);
    assert.deepEqual(values, data[0]?.values);
  });

  it('are those of the host only when they are asked for, and of all kinds when none is named', async () => {
    assert.deepEqual((await updates('start=-60')).meta.legend, []);
    const { meta } = await updates('start=-60&interval=60&host=true');
    assert.deepEqual(new Set(meta.legend.map((entry) => entry.split(':')[0])), new Set(['AVERAGE', 'MIN', 'MAX']));
    assert.equal(meta.step, 60);
  });

  it('come as whole archives that rrdtool takes', async function () {
    const xml = await get('/host_rrd');
    const archives = [...xml.matchAll(/<cf>(\w+)<\/cf><pdp_per_row>(\d+)<\/pdp_per_row>/g)].map(([, cf, n]) => [
      cf,
      Number(n),
    ]);
    const coarse = (slots: number): unknown[] => ['AVERAGE', 'MIN', 'MAX'].map((cf) => [cf, slots]);
    assert.deepEqual(archives, [['AVERAGE', 1], ...coarse(12), ...coarse(720), ...coarse(17_280)]);
    assert.match(
      xml,
      /<name>cpu_avg<\/name><type>GAUGE<\/type><minimal_heartbeat>30<\/minimal_heartbeat><min>0\.0<\/min><max>1<\/max>/,
    );
    if (!existsSync('/usr/bin/rrdtool')) skip(this, 'there is no rrdtool on this machine');
    const [from, to] = [join(host.directory, 'figures.xml'), join(host.directory, 'figures.rrd')];
    // rrdtool has room for nineteen letters in a name, and the API has longer ones.
    await writeFile(
      from,
      xml.replaceAll(/<name>([^<]*)<\/name>/g, (_all, name: string) => `<name>${name.slice(-19)}</name>`),
    );
    await run('rrdtool', ['restore', from, to]);
    const last = Number(/<lastupdate>(\d+)</.exec(xml)?.[1]);
    const end = last - (last % 5);
    const { stdout } = await run('rrdtool', ['fetch', to, 'AVERAGE', '-s', String(end - 5), '-e', String(end - 5)]);
    const names = (stdout.split('\n')[0] ?? '').trim().split(/\s+/);
    const row = stdout.split('\n').find((line) => line.startsWith(`${end}:`));
    const values = (row ?? '').replace(/^\d+:/, '').trim().split(/\s+/).map(Number);
    assert.equal(values[names.indexOf('memory_total_kib')], await memoryKib('MemTotal'));
  });

  it('come as whole archives in JSON', async () => {
    const rrd = JSON.parse(await get('/host_rrd?json=true')) as {
      version: string;
      step: string;
      ds: { name: string; last_ds: string }[];
      rra: { cf: string; pdp_per_row: string; cdp_prep: { ds: unknown[] }; database: string[][] }[];
    };
    assert.deepEqual([rrd.version, rrd.step], ['0003', '5']);
    assert.deepEqual(
      rrd.rra.map(({ database }) => database.length),
      [120, 120, 120, 120, 168, 168, 168, 366, 366, 366],
    );
    for (const { database, cdp_prep } of rrd.rra) {
      assert.equal(cdp_prep.ds.length, rrd.ds.length);
      assert.ok(database.every((row) => row.length === rrd.ds.length));
    }
    assert.ok(rrd.ds.some(({ name }) => name === 'cpu_avg'));
    // The last reading stands there at once, however short the time since the last slot has ended.
    assert.equal(Number(rrd.ds.find(({ name }) => name === 'memory_total_kib')?.last_ds), await memoryKib('MemTotal'));
  });

  it('tell Prometheus of the agent too', async () => {
    await failureOf(api.call('no.such_method'));
    await failureOf(api.call('nor.this_one'));
    await failureOf(api.call('host.get_uuid', 'OpaqueRef:none'));
    const { token } = await api.call<{ token: string }>('event.from', ['pool'], '', 0.1);
    const [pool = ''] = await api.call<string[]>('pool.get_all');
    const told = api.call('event.from', ['pool'], token, 20.1);
    while (sum(await scrape(), 'quorate_waiting_subscribers') === 0) await host.world.clock.sleep(5);
    await api.call('pool.set_name_label', pool, 'renamed');
    await told;
    const families = await scrape();
    const samples = (name: string, suffix = '') => families.get(name)?.samples.get(`${name}${suffix}`) ?? [];
    const of = (method: string) => (sample: { readonly labels: Readonly<Record<string, string>> }) =>
      sample.labels['method'] === method;
    const failures = samples('quorate_request_failures_total');
    assert.equal(failures.find(of('unknown'))?.value, 2);
    assert.ok((failures.find(of('host.get_uuid'))?.value ?? 0) >= 1);
    const counts = samples('quorate_request_duration_seconds', '_count');
    assert.equal(counts.find(of('pool.set_name_label'))?.value, 1);
    assert.ok(counts.every(({ labels }) => labels['method'] !== 'no.such_method'));
    assert.equal(sum(families, 'quorate_sessions'), 1);
    assert.equal(sum(families, 'quorate_waiting_subscribers'), 0);
    assert.ok(sum(families, 'quorate_connections') >= 1);
    assert.ok(sum(families, 'quorate_event_lag_seconds', '_count') >= 1);
    assert.ok(sum(families, 'quorate_database_durable_wait_seconds', '_count') >= 1);
    assert.ok(sum(families, 'quorate_database_commits_total') >= 1);
    assert.ok(sum(families, 'quorate_database_generation') > 0);
    assert.ok(sum(families, 'quorate_resident_memory_bytes') > 1e6);
    assert.ok(sum(families, 'quorate_cpu_seconds_total') > 0);
    assert.ok(sum(families, 'quorate_open_files') > 3);
    const delays = ['p50', 'p99', 'max'].map((which) => sum(families, `quorate_event_loop_delay_${which}_seconds`));
    assert.ok(
      delays.every((delay, place) => delay >= (delays[place - 1] ?? 0)),
      String(delays),
    );
    assert.equal(samples('quorate_info')[0]?.labels['host'], uuid);
  });

  it('are all in the reference, by their names', async () => {
    const reference = await readFile(join(import.meta.dirname, '../../docs/reference/metrics.md'), 'utf8');
    const names = new Set([...reference.matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name));
    for (const name of (await scrape()).keys()) assert.ok(names.has(name), name);
    const patterns = [...names].map((name) => new RegExp(`^${name.replace('*', '.+')}$`));
    for (const { name_label } of await sources()) {
      assert.ok(
        patterns.some((pattern) => pattern.test(name_label)),
        name_label,
      );
    }
  });

  it('keep their archives over a restart, and what was turned off', async () => {
    const { data } = await updates('start=-30&cf=AVERAGE&host=true');
    const newest = data[0]?.t ?? 0;
    await api.call('host.forget_data_source_archives', ref, 'loadavg');
    assert.equal((await sources()).find(({ name_label }) => name_label === 'loadavg')?.enabled, false);
    host = await host.restart();
    api = await host.client();
    const again = await updates(`start=${newest - 1}&cf=AVERAGE&host=true`);
    const names = again.meta.legend.map((entry) => entry.split(':').at(-1));
    assert.ok(!names.includes('loadavg'));
    const row = again.data.find(({ t }) => t === newest);
    assert.equal(Number(row?.values[names.indexOf('memory_total_kib')]), await memoryKib('MemTotal'));
    await api.call('host.record_data_source', ref, 'loadavg');
    assert.equal((await sources()).find(({ name_label }) => name_label === 'loadavg')?.enabled, true);
  });
});

function sum(families: ReadonlyMap<string, ScrapedFamily>, name: string, suffix = ''): number {
  const samples = families.get(name)?.samples.get(`${name}${suffix}`) ?? [];
  return samples.reduce((total, { value }) => total + value, 0);
}
