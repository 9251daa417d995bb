import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type Limits, limits } from '../../src/lib/limits.ts';
import type { HttpHandler, HttpListener, HttpReply, HttpRequest } from '../../src/world/world.ts';
import { linuxTestWorld, type TestWorld } from '../lib/linux-world.ts';
import { postBytes, RawClient } from '../lib/raw-client.ts';

const ok = (body: string): HttpReply => ({ status: 200, headers: {}, body });

describe('limits of the listener', () => {
  let test: TestWorld;
  let listener: HttpListener;
  let path: string;
  let clients: RawClient[];

  const start = async (changed: Partial<Limits>, handler: HttpHandler): Promise<void> => {
    test = await linuxTestWorld(changed);
    path = join(test.directory, 'socket');
    clients = [];
    listener = await test.world.http.listen({ kind: 'unix', path, mode: 0o600 }, handler);
  };

  const client = async (): Promise<RawClient> => {
    const made = await RawClient.unix(path);
    clients.push(made);
    return made;
  };

  const refused = async (bytes: string): Promise<number | undefined> => {
    const one = await client();
    one.send(bytes);
    const reply = await one.reply();
    assert.match(reply?.body ?? '', /^<html>/);
    assert.equal(reply?.headers['connection'], 'close');
    await one.end();
    return reply?.status;
  };

  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await test.world.clock.sleep(5);
  };

  const stillServes = async (): Promise<void> => {
    const one = await client();
    one.send(postBytes('again'));
    assert.equal((await one.reply())?.status, 200);
  };

  afterEach(async () => {
    for (const one of clients) one.close();
    await listener.close(0);
    await test.end();
  });

  it('takes the longest body, and answers one byte more with 413 before it comes', async () => {
    await start({ lingerMs: 50 }, (request) => ok(String(request.body.byteLength)));
    const one = await client();
    one.send(postBytes('x'.repeat(limits.requestBodyBytes)));
    assert.equal((await one.reply())?.body, String(limits.requestBodyBytes));
    assert.equal(
      await refused(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${limits.requestBodyBytes + 1}\r\n\r\n`),
      413,
    );
    await stillServes();
  });

  it('lets a client that sends a refused body see the answer', async () => {
    await start({}, () => ok(''));
    const one = await client();
    one.send(postBytes('x'.repeat(limits.requestBodyBytes * 4)));
    assert.equal((await one.reply())?.status, 413);
    await one.end();
  });

  it('stops reading a refused body that has no end', async () => {
    await start({ lingerBytes: 1_000_000 }, () => ok(''));
    const one = await client();
    one.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\n');
    assert.equal((await one.reply())?.status, 413);
    const piece = Buffer.alloc(65_536);
    while (!one.ended) {
      one.send(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await stillServes();
  });

  it('wants a length with a body', async () => {
    await start({}, () => ok(''));
    assert.equal(
      await refused('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'),
      411,
    );
    assert.equal(await refused('POST / HTTP/1.1\r\nHost: x\r\n\r\n'), 411);
    assert.equal(await refused('GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'), 411);
  });

  it('answers headers that are too long with 431', async () => {
    await start({}, () => ok(''));
    assert.equal(
      await refused(`GET / HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(limits.requestHeaderBytes)}\r\n\r\n`),
      431,
    );
    await stillServes();
  });

  it('answers 408 when the headers come too slowly, and closes a silent connection without a word', async () => {
    await start({ headersTimeoutMs: 60, requestTimeoutMs: 120 }, () => ok(''));
    assert.equal(await refused('GET / HTTP/1.1\r\nHost'), 408);
    const silent = await client();
    await silent.end();
    assert.equal(silent.received.length, 0);
  });

  it('answers 408 when the body comes too slowly, however steadily', async () => {
    await start({ headersTimeoutMs: 60, requestTimeoutMs: 200 }, () => ok(''));
    const slow = await client();
    slow.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n');
    const drip = setInterval(() => slow.send('x'), 5);
    const reply = await slow.reply();
    clearInterval(drip);
    assert.equal(reply?.status, 408);
    await slow.end();
    await stillServes();
  });

  it('closes a connection that asks nothing more', async () => {
    await start({ idleConnectionMs: 50 }, () => ok(''));
    const one = await client();
    one.send(postBytes(''));
    assert.equal((await one.reply())?.status, 200);
    await one.end();
  });

  it('keeps a connection whose request takes long', async () => {
    let answer: ((reply: HttpReply) => void) | undefined;
    await start({ idleConnectionMs: 20, stalledReplyMs: 20, headersTimeoutMs: 20, requestTimeoutMs: 20 }, () => {
      return new Promise((resolve) => {
        answer = resolve;
      });
    });
    const one = await client();
    one.send(postBytes(''));
    await test.world.clock.sleep(200);
    answer?.(ok('at last'));
    assert.equal((await one.reply())?.body, 'at last');
  });

  it('cuts off a client that takes nothing of its reply', async () => {
    let made = 0;
    let stopped = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          made++;
          yield Buffer.alloc(65_536);
        }
      } finally {
        stopped = true;
      }
    }
    await start({ stalledReplyMs: 100 }, (request) =>
      request.path === '/' ? ok('') : { status: 200, headers: {}, body: endless() },
    );
    const one = await client();
    one.socket.pause();
    one.send(postBytes('', '/endless'));
    await until(() => stopped);
    // No more was made than the kernel and one buffer took.
    assert.ok(made < 100, `${made} slices were made`);
    assert.ok(test.lines.some((line) => line.includes('took nothing of its reply')));
    await stillServes();
  });

  it('cuts off a client that takes nothing of a reply in one piece', async () => {
    await start({ stalledReplyMs: 100 }, (request) => ok(request.path === '/' ? '' : 'x'.repeat(20_000_000)));
    const one = await client();
    one.socket.pause();
    one.send(postBytes('', '/long'));
    await until(() => test.lines.some((line) => line.includes('took nothing of its reply')));
    await stillServes();
  });

  it('keeps a client that takes its reply slowly', async () => {
    await start({ stalledReplyMs: 800 }, () => ok('x'.repeat(6_000_000)));
    const one = await client();
    one.socket.on('data', () => {
      one.socket.pause();
      setTimeout(() => one.socket.resume(), 15);
    });
    const startedMs = test.world.clock.monotonicMs();
    one.send(postBytes(''));
    const reply = await one.reply();
    assert.equal(reply?.body.length, 6_000_000);
    // Long enough to be cut off, had it taken nothing.
    assert.ok(test.world.clock.monotonicMs() - startedMs > 800);
  });

  it('serves as many connections as it may, and no more', async () => {
    await start({ unixConnections: 3 }, () => ok('served'));
    for (let count = 0; count < 3; count++) {
      const one = await client();
      one.send(postBytes(''));
      assert.equal((await one.reply())?.body, 'served');
    }
    const fourth = await client();
    fourth.send(postBytes(''));
    assert.equal(await fourth.reply(), undefined);
    clients[0]?.close();
    // The place is free when the server has seen the end of the first one.
    for (;;) {
      const next = await client();
      next.send(postBytes(''));
      if ((await next.reply())?.body === 'served') break;
    }
  });

  it('runs a few requests of a connection at a time, and answers all in order', async () => {
    let running = 0;
    let most = 0;
    await start({ requestsInFlightPerConnection: 4 }, async (request: HttpRequest) => {
      most = Math.max(most, ++running);
      await test.world.clock.yield();
      await test.world.clock.yield();
      running--;
      return ok(request.path);
    });
    const one = await client();
    const paths = Array.from({ length: 100 }, (_, index) => `/${index}`);
    one.send(paths.map((each) => postBytes('', each)).join(''));
    for (const each of paths) assert.equal((await one.reply())?.body, each);
    assert.equal(most, 4);
  });

  it('no longer reads a connection on which too many requests wait', async () => {
    let started = 0;
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await start({ requestsQueuedPerConnection: 8, requestsBurstPerConnection: 400 }, async (request) => {
      started++;
      await released;
      return ok(request.path);
    });
    const one = await client();
    const total = 20_000;
    const bytes = Buffer.from(postBytes('x'.repeat(1000)).repeat(100));
    for (let sent = 0; sent < total; sent += 100) one.send(bytes);
    for (let turns = 0; turns < 200; turns++) await test.world.clock.yield();
    assert.equal(started, limits.requestsInFlightPerConnection);
    assert.ok(one.socket.writableLength > 10_000_000, 'the server took what it should leave in the socket');
    release();
    for (let count = 0; count < total; count++) assert.equal((await one.reply())?.status, 200);
  });

  it('cuts off a client that sends more tiny requests at once than any honest one', async () => {
    await start({}, () => new Promise(() => undefined));
    const one = await client();
    one.send('GET / HTTP/1.1\r\n\r\n'.repeat(3000));
    await one.end();
    assert.ok(test.lines.some((line) => line.includes('sent too many requests at once')));
  });

  it('answers 503 when the bodies of all clients together take too much memory', async () => {
    await start({ requestBytesHeld: 1_000_000 }, (request) =>
      request.body.byteLength > 10 ? new Promise(() => undefined) : ok('small ones are served'),
    );
    const statuses: (number | undefined)[] = [];
    for (let count = 0; count < 4; count++) {
      const one = await client();
      one.send(postBytes('x'.repeat(300_000)));
      if (count === 3) statuses.push((await one.reply())?.status);
    }
    assert.deepEqual(statuses, [503]);
    for (const one of clients.slice(0, 2)) one.close();
    for (;;) {
      const next = await client();
      next.send(postBytes('tiny'));
      if ((await next.reply())?.status === 200) break;
    }
  });

  it('lets go of bodies that were not finished', async () => {
    await start({ requestBytesHeld: 500_000 }, () => ok('served'));
    for (let count = 0; count < 10; count++) {
      const one = await client();
      one.send(postBytes('x'.repeat(300_000)).slice(0, -1));
      one.socket.end();
      await one.end();
    }
    await stillServes();
  });

  it('answers what is no HTTP with 400, and unknown methods with 501', async () => {
    await start({}, () => ok(''));
    assert.equal(await refused('\u0016\u0003\u0001\u0002 hello\r\n\r\n'), 400);
    assert.equal(await refused('POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n'), 400);
    assert.equal(await refused('POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'), 400);
    assert.equal(await refused('FROB / HTTP/1.1\r\nHost: x\r\n\r\n'), 501);
    assert.equal(await refused('PROPFIND / HTTP/1.1\r\nHost: x\r\n\r\n'), 501);
    assert.equal(await refused('CONNECT /console HTTP/1.0\r\n\r\n'), 501);
    assert.equal(
      await refused('GET /console HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
      501,
    );
    await stillServes();
  });

  it('answers a client that has ended its side, and one that speaks HTTP/1.0', async () => {
    await start({}, async (request) => {
      await test.world.clock.yield();
      await test.world.clock.yield();
      return ok(request.path);
    });
    const half = await client();
    half.send(postBytes('', '/half'));
    half.socket.end();
    assert.equal((await half.reply())?.body, '/half');
    await half.end();
    const old = await client();
    old.send('POST /old HTTP/1.0\r\nContent-Length: 0\r\n\r\n');
    const reply = await old.reply();
    assert.equal(reply?.body, '/old');
    assert.equal(reply?.headers['connection'], 'close');
    await old.end();
    const kept = await client();
    for (let count = 0; count < 2; count++) {
      kept.send('POST /kept HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n');
      assert.equal((await kept.reply())?.body, '/kept');
    }
  });

  it('sends slices in chunks on HTTP/1.1, until the end of the connection on 1.0, as they are with a length', async () => {
    async function* slices(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('one ');
      yield Buffer.from('two');
    }
    await start({}, (request) => ({
      status: 200,
      headers: request.path === '/length' ? { 'content-length': '7' } : {},
      body: slices(),
    }));
    const chunked = await client();
    chunked.send('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await chunked.end();
    assert.match(
      chunked.received.toString(),
      /Transfer-Encoding: chunked[^]*\r\n\r\n4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n$/i,
    );
    const old = await client();
    old.send('GET / HTTP/1.0\r\n\r\n');
    await old.end();
    assert.match(old.received.toString(), /\r\n\r\none two$/);
    assert.doesNotMatch(old.received.toString(), /chunked/);
    const known = await client();
    known.send('GET /length HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'.repeat(2));
    for (let count = 0; count < 2; count++) assert.equal((await known.reply())?.body, 'one two');
  });

  it('tells a request that its client is gone', async () => {
    const aborted: string[] = [];
    await start({}, async (request) => {
      await new Promise<void>((resolve) => request.signal.addEventListener('abort', () => resolve()));
      aborted.push(request.path);
      return ok('');
    });
    const one = await client();
    one.send(postBytes('', '/first') + postBytes('', '/second'));
    await test.world.clock.sleep(20);
    assert.deepEqual(aborted, []);
    one.close();
    await until(() => aborted.length === 2);
    assert.deepEqual(aborted, ['/first', '/second']);
  });

  it('answers what came whole before something unreadable, and then ends the connection', async () => {
    await start({}, async (request) => {
      await test.world.clock.sleep(20);
      return ok(request.path);
    });
    const one = await client();
    one.send(`${postBytes('x', '/first')}${postBytes('y', '/second')}rubbish`);
    one.send(' rubbish\r\n\r\n');
    assert.equal((await one.reply())?.body, '/first');
    assert.equal((await one.reply())?.body, '/second');
    await one.end();
  });

  it('closes a connection whose slices fail half way', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('begun');
      throw new Error('the disk is gone');
    }
    await start({}, (request) => (request.path === '/' ? ok('') : { status: 200, headers: {}, body: failing() }));
    const one = await client();
    one.send(postBytes('', '/failing'));
    await one.end();
    assert.doesNotMatch(one.received.toString(), /0\r\n\r\n$/);
    assert.ok(test.lines.some((line) => line.includes('the disk is gone')));
    await stillServes();
  });

  it('answers 500 when a reply has headers that HTTP does not allow', async () => {
    await start({}, () => ({ status: 200, headers: { 'X-Evil': 'a\r\nSet-Cookie: b' }, body: '' }));
    const one = await client();
    one.send(postBytes(''));
    const reply = await one.reply();
    assert.equal(reply?.status, 500);
    assert.equal(reply?.headers['set-cookie'], undefined);
  });

  it('lets running requests finish when it closes, and ends the others', async () => {
    let answer: ((reply: HttpReply) => void) | undefined;
    await start({}, (request) => {
      if (request.path !== '/slow') return ok('quick');
      return new Promise((resolve) => {
        answer = resolve;
      });
    });
    const idle = await client();
    idle.send(postBytes(''));
    assert.equal((await idle.reply())?.body, 'quick');
    const running = await client();
    running.send(postBytes('', '/slow'));
    await until(() => answer !== undefined);
    const closed = listener.close(60_000);
    await idle.end();
    answer?.(ok('finished'));
    const reply = await running.reply();
    assert.equal(reply?.body, 'finished');
    assert.equal(reply?.headers['connection'], 'close');
    await closed;
  });

  it('cuts what runs longer than the grace when it closes', async () => {
    await start({}, () => new Promise(() => undefined));
    const one = await client();
    one.send(postBytes(''));
    await test.world.clock.sleep(20);
    await listener.close(20);
    await one.end();
  });
});
