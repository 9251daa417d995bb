/** The source of livesets in virtual time, over a stack that a test makes up. */
import assert from 'node:assert/strict';
import { limits as usualLimits } from '../../src/lib/limits.ts';
import { StackRunner } from '../../src/stack/runner.ts';
import { LivesetSource } from '../../src/stack/watch-liveset.ts';
import type { SimulatedHost } from '../../src/world/simulated/host.ts';
import type { FakeResult } from '../../src/world/simulated/programs.ts';
import { createSimulation, type Simulation } from '../../src/world/simulated/simulation.ts';
import { hostUuids, livesetText } from '../lib/liveset.ts';
import { faultOf } from '../lib/stack.ts';

const limits = { ...usualLimits, stackPollMs: 1000, stackWatchRestMs: 100, stackWatchLongestRestMs: 3000 };
const directory = '/stacks/mine';
const text = (alive: string): string => livesetText({ hosts: hostUuids(2), changed: { '1/liveness': alive } });

describe('the source of livesets', () => {
  let simulation: Simulation;
  let host: SimulatedHost;
  let runner: StackRunner;
  let query: () => FakeResult;
  /** When a query was made, and what it was made with. */
  let queries: number[];
  let environments: Readonly<Record<string, string>>[];

  beforeEach(() => {
    simulation = createSimulation(7);
    host = simulation.host('one', { debug: true });
    query = () => ({ stdout: text('TRUE') });
    queries = [];
    environments = [];
    host.programs.set(`${directory}/ha_query_liveset`, ({ environment }) => {
      queries.push(simulation.nowMs);
      environments.push(environment);
      return query();
    });
    runner = new StackRunner({ world: host.world, stack: 'mine', directory, limits });
  });

  const open = (watch: boolean) => {
    const source = new LivesetSource({ world: host.world, runner, stack: 'mine', watch, limits });
    const told: string[] = [];
    source.subscribe({
      onReading: ({ liveset, by }) => told.push(`${by} ${liveset.hosts[1]?.liveness}`),
      onBlind: ({ details, reason }) => told.push(`blind ${details.symbol ?? reason}`),
    });
    source.start();
    return { source, told };
  };
  const logged = (event: string): number => simulation.trace.lines.filter((line) => line.includes(event)).length;

  it('asks again and again, says when it sees nothing and why, and when it sees again', async () => {
    const { source, told } = open(false);
    await simulation.run(2500);
    assert.deepEqual(told, ['poll true', 'poll true', 'poll true']);
    assert.deepEqual(environments[0], { PATH: `/usr/sbin:/usr/bin:/sbin:/bin:${directory}` });
    query = () => ({ exitCode: 14, stderr: 'no daemon' });
    await simulation.run(3000);
    assert.equal(source.view.blind?.details.symbol, 'DAEMON_IS_NOT_PRESENT');
    assert((source.view.ageMs ?? 0) > 3000);
    query = () => ({ exitCode: 8 });
    await simulation.run(1000);
    query = () => ({ stdout: text('FALSE') });
    await simulation.run(1000);
    assert.deepEqual(told.slice(3), ['blind DAEMON_IS_NOT_PRESENT', 'blind CAN_NOT_ACCESS_STATEFILE', 'poll false']);
    assert.equal(source.view.blind, undefined);
    assert.deepEqual([logged('liveset-lost'), logged('liveset-back')], [2, 1]);
    const before = queries.length;
    source.stop();
    await simulation.run(5000);
    assert.equal(queries.length, before);
  });

  it('drops the answer to a poll that a change has overtaken', async () => {
    let print: (line: string) => void = () => undefined;
    host.followers.set(`${directory}/ha_watch_liveset`, (_args, printing) => {
      print = printing;
      return undefined;
    });
    query = () => ({ stdout: text('TRUE'), durationMs: 500 });
    const { told } = open(true);
    await simulation.run(100);
    print(text('FALSE'));
    print('');
    await simulation.run(900);
    assert.deepEqual(told, ['watch false']);
  });

  it('is not blind while changes are told, though polls fail; and is when they cease', async () => {
    query = () => ({ exitCode: 3 });
    let more = true;
    host.followers.set(`${directory}/ha_watch_liveset`, (_args, print) => {
      const tell = (): void => {
        if (!more) return;
        print(`${text('TRUE')}\n`);
        host.world.clock.after(300, tell);
      };
      tell();
      return undefined;
    });
    const { source, told } = open(true);
    await simulation.run(4900);
    const blind = (): string[] => told.filter((each) => each.startsWith('blind'));
    assert(blind().length <= 1, 'the first poll may come before the first change');
    assert.deepEqual([source.view.blind], [undefined]);
    more = false;
    await simulation.run(3000);
    assert.equal(source.view.blind?.details.symbol, 'TRANSIENT_SYSTEM_ERROR');
  });

  it('starts what tells of changes again after ever longer rests, and at once when the stack is back', async () => {
    const starts: number[] = [];
    host.followers.set(`${directory}/ha_watch_liveset`, (_args, _print, end) => {
      starts.push(simulation.nowMs);
      end('it ended with exit code 14', 14);
      return undefined;
    });
    query = () => ({ exitCode: 14 });
    const { source } = open(true);
    await simulation.run(12_000);
    const rests = starts.map((at, index) => Math.round((at - (starts[index - 1] ?? at)) / 100));
    assert.deepEqual(rests, [0, 1, 2, 4, 8, 16, 30, 30]);
    assert.equal(logged('liveset-watch-lost'), 1);
    assert.equal(source.view.watching, false);
    query = () => ({ stdout: text('TRUE') });
    const before = starts.length;
    await simulation.run(1100);
    assert(starts.length > before, 'it did not rest any longer');
    source.stop();
    const after = starts.length;
    await simulation.run(20_000);
    assert.equal(starts.length, after);
  });

  it('goes on when a listener fails', async () => {
    const { source, told } = open(false);
    source.subscribe({
      onReading: () => {
        throw new Error('mine');
      },
    });
    await simulation.run(1500);
    assert.equal(told.length, 2);
    assert.equal(logged('liveset-listener-failed'), 2);
  });

  it('ends a script that hangs, and one that prints too much', async () => {
    query = () => ({ durationMs: 1e9 });
    const slow = simulation.finish(faultOf(runner.queryLiveset()));
    assert.equal((await slow).reason, 'timed-out');
    query = () => ({ stdout: 'x'.repeat(limits.stackOutputBytes + 1) });
    assert.equal((await simulation.finish(faultOf(runner.queryLiveset()))).reason, 'too-long');
  });
});
