import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StackFault } from '../../src/stack/fault.ts';
import type { StackRunner } from '../../src/stack/runner.ts';
import type { FileEntry, Files, Programs } from '../../src/world/world.ts';
import { startTestAgent, type TestAgent } from '../lib/agent.ts';
import { stackRoot, writeScript, writeStack } from '../lib/stacks.ts';

/** What happened within one call: what the agent does beside it is not among it. */
interface Witness {
  /** What the agent saw of the script, each time that it looked. */
  readonly looks: (FileEntry | undefined)[];
  /** How many looks there had been when the script was started. */
  startedAfter: number | undefined;
}

describe('a cluster stack that is refused', () => {
  let host: TestAgent;
  let runner: StackRunner;
  let root: string;
  let end: () => Promise<void>;
  let directory: string;
  let script: string;
  let marker: string;
  const witness = new AsyncLocalStorage<Witness>();

  /** Looks of the agent at the script, as they are answered. */
  const watched = (real: Files): Files => ({
    ...real,
    entry: async (path) => {
      const found = await real.entry(path);
      if (path === script) witness.getStore()?.looks.push(found);
      return found;
    },
  });
  const started = (real: Programs): Programs => ({
    follow: (program, args, options) => real.follow(program, args, options),
    run: (program, args, options) => {
      const seen = witness.getStore();
      if (program === script && seen !== undefined) seen.startedAfter = seen.looks.length;
      return real.run(program, args, options);
    },
  });

  before(async () => {
    ({ root, end } = await stackRoot());
    directory = join(root, 'one');
    script = join(directory, 'ha_disarm_fencing');
    marker = join(root, '.ran');
    await writeStack(directory);
    await writeScript(script, `stat -c %a "$0" >> ${marker}`);
    const settings = { 'cluster-stack-root': root, 'cluster-stack-scan-interval': '86400' };
    host = await startTestAgent({ settings, files: watched, place: started });
    runner = host.agent.stacks.runner('one');
  });
  after(async () => {
    await host.remove();
    await end();
  });

  /** Calls the script once. */
  async function call(): Promise<{ readonly refusal: string | undefined; readonly seen: Witness }> {
    const seen: Witness = { looks: [], startedAfter: undefined };
    try {
      await witness.run(seen, () => runner.disarmFencing());
      return { refusal: undefined, seen };
    } catch (thrown) {
      if (!(thrown instanceof StackFault) || thrown.reason !== 'refused') throw thrown;
      return { refusal: thrown.message, seen };
    }
  }

  const ran = async (): Promise<number> => (await readFile(marker, 'utf8').catch(() => '')).split('\n').length - 1;

  const faults: readonly [what: string, refusal: RegExp, make: () => Promise<unknown>, mend: () => Promise<unknown>][] =
    [
      [
        'others could change the script',
        /changed by everybody/,
        () => chmod(script, 0o777),
        () => chmod(script, 0o755),
      ],
      ['the script may not be executed', /may not be executed/, () => chmod(script, 0o644), () => chmod(script, 0o755)],
      [
        'others could change its folder',
        /changed by its group/,
        () => chmod(directory, 0o775),
        () => chmod(directory, 0o755),
      ],
      [
        'others could change a folder above',
        /changed by everybody/,
        () => chmod(root, 0o777),
        () => chmod(root, 0o755),
      ],
      [
        'another script is missing',
        /ha_stop_daemon is missing/,
        () => rename(join(directory, 'ha_stop_daemon'), join(root, '.away')),
        () => rename(join(root, '.away'), join(directory, 'ha_stop_daemon')),
      ],
      [
        'a link in it leads nowhere',
        /is not there/,
        () => symlink('nowhere', join(directory, 'link')),
        () => rm(join(directory, 'link')),
      ],
      [
        'its stack.json is broken',
        /stack\.json cannot be used/,
        () => writeFile(join(directory, 'stack.json'), '{', { mode: 0o644 }),
        () => rm(join(directory, 'stack.json')),
      ],
      [
        'it is gone',
        /There is no cluster stack one/,
        () => rename(directory, `${root}/.gone`),
        () => rename(`${root}/.gone`, directory),
      ],
    ];
  for (const [what, refusal, make, mend] of faults) {
    it(`is not run when ${what}, from that moment until it is mended`, async () => {
      for (let turn = 0; turn < 5; turn += 1) {
        const before = await ran();
        await make();
        const refused = await call();
        assert.match(refused.refusal ?? 'it ran', refusal);
        assert.equal(refused.seen.startedAfter, undefined);
        assert.equal(await ran(), before);
        await mend();
        assert.equal((await call()).refusal, undefined);
        assert.equal(await ran(), before + 1);
      }
    });
  }

  it('is not run after a look that found it so, however fast it changes', async () => {
    const flip = `while :; do chmod 777 '${script}'; chmod 755 '${script}'; done`;
    const flipper: ChildProcess = spawn('sh', ['-c', flip], { stdio: 'ignore' });
    let [runs, refusals] = [0, 0];
    try {
      // Until both have happened often enough to mean something.
      for (let calls = 0; calls < 2000 && (runs < 40 || refusals < 40); calls += 1) {
        const { refusal, seen } = await call();
        const { looks, startedAfter } = seen;
        if (refusal === undefined) runs += 1;
        else refusals += 1;
        assert.equal(startedAfter === undefined, refusal !== undefined);
        if (startedAfter === undefined) continue;
        assert.ok(startedAfter > 0, 'it was started without a look at it');
        assert.equal(looks[startedAfter - 1]?.mode, 0o755);
      }
    } finally {
      flipper.kill('SIGKILL');
      await once(flipper, 'exit');
      await chmod(script, 0o755);
    }
    assert.ok(runs >= 40 && refusals >= 40, `${runs} runs, ${refusals} refusals`);
  });
});
