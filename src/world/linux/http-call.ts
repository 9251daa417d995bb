import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { type HttpCall, HttpCallError, type HttpExchange } from '../world.ts';
import { systemCode } from './file-errors.ts';
import { nodeHttp, nodeHttps } from './node-http.ts';

export type CallTarget = { readonly socketPath: string } | { readonly url: string };

/**
 * One request and its whole answer, on a connection of its own.
 * @throws HttpCallError when there is no answer within the time, or it is too long
 */
export function call(target: CallTarget, options: HttpCall): Promise<HttpExchange> {
  const where = 'url' in target ? target.url : target.socketPath;
  return new Promise((resolve, reject) => {
    const failed = (reason: HttpCallError['reason'], detail: string): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', aborted);
      request.destroy();
      reject(new HttpCallError(reason, where, detail));
    };
    const aborted = (): void => failed('aborted', 'the call was given up');
    const timer = setTimeout(
      () => failed('timed-out', `there was no answer within ${options.timeoutMs} ms`),
      options.timeoutMs,
    );
    const request = open(target, options);
    request.on('error', (error) => failed(reasonOf(error), error.message));
    request.on('response', (response) => {
      gather(response, options.maxReplyBytes, failed, (body) => {
        clearTimeout(timer);
        options.signal?.removeEventListener('abort', aborted);
        resolve({ status: response.statusCode ?? 0, headers: plainHeaders(response), body });
      });
    });
    if (options.signal?.aborted === true) {
      aborted();
      return;
    }
    options.signal?.addEventListener('abort', aborted, { once: true });
    request.end(options.body);
  });
}

function open(target: CallTarget, call: HttpCall): ClientRequest {
  const options: RequestOptions = {
    method: call.method,
    path: call.path,
    headers: { ...call.headers, 'content-length': Buffer.byteLength(call.body) },
    agent: false,
  };
  if ('socketPath' in target) return nodeHttp().request({ ...options, socketPath: target.socketPath });
  const url = new URL(target.url);
  // What the url names beyond the host is in `path`.
  const place = { ...options, protocol: url.protocol, hostname: url.hostname.replace(/^\[|\]$/g, ''), port: url.port };
  return url.protocol === 'https:' ? nodeHttps().request(place) : nodeHttp().request(place);
}

function gather(
  response: IncomingMessage,
  mostBytes: number,
  failed: (reason: HttpCallError['reason'], detail: string) => void,
  complete: (body: Uint8Array) => void,
): void {
  const pieces: Uint8Array[] = [];
  let total = 0;
  response.on('data', (piece: Uint8Array) => {
    total += piece.byteLength;
    if (total > mostBytes) failed('too-large', `the answer is longer than ${mostBytes} bytes`);
    else pieces.push(piece);
  });
  response.on('error', (error) => failed(reasonOf(error), error.message));
  response.on('end', () => {
    if (total <= mostBytes) complete(Buffer.concat(pieces, total));
  });
}

function plainHeaders(response: IncomingMessage): Readonly<Record<string, string>> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) plain[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return plain;
}

function reasonOf(error: Error): HttpCallError['reason'] {
  const code = systemCode(error) ?? '';
  if (['ECONNREFUSED', 'ENOENT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EACCES'].includes(code))
    return 'unreachable';
  if (code.includes('CERT') || code.includes('TLS') || code.includes('SSL')) return 'not-trusted';
  return 'broken';
}
