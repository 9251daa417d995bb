/** GET requests to an agent, as browsers, clients and Prometheus make them. */
import type { Http } from '../../src/world/world.ts';
import type { Target } from './api-client.ts';

export interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
}

export async function httpGet(
  http: Pick<Http, 'call'>,
  target: Target,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Got> {
  const options = { method: 'GET', path, headers, body: '', timeoutMs: 20_000, maxReplyBytes: 268_435_456 };
  const reply = await http.call(target, options);
  return { status: reply.status, headers: reply.headers, text: new TextDecoder().decode(reply.body) };
}

export function basic(name: string, password: string): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` };
}
