import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { Random } from '../world.ts';

export function createRandom(): Random {
  return {
    bytes: (length) => randomBytes(length),
    uuid: () => randomUUID(),
    integer: (below) => randomInt(below),
  };
}
