import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { limits as usualLimits } from '../../src/lib/limits.ts';
import { StackRunner } from '../../src/stack/runner.ts';
import { type LivesetReading, LivesetSource } from '../../src/stack/watch-liveset.ts';
import { linuxTestWorld, type TestWorld } from '../lib/linux-world.ts';
import { hostUuids, livesetText } from '../lib/liveset.ts';
import { processesOf, writeStack } from '../lib/stack.ts';

const limits = { ...usualLimits, stackPollMs: 600_000, stackWatchRestMs: 20, stackWatchLongestRestMs: 40 };

describe('a stack that tells of changes by itself', () => {
  let test: TestWorld;
  let stop: () => void;
  beforeEach(async () => {
    test = await linuxTestWorld({ programGraceMs: 200, programOutputMs: 100 });
    await writeFile(join(test.directory, 'a'), livesetText({ hosts: hostUuids(2) }));
    await writeFile(
      join(test.directory, 'b'),
      livesetText({ hosts: hostUuids(2), changed: { '1/liveness': 'FALSE' } }),
    );
  });
  afterEach(async () => {
    stop();
    while (processesOf(test.directory).length > 0) await test.world.clock.sleep(10);
    await test.end();
  });

  const watched = async (
    script: string,
    query = 'exit 14',
  ): Promise<{ source: LivesetSource; readings: LivesetReading[] }> => {
    const scripts = { ha_watch_liveset: `cd ${test.directory}\n${script}`, ha_query_liveset: query };
    const directory = await writeStack(test.directory, 'mine', scripts);
    const runner = new StackRunner({ world: test.world, stack: 'mine', directory, limits });
    const source = new LivesetSource({ world: test.world, runner, stack: 'mine', watch: true, limits });
    const readings: LivesetReading[] = [];
    source.subscribe({ onReading: (reading) => readings.push(reading) });
    source.start();
    stop = () => {
      source.stop();
      runner.close();
    };
    return { source, readings };
  };
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await test.world.clock.sleep(5);
  };
  const alive = ({ liveset }: LivesetReading): boolean[] => liveset.hosts.map(({ liveness }) => liveness);

  it('is heard when it prints, and is seen to live', async () => {
    const { source, readings } = await watched('cat a; echo; cat b; echo; sleep 600');
    await until(() => readings.length === 2);
    assert.deepEqual(readings.map(alive), [
      [true, true],
      [true, false],
    ]);
    assert.deepEqual([source.view.watching, source.view.blind, source.view.last], [true, undefined, readings[1]]);
  });

  it('gets nothing but PATH, and ends with whoever listens', async () => {
    const { readings } = await watched(`xargs -0 -n1 < /proc/$$/environ > environment; cat a; echo; sleep 600 & wait`);
    await until(() => readings.length === 1);
    const environment = Buffer.from(
      await test.world.files.read(join(test.directory, 'environment'), 10_000),
    ).toString();
    assert.equal(environment, `PATH=${process.env['PATH']}:${test.directory}/mine\n`);
    stop();
    while (processesOf(test.directory).length > 0) await test.world.clock.sleep(10);
  });

  it('is started again when it ends, and its reason is kept', async () => {
    const { source, readings } = await watched('echo "the daemon is gone" >&2; cat a; echo; exit 14');
    await until(() => readings.length >= 3);
    await until(() => !source.view.watching);
    const { watchFault } = source.view;
    assert.match(
      watchFault?.message ?? '',
      /^ha_watch_liveset of the cluster stack "mine" ended with exit code 14 \(DAEMON_IS_NOT_PRESENT\).* It said: the daemon is gone$/,
    );
  });

  it('skips what cannot be read, and says so once', async () => {
    const { readings } = await watched('echo "<a>"; echo; echo "<b>"; echo; cat b; echo; sleep 600');
    await until(() => readings.length === 1);
    assert.equal(test.lines.filter((line) => line.includes('liveset-unreadable')).length, 1);
  });

  it('is ended when it prints without end, and started again', async () => {
    const { source } = await watched('exec yes x');
    await until(() => test.lines.some((line) => line.includes('liveset-watch-lost')));
    assert.match(source.view.watchFault?.message ?? '', /printed more than 4194304 bytes without an empty line/);
  });

  it('that cannot be started is polled', async () => {
    const { source, readings } = await watched('', `cat ${test.directory}/b`);
    await until(() => readings.length === 1);
    assert.deepEqual([readings[0]?.by, source.view.blind], ['poll', undefined]);
  });
});
