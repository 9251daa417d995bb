import assert from 'node:assert/strict';
import { type SourceLimits, Sources } from '../../src/host/inventory/sources.ts';
import { FigureFilter } from '../../src/host/live/figures.ts';
import { Follower } from '../../src/host/live/follower.ts';
import { Turns } from '../../src/host/live/turns.ts';
import { uuidOfMachine } from '../../src/host/objects/identity.ts';
import {
  type Clock,
  FileError,
  type Files,
  type FollowOptions,
  type ProgramResult,
  type Programs,
} from '../../src/world/world.ts';
import { collectingLog } from '../lib/database.ts';

/** Time that passes when the test says so. */
class HandClock implements Clock {
  #nowMs = 0;
  #due: { readonly atMs: number; readonly fire: () => void }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, fire: () => void): () => void {
    const entry = { atMs: this.#nowMs + delayMs, fire };
    this.#due.push(entry);
    return () => {
      this.#due = this.#due.filter((other) => other !== entry);
    };
  }

  sleep(): Promise<void> {
    return Promise.resolve();
  }

  yield(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** Lets time pass, and what became due run. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      await this.yield();
      const [next] = this.#due.filter(({ atMs }) => atMs <= untilMs).toSorted((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.#due = this.#due.filter((other) => other !== next);
      this.#nowMs = next.atMs;
      next.fire();
    }
    this.#nowMs = untilMs;
    await this.yield();
  }
}

const sourceLimits: SourceLimits = { inventoryToolMs: 100, inventoryToolBytes: 1000, inventoryFileBytes: 1000 };
const noFiles = new Proxy({} as Files, {
  get: () => (path: string) => Promise.reject(new FileError('not-found', path, 'it is not there')),
});

describe('a source of the inventory', () => {
  const fine: ProgramResult = {
    exitCode: 0,
    signal: undefined,
    timedOut: false,
    stdout: '7',
    stderr: '',
    truncated: false,
  };
  const number = (text: string): number | undefined => (/^\d+$/.test(text) ? Number(text) : undefined);

  it('that cannot tell its part is complained about once, and again when the reason changes or it works', async () => {
    const log = collectingLog();
    let answer: () => Promise<ProgramResult> = () => Promise.resolve(fine);
    const programs: Programs = { run: () => answer(), follow: () => () => undefined };
    const sources = new Sources({ world: { files: noFiles, programs, log }, limits: sourceLimits });
    const ask = (): Promise<number | undefined> => sources.tool('ip', ['-j'], number);
    const story: readonly (readonly [Partial<ProgramResult> | 'absent' | 'broken', string | undefined])[] = [
      [{}, undefined],
      ['absent', 'What "ip -j" tells is missing from the inventory: it is not installed.'],
      ['absent', undefined],
      [{ timedOut: true }, 'What "ip -j" tells is missing from the inventory: it did not end within 100 ms.'],
      [{ timedOut: true }, undefined],
      [{ exitCode: 2 }, 'What "ip -j" tells is missing from the inventory: it ended with 2.'],
      [
        { exitCode: undefined, signal: 'SIGKILL' },
        'What "ip -j" tells is missing from the inventory: it ended with SIGKILL.',
      ],
      [{ stdout: '<html>' }, 'What "ip -j" tells is missing from the inventory: its output is not understood.'],
      [{ truncated: true }, 'What "ip -j" tells is missing from the inventory: it printed more than 1000 bytes.'],
      ['broken', 'What "ip -j" tells is missing from the inventory: ip: no more processes.'],
      [{}, '"ip -j" tells its part of the inventory again.'],
      [{}, undefined],
    ];
    for (const [result, sentence] of story) {
      const before = log.lines.length;
      answer = () => {
        if (result === 'absent') return Promise.reject(new FileError('not-found', 'ip', 'no such file'));
        if (result === 'broken') return Promise.reject(new FileError('io', 'ip', 'no more processes'));
        return Promise.resolve({ ...fine, ...result });
      };
      const works = typeof result === 'object' && Object.keys(result).length === 0;
      assert.equal(await ask(), works ? 7 : undefined);
      assert.equal(log.lines[before]?.sentence, sentence);
    }
  });

  it('of the kernel may be missing too', async () => {
    const log = collectingLog();
    const programs: Programs = { run: () => Promise.resolve(fine), follow: () => () => undefined };
    const sources = new Sources({ world: { files: noFiles, programs, log }, limits: sourceLimits });
    for (const _time of [1, 2]) assert.equal(await sources.kernelFile('/proc/stat', number), undefined);
    assert.deepEqual(
      [await sources.file('/x'), await sources.link('/x'), await sources.list('/x')],
      [undefined, undefined, []],
    );
    assert.deepEqual(
      log.lines.map(({ event }) => event),
      ['inventory-source-lost'],
    );
  });
});

describe('readings of load and memory', () => {
  const memory = (availableBytes: number) => ({ totalBytes: 1_000_000, availableBytes });
  /** One processor that was busy for so many of a hundred ticks since the last reading. */
  const clockwork = () => {
    let total = 0;
    let idle = 0;
    return (busy: number) => {
      total += 100;
      idle += 100 - busy;
      return new Map([[0, { total, idle }]]);
    };
  };

  it('are published when they jump, and else as an average now and then', () => {
    const filter = new FigureFilter(5000);
    const after = clockwork();
    const taken = [0, 3, 4, 60, 61, 62, 63, 61, 60, 63].map((busy, second) =>
      filter.take(after(busy), memory(500_000), second * 1000)?.utilisation.get(0),
    );
    assert.deepEqual(taken, [
      undefined,
      undefined,
      undefined,
      0.6,
      undefined,
      undefined,
      undefined,
      undefined,
      0.61,
      undefined,
    ]);
  });

  it('tell memory that moves by a hundredth', () => {
    const filter = new FigureFilter(60_000);
    const after = clockwork();
    const taken = [500_000, 505_000, 511_000, 512_000, 490_000].map(
      (bytes, second) => filter.take(after(0), memory(bytes), second * 1000)?.memory?.availableBytes,
    );
    assert.deepEqual(taken, [500_000, undefined, 511_000, undefined, 490_000]);
  });

  it('do without what the machine does not tell', () => {
    const filter = new FigureFilter(1000);
    assert.deepEqual(filter.take(new Map(), undefined, 0), { memory: undefined, utilisation: new Map() });
    assert.equal(filter.take(new Map(), undefined, 500), undefined);
  });
});

describe('turns', () => {
  it('gather what is asked for, run one at a time, and once more for what came meanwhile', async () => {
    const clock = new HandClock();
    const runs: number[] = [];
    let finish = (): void => undefined;
    const turns = new Turns(clock, () => {
      runs.push(clock.nowMs());
      return new Promise((resolve) => {
        finish = resolve;
      });
    });
    const done: string[] = [];
    for (const name of ['a', 'b']) void turns.ask().then(() => done.push(name));
    await clock.pass(50);
    assert.equal(runs.length, 1);
    void turns.ask().then(() => done.push('c'));
    await clock.pass(50);
    assert.deepEqual([runs.length, done], [1, []], 'only one at a time');
    finish();
    await clock.pass(1000);
    assert.deepEqual([runs.length, done], [2, ['a', 'b']]);
    finish();
    await clock.pass(1000);
    assert.deepEqual([runs.length, done], [2, ['a', 'b', 'c']]);
  });

  it('rest in proportion to what they cost, while changes do not stop', async () => {
    const clock = new HandClock();
    let runs = 0;
    const turns = new Turns(clock, () => {
      runs += 1;
      return new Promise((resolve) => void clock.after(20, resolve));
    });
    for (let time = 0; time < 10_000; time += 5) {
      void turns.ask();
      await clock.pass(5);
    }
    assert.ok(runs > 40 && runs < 70, `it ran ${runs} times in ten seconds`);
  });

  it('end, and let nobody wait for ever', async () => {
    const clock = new HandClock();
    let runs = 0;
    const turns = new Turns(clock, async () => {
      runs += 1;
    });
    const asked = turns.ask();
    await turns.end();
    await asked;
    await turns.ask();
    await clock.pass(1000);
    assert.equal(runs, 0);
  });
});

describe('a program that tells of changes', () => {
  it('is started again after ever longer rests, and its end is said once', async () => {
    const clock = new HandClock();
    const log = collectingLog();
    const starts: number[] = [];
    let last: FollowOptions | undefined;
    let stopped = 0;
    const programs: Programs = {
      run: () => Promise.reject(new Error('not asked for')),
      follow: (_program, _args, options) => {
        starts.push(clock.nowMs());
        last = options;
        return () => {
          stopped += 1;
        };
      },
    };
    let restarts = 0;
    const lines: string[] = [];
    const follower = new Follower({
      world: { clock, programs, log },
      program: 'ip',
      args: ['monitor'],
      onLine: (line) => lines.push(line),
      onRestart: () => {
        restarts += 1;
      },
      firstRestMs: 1000,
      longestRestMs: 4000,
      maxLineBytes: 100,
    });
    follower.start();
    if (last !== undefined && 'onLine' in last) last.onLine('one');
    for (let end = 0; end < 4; end += 1) {
      assert.equal(follower.running, true);
      last?.onEnd('it was ended by SIGKILL');
      assert.equal(follower.running, false);
      await clock.pass(10_000);
    }
    assert.deepEqual(lines, ['one']);
    assert.deepEqual([starts.length, restarts], [5, 4]);
    // It stayed up for six seconds and more each time, so each end is a new one.
    assert.equal(log.lines.length, 4);
    const before = starts.length;
    last?.onEnd('it is not installed');
    for (let end = 0; end < 3; end += 1) {
      while (!follower.running) await clock.pass(100);
      last?.onEnd('it is not installed');
    }
    assert.deepEqual(
      starts.slice(before).map((at, index, all) => Math.round((at - (all[index - 1] ?? at)) / 1000)),
      [0, 2, 4],
    );
    assert.equal(log.lines.length, 5, 'said once');
    follower.stop();
    await clock.pass(60_000);
    assert.equal(starts.length, before + 3);
    assert.equal(stopped, 0);
  });
});

describe('the identity of a host', () => {
  it('is the same whenever the agent is installed on the same machine, and does not tell the machine-id', () => {
    const id = '0123456789abcdef0123456789abcdef';
    const uuid = uuidOfMachine(id);
    assert.match(uuid ?? '', /^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    assert.equal(uuidOfMachine(id), uuid);
    assert.notEqual(uuidOfMachine(id.replace('0', '1')), uuid);
    assert.ok(!uuid?.includes(id.slice(0, 8)));
    for (const none of ['', 'uninitialized', '0'.repeat(32), id.slice(1)]) assert.equal(uuidOfMachine(none), undefined);
  });
});
