import type { Cancel, Clock } from '../world.ts';

/** Node turns a longer delay into one millisecond; longer waits are made of several. */
const longestTimerMs = 2_147_483_647;

export function createClock(): Clock {
  const monotonicMs = (): number => performance.now();

  const after = (delayMs: number, fire: () => void): Cancel => {
    const dueMs = monotonicMs() + Math.max(0, delayMs);
    let timer: NodeJS.Timeout | undefined;
    const arm = (): void => {
      const leftMs = dueMs - monotonicMs();
      timer = setTimeout(expired, Math.min(Math.max(0, Math.ceil(leftMs)), longestTimerMs));
    };
    // Node's timers count from the start of the loop's turn and may fire up to a millisecond early.
    const expired = (): void => {
      if (monotonicMs() < dueMs) arm();
      else fire();
    };
    arm();
    return () => clearTimeout(timer);
  };

  const sleep = (delayMs: number, signal?: AbortSignal): Promise<void> => {
    if (signal === undefined) return new Promise((resolve) => after(delayMs, resolve));
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const aborted = (): void => {
        cancel();
        reject(signal.reason as Error);
      };
      const cancel = after(delayMs, () => {
        signal.removeEventListener('abort', aborted);
        resolve();
      });
      signal.addEventListener('abort', aborted, { once: true });
    });
  };

  return {
    nowMs: () => Date.now(),
    monotonicMs,
    after,
    sleep,
    yield: () => new Promise((resolve) => setImmediate(resolve)),
  };
}
