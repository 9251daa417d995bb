import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpHandler, HttpListener } from '../../src/world/world.ts';
import { linuxTestWorld, type TestWorld } from '../lib/linux-world.ts';
import { RawClient } from '../lib/raw-client.ts';

const text = (body: Uint8Array): string => Buffer.from(body).toString();

describe('the listener on a Unix socket', () => {
  let test: TestWorld;
  let listener: HttpListener | undefined;
  let path: string;

  beforeEach(async () => {
    test = await linuxTestWorld();
    path = join(test.directory, 'run', 'agent');
  });

  afterEach(async () => {
    await listener?.close(0);
    listener = undefined;
    await test.end();
  });

  const listen = async (handler: HttpHandler): Promise<void> => {
    listener = await test.world.http.listen({ kind: 'unix', path, mode: 0o600 }, handler);
  };

  const post = (body: string | Uint8Array, target = '/') =>
    test.world.http.call(
      { socketPath: path },
      { method: 'POST', path: target, headers: {}, body, timeoutMs: 5_000, maxReplyBytes: 50_000_000 },
    );

  it('gives the handler the request and the caller the reply', async () => {
    await listen((request) => ({
      status: 200,
      headers: { 'Content-Type': 'text/xml' },
      body: JSON.stringify([request.method, request.path, request.query, text(request.body), request.peer]),
    }));
    const reply = await post('hello', '/RPC2?a=b?c');
    assert.equal(reply.status, 200);
    assert.equal(reply.headers['content-type'], 'text/xml');
    const peer = { transport: 'unix', address: path, trusted: true };
    assert.deepEqual(JSON.parse(text(reply.body)), ['POST', '/RPC2', 'a=b?c', 'hello', peer]);
  });

  it('makes the socket for its owner alone, in a directory for its owner alone', async () => {
    await listen(() => ({ status: 200, headers: {}, body: '' }));
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal((await stat(join(path, '..'))).mode & 0o777, 0o700);
  });

  it('takes bodies that come in many pieces, and sends slices', async () => {
    async function* slices(body: Uint8Array): AsyncGenerator<Uint8Array> {
      for (let start = 0; start < body.length; start += 1000) yield body.subarray(start, start + 1000);
    }
    await listen((request) => ({ status: 200, headers: {}, body: slices(request.body) }));
    const body = test.world.random.bytes(300_000);
    assert.deepEqual(Buffer.from((await post(body)).body), Buffer.from(body));
  });

  it('answers 500 with a small page when the handler throws, and goes on', async () => {
    await listen((request) => {
      if (request.path === '/throws') throw new TypeError('oh no');
      if (request.path === '/rejects') return Promise.reject(new TypeError('oh no'));
      return { status: 200, headers: {}, body: 'well' };
    });
    for (const target of ['/throws', '/rejects']) {
      const reply = await post('', target);
      assert.equal(reply.status, 500);
      assert.match(text(reply.body), /^<html>/);
      assert.doesNotMatch(text(reply.body), /oh no/);
    }
    assert.equal(text((await post('')).body), 'well');
    assert.equal(test.lines.filter((line) => /error http-handler-failed: .*oh no/.test(line)).length, 2);
  });

  it('takes the place of a socket on which nobody answers', async () => {
    await test.world.files.makeDirectory(join(path, '..'), 0o700);
    const dead = `const s=require('net').createServer().listen(${JSON.stringify(path)},()=>process.kill(process.pid,'SIGKILL'))`;
    assert.throws(() => execFileSync(process.execPath, ['-e', dead], { stdio: 'ignore' }));
    assert.equal((await test.world.files.status(path))?.kind, 'socket');
    await listen(() => ({ status: 200, headers: {}, body: 'new' }));
    assert.equal(text((await post('')).body), 'new');
  });

  it('refuses a socket on which somebody answers, and leaves it working', async () => {
    await listen(() => ({ status: 200, headers: {}, body: 'first' }));
    await assert.rejects(
      test.world.http.listen({ kind: 'unix', path, mode: 0o600 }, () => ({ status: 200, headers: {}, body: 'second' })),
      { name: 'FileError', code: 'exists', path, message: /another program answers/ },
    );
    assert.equal(text((await post('')).body), 'first');
  });

  it('lets one of two that start at the same time have the socket', async () => {
    const starts = await Promise.allSettled(
      [1, 2].map((number) =>
        test.world.http.listen({ kind: 'unix', path, mode: 0o600 }, () => ({
          status: 200,
          headers: {},
          body: String(number),
        })),
      ),
    );
    const running = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
    try {
      assert.equal(running.length, 1);
      assert.equal((await post('')).status, 200);
    } finally {
      for (const one of running) await one.close(0);
    }
  });

  it('leaves alone what is no socket, and says so', async () => {
    await test.world.files.makeDirectory(join(path, '..'), 0o700);
    await test.world.files.writeAtomic(path, 'precious', 0o600);
    await assert.rejects(
      listen(() => ({ status: 200, headers: {}, body: '' })),
      { code: 'exists', message: /no socket/ },
    );
    assert.equal(text(await test.world.files.read(path, 100)), 'precious');
  });

  it('refuses a path that is too long for a socket', async () => {
    path = join(test.directory, 'x'.repeat(120));
    await assert.rejects(
      listen(() => ({ status: 200, headers: {}, body: '' })),
      { code: 'too-large' },
    );
  });

  it('serves a socket that it inherited, and leaves its path in place', async () => {
    await test.world.files.makeDirectory(join(path, '..'), 0o700);
    const fixture = join(import.meta.dirname, '..', 'lib', 'inherited-listener.ts');
    const launcher = spawn(process.execPath, [fixture, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const gone = once(launcher.stdout, 'close');
    const [line] = (await once(launcher.stdout, 'data')) as [Buffer];
    try {
      assert.equal(text((await post('')).body), 'inherited');
    } finally {
      process.kill(Number(line.toString()), 'SIGTERM');
    }
    await gone;
    assert.equal((await test.world.files.status(path))?.kind, 'socket');
  });

  it('still answers, when it closes, who has connected and not asked yet; who never asks does not hold it up', async () => {
    await listen(() => ({ status: 200, headers: {}, body: '' }));
    const [late, silent] = [await RawClient.unix(path), await RawClient.unix(path)];
    // Connections are taken in their order: with this one, those two are.
    await post('');
    const closed = listener?.close(60_000);
    // Long enough for a connection that is ended at once to be gone.
    await sleep(50);
    late.send('GET / HTTP/1.1\r\n\r\n');
    assert.equal((await late.reply())?.status, 200);
    await silent.end();
    await closed;
    assert.equal(silent.received.length, 0);
  });

  it('removes the socket when it closes', async () => {
    await listen(() => ({ status: 200, headers: {}, body: '' }));
    await listener?.close(0);
    assert.equal(await test.world.files.status(path), undefined);
    await assert.rejects(post(''), { name: 'HttpCallError', reason: 'unreachable' });
  });
});
