import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { type HttpReply, ReplyReader } from '../../src/cli/http-reply.ts';

const plain = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/** A body in chunks of the given sizes, the last as long as what is left. */
function chunked(body: string, sizes: readonly number[]): string {
  const bytes = Buffer.from(body);
  const parts: string[] = [];
  let at = 0;
  for (const size of [...sizes, bytes.length]) {
    const part = bytes.subarray(at, at + size);
    at += part.length;
    if (part.length > 0) parts.push(`${part.length.toString(16)};x=y\r\n${part.toString('latin1')}\r\n`);
  }
  return `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${parts.join('')}0\r\n\r\n`;
}

describe('HTTP replies', () => {
  it('come out whole and in order, wherever the bytes are cut', () => {
    const reply = fc.record({
      body: fc.string({ maxLength: 60 }),
      sizes: fc.option(fc.array(fc.integer({ min: 1, max: 9 }))),
    });
    fc.assert(
      fc.property(fc.array(reply, { maxLength: 4 }), fc.array(fc.integer({ min: 1, max: 40 })), (replies, cuts) => {
        const ascii = replies.map(({ body, sizes }) => ({ body: Buffer.from(body).toString('base64'), sizes }));
        const stream = Buffer.from(
          ascii.map(({ body, sizes }) => (sizes === null ? plain(body) : chunked(body, sizes))).join(''),
        );
        const reader = new ReplyReader(1000);
        const read: HttpReply[] = [];
        let at = 0;
        for (const cut of [...cuts, stream.length]) {
          if (at >= stream.length) break;
          read.push(...reader.push(stream.subarray(at, at + cut)));
          at += cut;
        }
        assert.deepEqual(
          read.map(({ body }) => body.toString('utf8')),
          ascii.map(({ body }) => body),
        );
      }),
    );
  });

  it('tell their status and whether they are the last', () => {
    const text = 'HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nConnection: Close\r\n\r\n';
    const [reply] = new ReplyReader(10).push(Buffer.from(text));
    assert.equal(reply?.status, 503);
    assert.equal(reply.last, true);
  });

  it('are refused when they are none or too long', () => {
    const push = (text: string) => () => new ReplyReader(10).push(Buffer.from(text));
    assert.throws(push('SSH-2.0-OpenSSH\r\n\r\n'), /not HTTP/);
    assert.throws(push('HTTP/1.1 200 OK\r\n\r\n'), /how long/);
    assert.throws(push('HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n'), /longer than 10 bytes/);
    assert.throws(push(chunked('0123456789a', [5])), /longer than 10 bytes/);
    assert.throws(push('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\n'), /without a size/);
    assert.throws(push('x'.repeat(70_000)), /no end of headers/);
  });
});
