/** Path and query of a request. A client that thinks it talks to a proxy sends a whole url. */
export function requestTarget(url: string): { readonly path: string; readonly query: string } {
  const target = withoutHost(url);
  const question = target.indexOf('?');
  if (question < 0) return { path: target, query: '' };
  return { path: target.slice(0, question), query: target.slice(question + 1) };
}

function withoutHost(url: string): string {
  if (url.charCodeAt(0) === 47) return url;
  const scheme = url.indexOf('://');
  if (scheme < 0) return url;
  const slash = url.indexOf('/', scheme + 3);
  return slash < 0 ? '/' : url.slice(slash);
}
