import type { ServerResponse } from 'node:http';
import type { HttpReply } from '../world.ts';

export interface ReplyTiming {
  readonly sliceMs: number;
}

/**
 * Sends a reply that is in one piece. Returns true when the kernel has taken all of it; otherwise 'close' of the response
 * tells when it is over.
 */
export function sendWhole(
  response: ServerResponse,
  reply: HttpReply,
  body: string | Uint8Array,
  close: boolean,
): boolean {
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
  response.writeHead(reply.status, headerList(reply, close, length));
  response.end(body);
  return response.socket !== null && response.socket.writableLength === 0;
}

/**
 * Sends slices as fast as the client takes them, and lets the main loop turn after a while of work. Rejects when making
 * the slices failed; the client then sees a cut connection, because the status is long gone.
 */
export async function sendSlices(
  response: ServerResponse,
  reply: HttpReply,
  slices: AsyncIterable<Uint8Array>,
  close: boolean,
  timing: ReplyTiming,
): Promise<void> {
  response.writeHead(reply.status, headerList(reply, close, undefined));
  let startedMs = performance.now();
  for await (const slice of slices) {
    if (response.destroyed) return;
    if (slice.byteLength === 0) continue;
    if (!response.write(slice)) await drained(response);
    if (performance.now() - startedMs >= timing.sliceMs) {
      await new Promise((resolve) => setImmediate(resolve));
      startedMs = performance.now();
    }
    if (response.destroyed) return;
  }
  response.end();
}

function headerList(reply: HttpReply, close: boolean, length: number | undefined): string[] {
  const list: string[] = [];
  let hasLength = false;
  for (const name in reply.headers) {
    if (name.length === 14 && name.toLowerCase() === 'content-length') {
      // The length of a whole body is known better here.
      if (length !== undefined) continue;
      hasLength = true;
    }
    list.push(name, reply.headers[name] as string);
  }
  if (length !== undefined) list.push('Content-Length', String(length));
  if (close) list.push('Connection', 'close');
  // On HTTP/1.0 node then ends the body by closing; on 1.1 it sends chunks.
  else if (!hasLength && length === undefined) return list;
  return list;
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      response.off('drain', go);
      response.off('close', go);
      resolve();
    };
    response.on('drain', go);
    response.on('close', go);
  });
}
