/** The process's own clock and event loop, for tests and measurements that run outside any World. */
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/world/world.ts';

export function loopClock(): Clock {
  return {
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    after: (delayMs, fire) => {
      const timer = setTimeout(fire, delayMs);
      return () => clearTimeout(timer);
    },
    sleep: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
    yield: () => setImmediate(),
  };
}
