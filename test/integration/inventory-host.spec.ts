import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { promisify } from 'node:util';
import { netmaskOf } from '../../src/lib/addresses.ts';
import { startTestAgent, type TestAgent } from '../lib/agent.ts';
import type { ApiClient } from '../lib/api-client.ts';
import { EventStream } from '../lib/event-stream.ts';
import { skip } from '../lib/skip.ts';

type Row = Record<string, unknown>;
type Records = Record<string, Row>;

const run = promisify(execFile);

/** Output of a program; undefined when it is not there or fails. */
async function output(program: string, ...args: readonly string[]): Promise<string | undefined> {
  try {
    const environment = { ...process.env, LANG: 'C', LC_ALL: 'C' };
    return (await run(program, args, { timeout: 20_000, env: environment, maxBuffer: 16_777_216 })).stdout;
  } catch {
    return undefined;
  }
}

interface IpAddress {
  readonly family: string;
  readonly local: string;
  readonly prefixlen: number;
  readonly scope: string;
  readonly temporary?: boolean;
}

interface IpLink {
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly address: string;
  readonly permaddr?: string;
  readonly parentdev?: string;
  readonly master?: string;
  readonly linkinfo?: { readonly info_kind?: string };
  readonly addr_info: readonly IpAddress[];
}

describe('the inventory of this machine agrees with', function () {
  this.timeout(60_000);
  let agent: TestAgent;
  let api: ApiClient;
  let host: Row;

  before(async () => {
    agent = await startTestAgent();
    api = await agent.client();
    [host = {}] = Object.values(await records('host'));
  });
  after(() => agent.remove());

  const records = (name: string): Promise<Records> => api.call<Records>(`${name}.get_all_records`);
  const text = (key: string, name: string): string => (host[name] as Record<string, string>)[key] ?? '';

  it('lscpu', async function () {
    const json = await output('lscpu', '-J');
    if (json === undefined) skip(this, 'lscpu is not installed');
    const { lscpu } = JSON.parse(json) as { lscpu: { field: string; data: string }[] };
    const told = new Map(lscpu.map(({ field, data }) => [field.replace(/:$/, ''), data]));
    const cpus = Object.values(await records('host_cpu'));
    assert.equal(cpus.length, Number(told.get('CPU(s)')));
    assert.deepEqual(
      cpus.map((cpu) => Number(cpu['number'])).toSorted((a, b) => a - b),
      cpus.map((_cpu, index) => index),
    );
    // Of other processors lscpu has names of its own.
    const x86 = (told.get('Architecture') ?? '').startsWith('x86');
    for (const cpu of x86 ? cpus : []) {
      const pairs: readonly (readonly [string, string])[] = [
        ['vendor', 'Vendor ID'],
        ['modelname', 'Model name'],
        ['stepping', 'Stepping'],
        ['family', 'CPU family'],
        ['model', 'Model'],
        ['flags', 'Flags'],
      ];
      for (const [field, name] of pairs) {
        if (told.has(name)) assert.equal(String(cpu[field]), told.get(name), field);
      }
    }
    assert.equal(text('cpu_count', 'cpu_info'), told.get('CPU(s)'));
    if (x86) assert.equal(text('modelname', 'cpu_info'), told.get('Model name'));
    if (text('socket_count', 'cpu_info') !== '') {
      assert.equal(text('socket_count', 'cpu_info'), told.get('Socket(s)'));
      assert.equal(text('threads_per_core', 'cpu_info'), told.get('Thread(s) per core'));
      assert.equal(text('cores_per_socket', 'cpu_configuration'), told.get('Core(s) per socket'));
    }
    if (told.has('NUMA node(s)')) assert.equal(text('nr_nodes', 'cpu_configuration'), told.get('NUMA node(s)'));
  });

  it('free', async function () {
    const told = await output('free', '-b');
    if (told === undefined) skip(this, 'free is not installed');
    const [, total, , , , , available] = /^Mem:\s.*$/m.exec(told)?.[0].split(/\s+/) ?? [];
    const [metrics] = Object.values(await records('host_metrics'));
    assert.equal(Number(metrics?.['memory_total']), Number(total));
    // Between the two readings the machine went on; other tests run on it too.
    const apart = Math.abs(Number(metrics?.['memory_free']) - Number(available));
    assert.ok(apart < Number(total) / 4, `${String(metrics?.['memory_free'])} is far from ${available}`);
    assert.equal(metrics?.['live'], true);
  });

  it('uname, hostname, os-release, uptime and /etc/localtime', async () => {
    assert.equal(text('linux', 'software_version'), (await output('uname', '-r'))?.trim());
    assert.equal(host['hostname'], (await output('uname', '-n'))?.trim());
    const name = await output('sh', '-c', '. /etc/os-release; printf "%s %s" "$NAME" "$VERSION_ID"');
    assert.equal(text('distribution', 'software_version'), name?.trim());
    const since = await output('sh', '-c', "sed -n 's/^btime //p' /proc/stat");
    assert.equal(Number.parseFloat(text('boot_time', 'other_config')), Number(since));
    for (const key of ['xapi', 'product_version', 'product_brand', 'platform_version']) {
      assert.notEqual(text(key, 'software_version'), '', `clients read software_version.${key}`);
    }
    let zone: string | undefined;
    try {
      zone = readlinkSync('/etc/localtime').split('/zoneinfo/')[1];
    } catch {
      // A copy, or nothing at all.
    }
    if (zone !== undefined) assert.equal(host['timezone'], zone);
  });

  it('ip address and ip route', async function () {
    const json = await output('ip', '-j', '-d', 'address', 'show');
    if (json === undefined) skip(this, 'iproute2 is not installed');
    const links = (JSON.parse(json) as IpLink[]).filter(({ parentdev, linkinfo }) => {
      return parentdev !== undefined && linkinfo?.info_kind === undefined;
    });
    const pifs = Object.values(await records('PIF')).filter((row) => row['physical'] === true);
    if (links.length === 0) skip(this, 'this machine has no network card');
    for (const link of links) {
      const pif = pifs.find((row) => row['device'] === link.ifname) ?? assert.fail(`no PIF for ${link.ifname}`);
      assert.deepEqual(
        [pif['MAC'], pif['MTU'], pif['VLAN'], pif['currently_attached']],
        [link.permaddr ?? link.address, link.mtu, -1, link.flags.includes('UP')],
      );
      if (link.master === undefined) assert.deepEqual(addressesOf(pif), expected(link));
      const metrics = (await records('PIF_metrics'))[String(pif['metrics'])];
      assert.equal(metrics?.['carrier'], link.flags.includes('LOWER_UP'));
    }
    const [route] = JSON.parse((await output('ip', '-j', 'route', 'show', 'default')) ?? '[]') as {
      dev: string;
      gateway?: string;
    }[];
    if (route?.gateway === undefined || !links.some(({ ifname }) => ifname === route.dev)) return;
    const management = pifs.filter((row) => row['management'] === true);
    assert.deepEqual(
      management.map((row) => [row['device'], row['gateway']]),
      [[route.dev, route.gateway]],
    );
    assert.equal(host['address'], management[0]?.['IP']);
  });

  function addressesOf(pif: Row): unknown {
    return [pif['IP'], pif['netmask'], pif['IPv6']];
  }

  function expected({ addr_info }: IpLink): unknown {
    const global = addr_info.filter(({ scope }) => scope === 'global');
    const v4 = global.find(({ family }) => family === 'inet');
    const v6 = global.filter(({ family, temporary }) => family === 'inet6' && temporary !== true);
    return [
      v4?.local ?? '',
      v4 === undefined ? '' : netmaskOf(v4.prefixlen),
      v6.map(({ local, prefixlen }) => `${local}/${prefixlen}`),
    ];
  }

  it('itself: every interface has its figures, its network and its host', async () => {
    const [pifs, metrics, networks] = [await records('PIF'), await records('PIF_metrics'), await records('network')];
    const [ref] = Object.keys(await records('host'));
    for (const [pif, row] of Object.entries(pifs)) {
      assert.equal(row['host'], ref);
      assert.ok(metrics[String(row['metrics'])] !== undefined);
      const network = networks[String(row['network'])] ?? assert.fail('it is in no network');
      assert.ok((network['PIFs'] as string[]).includes(pif));
      assert.notEqual(network['bridge'], '');
    }
    assert.equal(Object.keys(await records('pool')).length, 1);
    assert.deepEqual(await records('SM'), {});
    assert.deepEqual(await records('console'), {});
  });
});

describe('the inventory, when the agent starts again', function () {
  this.timeout(60_000);

  it('keeps every reference and uuid, and changes nothing that did not change', async () => {
    let agent = await startTestAgent();
    try {
      const classes = ['host', 'host_cpu', 'host_metrics', 'PIF', 'PIF_metrics', 'network', 'pool'];
      const all = async (): Promise<unknown> => {
        const api = await agent.client();
        const found = await Promise.all(classes.map((name) => api.call<Records>(`${name}.get_all_records`)));
        return found.map((rows) =>
          Object.entries(rows).map(([ref, { uuid, device, number, bridge, MAC }]) => ({
            ref,
            uuid,
            device,
            number,
            bridge,
            MAC,
          })),
        );
      };
      const before = await all();
      agent = await agent.restart();
      assert.deepEqual(await all(), before);
    } finally {
      await agent.remove();
    }
  });
});

describe('load and memory, as they change', function () {
  this.timeout(60_000);

  it('arrive as events of the processors and the figures of the host', async () => {
    const agent = await startTestAgent({ settings: { 'host-figures-interval': '0.1' } });
    try {
      const events = await new EventStream(await agent.client(), ['host_cpu', 'host_metrics']).begin();
      const seen = await events.until('a load', (all) => all.some((event) => event.class === 'host_cpu'));
      for (const { operation, snapshot } of seen) {
        assert.equal(operation, 'mod');
        const share = snapshot?.['utilisation'] ?? 0;
        assert.ok(typeof share === 'number' && share >= 0 && share <= 1, JSON.stringify(snapshot));
      }
    } finally {
      await agent.remove();
    }
  });
});
