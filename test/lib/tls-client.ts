/** Calls over TLS to an agent's self-signed certificate, from a loopback address of one's choice. */
import { request } from 'node:https';
import type { Http, HttpExchange } from '../../src/world/world.ts';

/** `from` is any address of 127.0.0.0/8; the agent sees it as the peer's. */
export function callOverTls(from: string): Http {
  return {
    listen: () => Promise.reject(new Error('this client only calls')),
    call: (target, call) =>
      new Promise<HttpExchange>((resolve, reject) => {
        if (!('url' in target)) throw new Error('this client knows TLS only');
        const options = {
          method: call.method,
          headers: { ...call.headers, 'content-length': Buffer.byteLength(call.body) },
          localAddress: from,
          rejectUnauthorized: false,
          agent: false,
        };
        const outgoing = request(new URL(call.path, target.url), options, (reply) => {
          const pieces: Uint8Array[] = [];
          reply.on('data', (piece: Uint8Array) => pieces.push(piece));
          reply.on('error', reject);
          reply.on('end', () => {
            const headers = reply.headers as Readonly<Record<string, string>>;
            resolve({ status: reply.statusCode ?? 0, headers, body: Buffer.concat(pieces) });
          });
        });
        outgoing.on('error', reject);
        outgoing.end(call.body);
      }),
  };
}
