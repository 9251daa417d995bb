import type { HttpReply } from '../world/world.ts';

const headers = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache, no-store' };

/** A short page for a request that gets nothing else. */
export function htmlReply(
  status: number,
  title: string,
  sentence: string,
  rest: { readonly close?: boolean; readonly headers?: Readonly<Record<string, string>> } = {},
): HttpReply {
  const text = sentence.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const body = `<html><head><title>${title}</title></head><body><h1>${title}</h1><p>${text}</p></body></html>`;
  return { status, headers: { ...headers, ...rest.headers }, body, close: rest.close ?? true };
}
