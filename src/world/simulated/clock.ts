import type { Cancel, Clock } from '../world.ts';
import type { Incarnation } from './incarnation.ts';
import type { Seeded } from './seeded.ts';

/** What is wrong with a host's clocks. */
export interface ClockFaults {
  /** Wall time minus true time. A change is a jump. */
  wallOffsetMs: number;
  /** Its milliseconds per true one; 1.0001 runs 100 parts per million fast. Affects timers too. */
  rate: number;
  /** Timers fire up to so much late. */
  lateMs: number;
}

/** Going on after `yield` takes this long, so that whoever spins waiting for something sees time pass. */
const yieldMs = 0.01;

export interface ClockParts {
  readonly life: Incarnation;
  readonly faults: ClockFaults;
  readonly chance: Seeded;
  /** True time of the simulation. */
  readonly now: () => number;
  /** Wall time at true time 0. */
  readonly epochMs: number;
}

export function simulatedClock(parts: ClockParts): Clock {
  const { life, faults, chance, now, epochMs } = parts;
  const bornMs = now();
  let monotonic = 0;
  let lastTrueMs = bornMs;

  /** A rate that changes does not change the time that has passed. */
  const monotonicMs = (): number => {
    const trueMs = now();
    monotonic += (trueMs - lastTrueMs) * faults.rate;
    lastTrueMs = trueMs;
    return monotonic;
  };

  const after = (delayMs: number, fire: () => void): Cancel => {
    const dueMs = monotonicMs() + Math.max(0, delayMs);
    let cancel: Cancel = () => undefined;
    const arm = (): void => {
      const lateMs = faults.lateMs > 0 ? chance.between(0, faults.lateMs) : 0;
      cancel = life.after((dueMs - monotonicMs()) / faults.rate + lateMs, () => {
        // Less than a microsecond is left by the arithmetic, not by a slower clock.
        if (monotonicMs() < dueMs - 0.001) arm();
        else fire();
      });
    };
    arm();
    return () => cancel();
  };

  return {
    nowMs: () => Math.floor(epochMs + bornMs + monotonicMs() + faults.wallOffsetMs),
    monotonicMs,
    after,
    sleep: (delayMs, signal) =>
      life.promise((resolve, reject) => {
        if (signal?.aborted === true) {
          reject(signal.reason as Error);
          return;
        }
        const aborted = (): void => {
          cancel();
          reject(signal?.reason as Error);
        };
        const cancel = after(delayMs, () => {
          signal?.removeEventListener('abort', aborted);
          resolve();
        });
        signal?.addEventListener('abort', aborted, { once: true });
      }),
    yield: () => life.promise((resolve) => after(yieldMs, resolve)),
  };
}
