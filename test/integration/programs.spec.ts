import assert from 'node:assert/strict';
import { limits } from '../../src/lib/limits.ts';
import { createPrograms } from '../../src/world/linux/programs.ts';
import type { Programs } from '../../src/world/world.ts';

describe('programs on Linux', () => {
  let programs: Programs;
  const options = { timeoutMs: 10_000, maxOutputBytes: 100_000 };
  const shell = (script: string, changed: object = {}) =>
    programs.run('/bin/sh', ['-c', script], { ...options, ...changed });
  const alive = (pid: number): boolean => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };
  const gone = async (pid: number): Promise<void> => {
    for (let waits = 0; alive(pid) && waits < 200; waits++) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(alive(pid), false);
  };

  beforeEach(() => {
    programs = createPrograms({ ...limits, programGraceMs: 100, programOutputMs: 100 });
  });

  it('get their arguments as they are, past every shell', async () => {
    const args = ['a b', '$(echo x)', '"', '', '*', "it's"];
    const { stdout } = await programs.run('/usr/bin/printf', ['%s\\n', ...args], options);
    assert.equal(stdout, args.map((each) => `${each}\n`).join(''));
  });

  it('get their input and its end', async () => {
    assert.equal((await shell('cat', { input: 'secret\n' })).stdout, 'secret\n');
    assert.equal(
      (await shell('cat', { input: new Uint8Array(300_000).fill(65), maxOutputBytes: 300_000 })).stdout.length,
      300_000,
    );
    assert.equal((await shell('cat')).stdout, '');
  });

  it('may end without reading their input', async () => {
    assert.equal((await shell('exit 4', { input: new Uint8Array(10_000_000) })).exitCode, 4);
  });

  it('see a small environment and what they are given, and none of the agent', async () => {
    process.env['QUORATE_TEST_SECRET'] = 'x';
    const { stdout } = await shell('env', { environment: { GIVEN: 'yes' } });
    delete process.env['QUORATE_TEST_SECRET'];
    assert.match(stdout, /^GIVEN=yes$/m);
    assert.match(stdout, /^PATH=/m);
    assert.doesNotMatch(stdout, /QUORATE_TEST_SECRET/);
  });

  it('are ended with their children when they are too slow', async () => {
    const result = await shell('sleep 60 & echo $!; sleep 60', { timeoutMs: 100 });
    assert.deepEqual([result.timedOut, result.signal], [true, 'SIGTERM']);
    await gone(Number(result.stdout));
  });

  it('are ended for good when they do not heed the first signal', async () => {
    const result = await shell("trap '' TERM; echo $$; while :; do sleep 0.05; done", { timeoutMs: 200 });
    assert.deepEqual([result.timedOut, result.signal], [true, 'SIGKILL']);
    await gone(Number(result.stdout));
  });

  it('leave no child behind that does not heed the first signal, though they do themselves', async () => {
    const result = await shell("(trap '' TERM; while :; do sleep 0.05; done) & echo $!; sleep 60", { timeoutMs: 200 });
    await gone(Number(result.stdout));
  });

  it('may leave a daemon behind when they end by themselves, and are not waited for because of it', async () => {
    const result = await shell('sleep 60 & echo $!');
    assert.deepEqual([result.exitCode, result.timedOut], [0, false]);
    const pid = Number(result.stdout);
    assert.equal(alive(pid), true);
    process.kill(pid);
  });

  it('that write without end are read, and forgotten beyond the limit', async () => {
    const result = await shell('head -c 5000000 /dev/zero; echo end >&2', { maxOutputBytes: 1000 });
    assert.deepEqual(
      [result.stdout.length, result.stderr, result.truncated, result.exitCode],
      [1000, 'end\n', true, 0],
    );
  });

  it('that a signal ended say which', async () => {
    const result = await shell('kill -9 $$');
    assert.deepEqual([result.exitCode, result.signal, result.timedOut], [undefined, 'SIGKILL', false]);
  });

  it('that may not be run say so', async () => {
    await assert.rejects(programs.run('/etc/passwd', [], options), {
      name: 'FileError',
      code: 'not-permitted',
      path: '/etc/passwd',
    });
  });

  it('run many at a time', async () => {
    const results = await Promise.all(Array.from({ length: 20 }, (_, index) => shell(`echo ${index}`)));
    assert.deepEqual(
      results.map(({ stdout }) => Number(stdout)),
      Array.from({ length: 20 }, (_, index) => index),
    );
  });
});
