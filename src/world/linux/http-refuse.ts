import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorPage, errorPageBytes } from '../error-page.ts';

/** A status and a sentence for the client. */
export type Refusal = readonly [status: number, sentence: string];

export interface LingerLimits {
  readonly lingerMs: number;
  readonly lingerBytes: number;
}

/**
 * Answers without a handler and ends the connection. Some of what the client still sends is thrown away first: a socket that
 * is closed with bytes unread takes the answer away from a client that has not read it yet.
 */
export function refuse(
  limits: LingerLimits,
  message: IncomingMessage,
  response: ServerResponse,
  refusal: Refusal,
): void {
  const page = errorPage(...refusal);
  response.writeHead(page.status, {
    ...page.headers,
    'Content-Length': Buffer.byteLength(page.body),
    Connection: 'close',
  });
  response.write(page.body);
  const finish = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(finish, limits.lingerMs);
  let thrownAway = 0;
  message.on('data', (piece: Uint8Array) => {
    thrownAway += piece.byteLength;
    if (thrownAway > limits.lingerBytes) finish();
  });
  message.on('end', finish);
  message.on('close', finish);
}

/** The same on a socket on which node no longer speaks HTTP. */
export function refuseRaw(socket: Duplex, refusal: Refusal): void {
  socket.on('error', () => socket.destroy());
  socket.end(errorPageBytes(...refusal));
}

/** What is wrong with bytes that node could not take. */
export function malformedRefusal(error: NodeJS.ErrnoException): Refusal {
  switch (error.code ?? '') {
    case 'HPE_HEADER_OVERFLOW':
      return [431, 'The headers are too long.'];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [408, 'The request came too slowly.'];
    case 'HPE_INVALID_METHOD':
      // Node says the same of bytes that are no HTTP at all.
      if (/^[A-Z]+ /.test(lineInError(error))) return [501, 'This method is not served.'];
      return [400, 'This is no HTTP request.'];
    default:
      return [400, 'This is no HTTP request.'];
  }
}

/** The line on which the parser stopped. */
function lineInError(
  error: NodeJS.ErrnoException & { readonly rawPacket?: Uint8Array; readonly bytesParsed?: number },
): string {
  const packet = Buffer.from(error.rawPacket ?? []).toString('latin1');
  const start = packet.lastIndexOf('\n', (error.bytesParsed ?? 0) - 1) + 1;
  return packet.slice(start, start + 32);
}
