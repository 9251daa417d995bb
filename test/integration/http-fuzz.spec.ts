/** Bytes that no client would send: the listener answers or hangs up, keeps serving others, and keeps nothing. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import * as fc from 'fast-check';
import type { HttpListener } from '../../src/world/world.ts';
import { linuxTestWorld, type TestWorld } from '../lib/linux-world.ts';
import { postBytes, RawClient } from '../lib/raw-client.ts';

const seeds = [
  postBytes('<methodCall><methodName>x</methodName></methodCall>', '/RPC2', 'Content-Type: text/xml\r\n'),
  postBytes('{"id":1}', '/jsonrpc', 'Connection: close\r\n'),
  'GET /?a=b HTTP/1.0\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: x\r\nOrigin: y\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'PUT /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc',
  'CONNECT a:1 HTTP/1.1\r\n\r\n',
  'GET http://h/x?y HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n',
].map((text) => Buffer.from(text));

const pieces = [
  '\r\n',
  '\n',
  '\0',
  ' ',
  ':',
  'Content-Length: 5\r\n',
  'Content-Length: 99999999999999999999\r\n',
  '\r\n\r\n',
]
  .concat([
    'Transfer-Encoding: chunked, identity\r\n',
    'HTTP/9.9',
    'x'.repeat(20_000),
    '\u00ff',
    'Connection: keep-alive\r\n',
  ])
  .map((text) => Buffer.from(text, 'latin1'));

const mutation = fc.record({
  kind: fc.constantFrom('insert', 'overwrite', 'cut', 'repeat', 'none'),
  at: fc.nat(1000),
  piece: fc.oneof(fc.constantFrom(...pieces), fc.uint8Array({ minLength: 1, maxLength: 20 })),
});

function mutate(base: Buffer, { kind, at, piece }: { kind: string; at: number; piece: Uint8Array }): Buffer {
  const place = at % (base.length + 1);
  const [before, after] = [base.subarray(0, place), base.subarray(place)];
  if (kind === 'insert') return Buffer.concat([before, piece, after]);
  if (kind === 'overwrite') return Buffer.concat([before, piece, after.subarray(piece.length)]);
  if (kind === 'cut') return Buffer.from(before);
  if (kind === 'repeat') return Buffer.concat([base, base, before]);
  return base;
}

const input = fc.oneof(
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom(...seeds), fc.array(mutation, { minLength: 1, maxLength: 3 }))
      .map(([base, mutations]) => mutations.reduce(mutate, base)),
  },
);

describe('bytes that are no HTTP, or nearly', () => {
  let test: TestWorld;
  let listener: HttpListener;
  let path: string;

  before(async () => {
    test = await linuxTestWorld({ headersTimeoutMs: 2_000, requestTimeoutMs: 4_000, lingerMs: 50 });
    path = join(test.directory, 'socket');
    listener = await test.world.http.listen({ kind: 'unix', path, mode: 0o600 }, (request) => ({
      status: 200,
      headers: {},
      body: `${request.method} ${request.path}`,
    }));
  });

  after(async () => {
    await listener.close(0);
    await test.end();
  });

  const serves = async (): Promise<void> => {
    const client = await RawClient.unix(path);
    client.send(postBytes('x', '/still'));
    assert.equal((await client.reply())?.body, 'POST /still');
    client.close();
  };

  it('neither end the listener, nor hang it, nor fill the memory', async function () {
    this.timeout(120_000);
    let client: RawClient | undefined;
    let inputs = 0;
    let connections = 0;
    let answers = 0;
    const barrier = await RawClient.unix(path);
    const residentBefore = process.memoryUsage.rss();
    await fc.assert(
      fc.asyncProperty(input, fc.nat(400), async (bytes, split) => {
        inputs++;
        if (client === undefined || client.ended) {
          client?.close();
          client = await RawClient.unix(path);
          connections++;
        }
        // Where it is cut, the parser has to go on from in between.
        client.send(bytes.subarray(0, split));
        client.send(bytes.subarray(split));
        // One request whose end never comes swallows the rest: begin anew now and then.
        if (inputs % 20 === 0) client.socket.end();
        // When the answer to this has come, the bytes above were read too.
        barrier.send(postBytes('', '/barrier'));
        assert.equal((await barrier.reply())?.body, 'POST /barrier');
        if (client.received.length > 0) answers++;
        assert.match(client.received.toString('latin1', 0, 5), /^(HTTP\/|$)/);
        client.received = Buffer.alloc(0);
        if (inputs % 500 === 0) await serves();
      }),
      { numRuns: 6_000 },
    );
    client?.close();
    barrier.close();
    await serves();
    assert.ok(connections > 100 && connections < inputs, `${connections} connections for ${inputs} inputs`);
    assert.ok(answers > inputs / 4, `${answers} answers to ${inputs} inputs`);
    assert.equal(test.lines.filter((line) => line.includes(' error ')).length, 0);
    // Far above what garbage leaves lying about, and far below what keeping something of each input would take.
    assert.ok(process.memoryUsage.rss() - residentBefore < 400 * 2 ** 20, 'the memory is filled');
  });

  it('are told apart from requests: what came whole before them is answered', async () => {
    const client = await RawClient.unix(path);
    client.send(`${postBytes('x', '/first')}${postBytes('y', '/second')}rubbish rubbish\r\n\r\n`);
    assert.equal((await client.reply())?.body, 'POST /first');
    assert.equal((await client.reply())?.body, 'POST /second');
    assert.equal((await client.reply())?.status, 400);
    await client.end();
  });
});
