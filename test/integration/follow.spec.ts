import assert from 'node:assert/strict';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { linuxTestWorld, type TestWorld } from '../lib/linux-world.ts';

describe('a program that is followed', () => {
  let test: TestWorld;
  beforeEach(async () => {
    test = await linuxTestWorld({ programGraceMs: 200 });
  });
  afterEach(() => test.end());

  const followed = (script: string, maxLineBytes = 100): Promise<{ lines: string[]; reason: string }> =>
    new Promise((resolve) => {
      const lines: string[] = [];
      test.world.programs.follow('/bin/sh', ['-c', script], {
        onLine: (line) => lines.push(line),
        onEnd: (reason) => resolve({ lines, reason }),
        maxLineBytes,
      });
    });

  it('tells every line, also the last one without an end, and why it ended', async () => {
    assert.deepEqual(await followed("printf 'one\\n\\ntwo\\nthree'; exit 3"), {
      lines: ['one', '', 'two', 'three'],
      reason: 'it ended with exit code 3',
    });
    assert.equal((await followed('kill -KILL $$')).reason, 'it was ended by SIGKILL');
  });

  it('cuts lines that are too long', async () => {
    const { lines } = await followed("printf '%0300d\\nshort\\n' 7", 50);
    assert.deepEqual(lines, ['0'.repeat(50), 'short']);
  });

  it('that cannot be started ends at once', async () => {
    const reason = await new Promise<string>((resolve) => {
      test.world.programs.follow('/nonexistent/program', [], { onLine: () => 0, onEnd: resolve, maxLineBytes: 10 });
    });
    assert.equal(reason, 'it is not installed');
  });

  it('is ended with its children when it is stopped, and says nothing more', async () => {
    const told: string[] = [];
    const group = await new Promise<number>((resolve) => {
      const stop = test.world.programs.follow('/bin/sh', ['-c', "trap '' TERM; echo $$; sleep 600 & wait; sleep 600"], {
        onLine: (line) => {
          stop();
          resolve(Number(line));
        },
        onEnd: (reason) => told.push(reason),
        maxLineBytes: 100,
      });
    });
    const alive = (): boolean => {
      try {
        process.kill(-group, 0);
        return true;
      } catch {
        return false;
      }
    };
    while (alive()) await test.world.clock.sleep(20);
    assert.deepEqual(told, []);
  });
});

describe('a symbolic link', () => {
  it('is told as it was written', async () => {
    const { world, directory, end } = await linuxTestWorld();
    await symlink('../usr/share/zoneinfo/Etc/UTC', join(directory, 'localtime'));
    assert.equal(await world.files.link(join(directory, 'localtime')), '../usr/share/zoneinfo/Etc/UTC');
    assert.equal(await world.files.link(directory), undefined);
    assert.equal(await world.files.link(join(directory, 'missing')), undefined);
    await end();
  });
});
