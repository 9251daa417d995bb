/** Figures as Xen Orchestra asks for them, with its own client library. */
import assert from 'node:assert/strict';
import { createClient, type Xapi } from 'xen-api';
import { accountPrograms } from '../lib/accounts.ts';
import { startTestAgent, type TestAgent } from '../lib/agent.ts';

const auth = { user: 'root', password: 'toor' };

interface Updates {
  readonly meta: { readonly step: number; readonly end: number; readonly legend: readonly string[] };
  readonly data: readonly { readonly t: number; readonly values: readonly string[] }[];
}

describe('figures for xen-api', () => {
  let host: TestAgent;
  let xapi: Xapi;

  before(async () => {
    host = await startTestAgent({
      listen: '127.0.0.1:0',
      programs: accountPrograms({ root: { password: auth.password, uid: 0, groups: ['root'] } }),
    });
    const url = `https://${host.agent.addresses[1]}`;
    xapi = createClient({ url, auth, allowUnauthorized: true, debounce: 10 });
    await xapi.connect();
    await xapi.objectsFetched;
  });
  after(async () => {
    await xapi.disconnect();
    await host.remove();
  });

  const text = async (path: string, query: Readonly<Record<string, string | number>>, task?: boolean) => {
    const reply = await xapi.getResource(path, { query, ...(task === undefined ? {} : { task }) });
    return reply.body.text();
  };

  // It looks at the end first, then asks for as much as the archive of a step holds, and takes no other step.
  const pointsPerStep = { 5: 120, 60: 120, 3600: 168, 86_400: 366 };
  for (const [step, points] of Object.entries(pointsPerStep)) {
    it(`come in steps of ${step} seconds when they are asked for`, async () => {
      const now = Math.floor(host.world.clock.nowMs() / 1000);
      const query = {
        cf: 'AVERAGE',
        host: 'true',
        json: 'true',
        interval: step,
        start: now - Number(step) * (points - 1),
      };
      const { meta, data } = JSON.parse(await text('/rrd_updates', query)) as Updates;
      assert.equal(meta.step, Number(step));
      assert.ok(data.length >= points - 2 && data.length <= points, `${data.length} rows`);
      const metrics = meta.legend.map((entry) => {
        const [, kind, uuid, name] = /^AVERAGE:([^:]+):(.+):(.+)$/.exec(entry) ?? [];
        assert.deepEqual([kind, uuid], ['host', host.agent.hostUuid]);
        return name;
      });
      for (const name of ['cpu0', 'loadavg', 'memory_total_kib', 'memory_free_kib']) assert.ok(metrics.includes(name));
    });
  }

  it('end the task that the client made for the transfer', async () => {
    const rrd = await text('/host_rrd', { json: 'true' }, true);
    assert.equal((JSON.parse(rrd) as { step: string }).step, '5');
  });
});
