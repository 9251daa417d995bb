import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { HttpListener } from '../../src/world/world.ts';
import { linuxTestWorld, type TestWorld } from '../lib/linux-world.ts';
import { postBytes, RawClient } from '../lib/raw-client.ts';

describe('fairness of the listener', () => {
  let test: TestWorld;
  let listener: HttpListener;
  let path: string;
  const order: string[] = [];

  const busy = (forMs: number): void => {
    const endMs = performance.now() + forMs;
    while (performance.now() < endMs);
  };

  beforeEach(async () => {
    order.length = 0;
    test = await linuxTestWorld();
    path = join(test.directory, 'socket');
    listener = await test.world.http.listen({ kind: 'unix', path, mode: 0o600 }, (request) => {
      order.push(request.path);
      busy(1);
      return { status: 200, headers: {}, body: request.path };
    });
  });

  afterEach(async () => {
    await listener.close(0);
    await test.end();
  });

  it('serves a client at once while another one floods', async () => {
    const flooding = await RawClient.unix(path);
    const other = await RawClient.unix(path);
    flooding.send(postBytes('', '/flood').repeat(500));
    while (order.length === 0) await test.world.clock.yield();
    for (let count = 0; count < 10; count++) {
      const before = order.length;
      other.send(postBytes('', '/other'));
      assert.equal((await other.reply())?.body, '/other');
      const between = order.slice(before).filter((each) => each === '/flood').length;
      // A slice of the flood while the request was on its way, one while it was read, one while the answer was.
      assert.ok(between <= 15, `${between} requests of the flood went first`);
    }
    assert.ok(order.length < 500, 'the flood was over too early to show anything');
    flooding.close();
    other.close();
  });

  it('shares among several that flood', async () => {
    const flooding = await Promise.all([1, 2, 3].map(() => RawClient.unix(path)));
    flooding.forEach((one, index) => one.send(postBytes('', `/${index}`).repeat(100)));
    while (order.length < 150) await test.world.clock.yield();
    const counts = flooding.map((_, index) => order.slice(0, 150).filter((each) => each === `/${index}`).length);
    assert.ok(Math.min(...counts) >= 35, `they got ${counts.join(', ')}`);
    for (const one of flooding) one.close();
  });

  it('lets the loop turn while one client floods', async () => {
    const flooding = await RawClient.unix(path);
    flooding.send(postBytes('', '/flood').repeat(200));
    let turns = 0;
    while (order.length < 200) {
      turns++;
      await test.world.clock.yield();
    }
    assert.ok(turns >= 200 / 8, `only ${turns} turns`);
    flooding.close();
  });
});
