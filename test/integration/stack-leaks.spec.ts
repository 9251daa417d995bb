import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { limits } from '../../src/lib/limits.ts';
import { StackRunner } from '../../src/stack/runner.ts';
import { linuxTestWorld } from '../lib/linux-world.ts';
import { hostUuids, livesetText } from '../lib/liveset.ts';
import { processesOf, writeStack } from '../lib/stack.ts';

const deep = "printf '<a>%.0s' {1..2000}";
/** Each with what its query ends with. */
const kinds: Readonly<Record<string, readonly [string, string]>> = {
  good: [`cat <<'END'\n${livesetText({ hosts: hostUuids(3) })}END`, 'liveset'],
  hangs: ['sleep 600', 'timed-out'],
  floods: ['exec cat /dev/zero', 'too-long'],
  'keeps-the-pipe': [`sleep 600 & cat <<'END'\n${livesetText({ hosts: hostUuids(1) })}END`, 'liveset'],
  broken: ["echo '<ha_liveset_info>'", 'unreadable'],
  hostile: [deep, 'too-long'],
  dies: ['kill -KILL $$', 'killed'],
  aborts: ['exit 134', 'unknown-exit-code'],
  ignores: ["trap '' TERM; while :; do sleep 1; done", 'timed-out'],
  missing: ['', 'not-started'],
};
const rounds = 100;
const timeLimitMs = 40;

const collectGarbage = (): void => {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
};
const openFiles = (): number => readdirSync('/proc/self/fd').length;

describe('a thousand calls of scripts that misbehave', () => {
  it('leave no process, no open file and no memory behind', async function () {
    this.timeout(120_000);
    const test = await linuxTestWorld({ programGraceMs: 20, programOutputMs: 100 });
    const runners: [string, StackRunner, string][] = [];
    for (const [name, [body, end]] of Object.entries(kinds)) {
      const directory = await writeStack(test.directory, name, body === '' ? {} : { ha_query_liveset: body });
      const options = { world: test.world, stack: name, directory, limits };
      // A sound script is not to be ended on a busy machine.
      const patient = end === 'timed-out' ? timeLimitMs : 20_000;
      runners.push([name, new StackRunner({ ...options, timeLimitMs: () => patient }), end]);
    }
    const round = async (): Promise<void> => {
      const ends = await Promise.all(
        runners.map(([, runner]) =>
          runner.queryLiveset().then(
            () => 'liveset',
            (error: unknown) => (error as { reason: string }).reason,
          ),
        ),
      );
      assert.deepEqual(
        ends,
        runners.map(([, , end]) => end),
      );
    };
    for (let warm = 0; warm < 10; warm++) await round();
    collectGarbage();
    const before = { files: openFiles(), heap: process.memoryUsage().heapUsed };
    for (let turn = 0; turn < rounds; turn++) await round();
    while (processesOf(join(test.directory, '/')).length > 0) await test.world.clock.sleep(10);
    collectGarbage();
    assert(openFiles() <= before.files, `${openFiles()} open files after ${before.files}`);
    const grown = process.memoryUsage().heapUsed - before.heap;
    assert(grown < 4_000_000, `${grown} bytes more`);
    await test.end();
  });
});
