import { STATUS_CODES } from 'node:http';
import type { HttpReply } from '../world.ts';

export type ErrorPage = HttpReply & { readonly body: string };

/** What a request that never reaches a handler gets: a small page, and the end of the connection. */
export function errorPage(status: number, sentence: string): ErrorPage {
  const title = `${status} ${STATUS_CODES[status] ?? ''}`.trim();
  const body = `<html><head><title>${title}</title></head><body><h1>${title}</h1>${escaped(sentence)}</body></html>\n`;
  return { status, headers: { 'Content-Type': 'text/html', 'Cache-Control': 'no-cache, no-store' }, body, close: true };
}

/** The same as bytes of HTTP, for a connection on which node no longer speaks it. */
export function errorPageBytes(status: number, sentence: string): string {
  const page = errorPage(status, sentence);
  const headers = {
    ...page.headers,
    'Content-Length': String(Buffer.byteLength(page.body)),
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${page.body}`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
