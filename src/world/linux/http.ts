import type { Http } from '../world.ts';
import { call } from './http-call.ts';
import { listen } from './http-listener.ts';
import type { ListenerParts } from './server-life.ts';

export function createHttp(parts: ListenerParts): Http {
  return { listen: (address, handler) => listen(parts, address, handler), call };
}
