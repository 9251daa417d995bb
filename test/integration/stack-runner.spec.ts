import assert from 'node:assert/strict';
import { limits } from '../../src/lib/limits.ts';
import { StackFault } from '../../src/stack/fault.ts';
import { StackRunner, type StackRunnerOptions } from '../../src/stack/runner.ts';
import { linuxTestWorld, type TestWorld } from '../lib/linux-world.ts';
import { hostUuids, livesetText } from '../lib/liveset.ts';
import { writeStack } from '../lib/stack.ts';

describe('the runner of a cluster stack', () => {
  let test: TestWorld;
  beforeEach(async () => {
    test = await linuxTestWorld({ programGraceMs: 300, programOutputMs: 200 });
  });
  afterEach(() => test.end());

  const stack = async (
    scripts: Record<string, string>,
    changed: Partial<StackRunnerOptions> = {},
  ): Promise<StackRunner> => {
    const directory = await writeStack(test.directory, 'mine', scripts);
    return new StackRunner({ world: test.world, stack: 'mine', directory, limits, ...changed });
  };

  /** The fault that a call ends with. */
  const fault = async (call: Promise<unknown>): Promise<StackFault> => {
    try {
      await call;
    } catch (error) {
      assert(error instanceof StackFault, String(error));
      return error;
    }
    throw new Error('it succeeded');
  };

  it('gives a script PATH with its directory at the end and nothing else, no input, and / to work in', async () => {
    const runner = await stack({
      ha_set_pool_state: 'xargs -0 -n1 < /proc/$$/environ; pwd; readlink /proc/self/fd/0; echo "$@"',
    });
    const { output } = await runner.setPoolState('init');
    const path = `PATH=${process.env['PATH']}:${test.directory}/mine`;
    assert.equal(Buffer.from(output).toString(), `${path}\n/\n/dev/null\ninit\n`);
  });

  it('reads a liveset and the answer to a proposal', async () => {
    const runner = await stack({
      ha_query_liveset: `cat <<'END'\n${livesetText({ hosts: hostUuids(3) })}END`,
      ha_propose_master: 'echo TRUE',
    });
    assert.equal((await runner.queryLiveset()).hosts.length, 3);
    assert.equal(await runner.proposeMaster(), true);
  });

  it('tells exit codes of the contract as errors with a sentence, a way out and what the script said', async () => {
    const runner = await stack({ ha_start_daemon: 'echo "no disk" >&2; exit 8', ha_disarm_fencing: 'exit 14' });
    const { reason, message, details } = await fault(runner.startDaemon());
    assert.equal(reason, 'failed');
    assert.match(
      message,
      /^ha_start_daemon of the cluster stack "mine" ended with exit code 8 \(CAN_NOT_ACCESS_STATEFILE\)/,
    );
    assert.match(message, /It said: no disk$/);
    assert.equal(details.symbol, 'CAN_NOT_ACCESS_STATEFILE');
    assert.match(details.wayOut ?? '', /storage/);
    assert.equal((await runner.disarmFencing()).alreadySo, true);
  });
});
