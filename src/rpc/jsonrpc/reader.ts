/** Reads JSON-RPC 1.0 and 2.0 calls. Batches and notifications are refused, as XenAPI servers do. */
import { limits } from '../../lib/limits.ts';
import { MalformedRequest, type Protocol, type RpcCall, readUtf8, type WireValue } from '../wire.ts';

type Json = string | number | boolean | null | Json[] | { [member: string]: Json };

/**
 * Reads one call. The member `jsonrpc` decides the version: absent is 1.0. Of members that are written twice the last
 * counts. Numbers are whatever JSON.parse makes of them; those that lost digits are refused once their type is known.
 *
 * @throws MalformedRequest when it is not JSON, not a call, nested deeper than `limits.valueDepth`, or has more than
 * `limits.valueCount` values.
 */
export function readJsonCall(body: Uint8Array): RpcCall {
  const text = readUtf8(body);
  let call: Json;
  try {
    call = JSON.parse(text) as Json;
  } catch {
    throw new MalformedRequest('the body is not JSON');
  }
  if (typeof call !== 'object' || call === null || Array.isArray(call)) {
    throw new MalformedRequest('a JSON-RPC call is an object');
  }
  const protocol = protocolOf(call);
  const { method, id } = call;
  if (!Object.hasOwn(call, 'method') || typeof method !== 'string') {
    throw new MalformedRequest('the member method must be a string');
  }
  if (!Object.hasOwn(call, 'id') || (typeof id !== 'string' && !Number.isSafeInteger(id))) {
    throw new MalformedRequest('the member id must be a string or an integer');
  }
  const params = paramsOf(call, protocol);
  const budget = { left: limits.valueCount };
  for (const param of params) checkSize(param, 1, budget);
  return { method, params, protocol, id: id as string | number };
}

function protocolOf(call: { [member: string]: Json }): Protocol {
  if (!Object.hasOwn(call, 'jsonrpc')) return 'jsonrpc-1.0';
  if (call.jsonrpc === '2.0') return 'jsonrpc-2.0';
  throw new MalformedRequest('the member jsonrpc must be "2.0" or absent');
}

function paramsOf(call: { [member: string]: Json }, protocol: Protocol): readonly WireValue[] {
  const params = Object.hasOwn(call, 'params') ? call.params : undefined;
  if (Array.isArray(params)) return params;
  if (protocol === 'jsonrpc-2.0') {
    if (params === undefined || params === null) return [];
    if (typeof params === 'object') return [params];
  }
  throw new MalformedRequest('the member params must be an array');
}

/** JSON.parse has no limits of its own and does not recurse; everything after it does. */
function checkSize(value: WireValue, depth: number, budget: { left: number }): void {
  budget.left -= 1;
  if (budget.left < 0) throw new MalformedRequest(`more than ${limits.valueCount} values`);
  if (depth > limits.valueDepth) throw new MalformedRequest(`values nested deeper than ${limits.valueDepth}`);
  if (typeof value !== 'object' || value === null) return;
  const inner: readonly WireValue[] = Array.isArray(value) ? value : Object.values(value);
  for (const element of inner) checkSize(element, depth + 1, budget);
}
