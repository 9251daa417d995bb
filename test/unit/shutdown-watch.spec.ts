import assert from 'node:assert/strict';
import { CleanPath } from '../../src/host/actions/clean-path.ts';
import { ShutdownWatch } from '../../src/host/actions/shutdown-watch.ts';
import { limits } from '../../src/lib/limits.ts';
import { createClock } from '../../src/world/linux/clock.ts';
import type { Clock, LogLevel, ProgramOptions, ProgramResult } from '../../src/world/world.ts';
import { FakeBus } from '../lib/fake-bus.ts';
import { until } from '../lib/virtual-host.ts';

const manager = 'org.freedesktop.login1.Manager';

/** Time that passes only when the test says so. */
class StillClock implements Clock {
  readonly timers: { readonly delayMs: number; readonly fire: () => void }[] = [];
  #nowMs = 0;
  nowMs(): number {
    return this.#nowMs;
  }
  monotonicMs(): number {
    return this.#nowMs;
  }
  after(delayMs: number, fire: () => void): () => void {
    const timer = { delayMs, fire };
    this.timers.push(timer);
    return () => {
      const index = this.timers.indexOf(timer);
      if (index >= 0) this.timers.splice(index, 1);
    };
  }
  sleep(): Promise<void> {
    return new Promise(() => {});
  }
  yield(): Promise<void> {
    return Promise.resolve();
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
}

describe('the watch for the end of the machine', () => {
  const logged: string[] = [];
  const log = { debugOn: false, write: (_level: LogLevel, event: string) => void logged.push(event) };
  const answer: ProgramResult = {
    exitCode: 1,
    signal: undefined,
    timedOut: false,
    stdout: '',
    stderr: 'Failed to inhibit: Access denied',
    truncated: false,
  };

  it('says once that it may hold no lock, and asks ever more seldom', async () => {
    const clock = new StillClock();
    const bus = new FakeBus({
      'org.freedesktop.DBus.Properties.Get': () => [false],
      [`${manager}.ListInhibitors`]: () => [[]],
    });
    let tries = 0;
    const programs = {
      run: () => {
        tries += 1;
        return Promise.resolve(answer);
      },
      follow: () => {
        throw new Error('nothing is followed');
      },
    };
    const watch = new ShutdownWatch({ bus, clock, log, programs }, new CleanPath({ clock, log }));
    watch.start();
    const delays: number[] = [];
    for (let round = 0; round < 10; round += 1) {
      await settle();
      const [timer] = clock.timers.splice(0);
      delays.push(timer?.delayMs ?? 0);
      timer?.fire();
    }
    await settle();
    assert.equal(tries, 11);
    assert.deepEqual(delays.slice(0, 3), [5_000, 10_000, 20_000]);
    assert.equal(delays.at(-1), limits.inhibitRetryMostMs);
    assert.deepEqual(logged, ['inhibitor-lost']);
    await watch.stop();
    assert.deepEqual(clock.timers, []);
  });

  it('lets go in the time that logind grants, even when a step hangs', async () => {
    const clock = createClock();
    const bus = new FakeBus({
      'org.freedesktop.DBus.Properties.Get': ([, name]) => [name === 'InhibitDelayMaxUSec' ? 200_000 : false],
      [`${manager}.ListInhibitors`]: () => [[]],
    });
    let held = 0;
    const programs = {
      run: async (_program: string, _args: readonly string[], { signal }: ProgramOptions) => {
        held += 1;
        await new Promise((resolve) => signal?.addEventListener('abort', resolve, { once: true }));
        held -= 1;
        return answer;
      },
      follow: () => {
        throw new Error('nothing is followed');
      },
    };
    const path = new CleanPath({ clock, log });
    let flushed = false;
    path.add({
      name: 'database',
      run: () => {
        flushed = true;
      },
    });
    path.add({ name: 'hangs', run: () => new Promise(() => {}) });
    const watch = new ShutdownWatch({ bus, clock, log, programs }, path);
    watch.start();
    await until('the lock is held', () => held === 1);
    const prepare = { path: '/org/freedesktop/login1', interface: manager, member: 'PrepareForShutdown', args: [true] };
    bus.emit('org.freedesktop.login1', prepare);
    await until('the lock is let go', () => held === 0);
    assert.equal(flushed, true);
    await watch.stop();
  });
});
