import type { HttpReply } from './world.ts';

/** Statuses that the listener itself answers with. */
const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  411: 'Length Required',
  413: 'Payload Too Large',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
};

export type ErrorPage = HttpReply & { readonly body: string };

/** What a request that never reaches a handler gets: a small page, and the end of the connection. */
export function errorPage(status: number, sentence: string): ErrorPage {
  const title = `${status} ${reasons[status] ?? ''}`.trim();
  const body = `<html><head><title>${title}</title></head><body><h1>${title}</h1>${escaped(sentence)}</body></html>\n`;
  return { status, headers: { 'Content-Type': 'text/html', 'Cache-Control': 'no-cache, no-store' }, body, close: true };
}

/** The same as bytes of HTTP, for a connection on which nobody speaks it any more. */
export function errorPageBytes(status: number, sentence: string): string {
  const { headers, body } = errorPage(status, sentence);
  const all = { ...headers, 'Content-Length': String(Buffer.byteLength(body)), Connection: 'close' };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${reasons[status] ?? ''}\r\n${lines.join('')}\r\n${body}`;
}

/** What a handler that threw becomes. What it said is for the log, not for strangers. */
export function failurePage(): ErrorPage {
  return errorPage(500, 'The request failed. The log of the agent says why.');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
