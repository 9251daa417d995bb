import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { limits } from '../../src/lib/limits.ts';
import { StackRunner, type StackRunnerOptions } from '../../src/stack/runner.ts';
import { linuxTestWorld, type TestWorld } from '../lib/linux-world.ts';
import { hostUuids, livesetText } from '../lib/liveset.ts';
import { faultOf, processesOf, writeScript, writeStack } from '../lib/stack.ts';

const graceMs = 300;
const outputMs = 200;

describe('the runner of a cluster stack', () => {
  let test: TestWorld;
  beforeEach(async () => {
    test = await linuxTestWorld({ programGraceMs: graceMs, programOutputMs: outputMs });
  });
  afterEach(() => test.end());

  const over = (directory: string, changed: Partial<StackRunnerOptions> = {}): StackRunner =>
    new StackRunner({ world: test.world, stack: 'mine', directory, limits, ...changed });

  const stack = async (
    scripts: Readonly<Record<string, string>>,
    changed: Partial<StackRunnerOptions> = {},
  ): Promise<StackRunner> => over(await writeStack(test.directory, 'mine', scripts), changed);

  const liveset = `cat <<'END'\n${livesetText({ hosts: hostUuids(3) })}END`;
  const nothingLeft = async (): Promise<void> => {
    while (processesOf(test.directory).length > 0) await test.world.clock.sleep(10);
  };
  /** What scripts noted in a file of the test. */
  const noted = async (): Promise<string[]> =>
    (await readFile(join(test.directory, 'notes'), 'utf8')).trim().split('\n');
  const note = (word: string): string => `echo ${word} >> ${test.directory}/notes`;
  const written = async (words: string): Promise<void> => {
    const path = join(test.directory, 'notes');
    while (!(await readFile(path, 'utf8').catch(() => '')).includes(words)) await test.world.clock.sleep(5);
  };

  it('gives a script PATH with its directory at the end and nothing else, no input, and / to work in', async () => {
    const runner = await stack({
      ha_set_pool_state: 'xargs -0 -n1 < /proc/$$/environ; pwd; readlink /proc/$$/fd/0; echo "$@"',
    });
    const { output } = await runner.setPoolState('init');
    const path = `PATH=${process.env['PATH']}:${test.directory}/mine`;
    assert.equal(Buffer.from(output).toString(), `${path}\n/\n/dev/null\ninit\n`);
  });

  it('calls each script as the contract says', async () => {
    const names = ['ha_start_daemon', 'ha_stop_daemon', 'ha_disarm_fencing', 'ha_set_excluded', 'ha_clear_excluded'];
    const tell = `echo "\${0##*/} $*" >> ${test.directory}/notes`;
    const runner = await stack(
      Object.fromEntries([...names, 'ha_set_host_weight', 'ha_set_pool_state'].map((name) => [name, tell])),
    );
    await runner.setPoolState('active');
    await runner.startDaemon();
    await runner.setHostWeight('vms', 12);
    await runner.disarmFencing();
    await runner.stopDaemon();
    await runner.setExcluded();
    await runner.clearExcluded();
    assert.deepEqual(await noted(), [
      'ha_set_pool_state active',
      'ha_start_daemon ',
      'ha_set_host_weight vms 12',
      'ha_disarm_fencing ',
      'ha_stop_daemon ',
      'ha_set_excluded ',
      'ha_clear_excluded',
    ]);
    assert.match(
      test.lines.join('\n'),
      /stack-script-done: ha_set_pool_state active of the cluster stack "mine" succeeded/,
    );
  });

  it('reads a liveset, and the answer to a proposal strictly', async () => {
    const runner = await stack({ ha_query_liveset: liveset, ha_propose_master: 'echo TRUE' });
    assert.equal((await runner.queryLiveset()).hosts.length, 3);
    assert.equal(await runner.proposeMaster(), true);
    for (const [says, expected] of [
      ['printf FALSE', false],
      ['echo FALSE', false],
      ['echo true', undefined],
      ['echo TRUE; echo', undefined],
      ['echo " TRUE"', undefined],
      ['true', undefined],
      ["printf 'TRUE\\0'", undefined],
    ] as const) {
      await writeScript(join(test.directory, 'mine'), 'ha_propose_master', `#!/bin/sh\n${says}\n`);
      if (expected !== undefined) assert.equal(await runner.proposeMaster(), expected, says);
      else assert.match((await faultOf(runner.proposeMaster())).message, /and not TRUE or FALSE\.$/, says);
    }
  });

  describe('tells how a script ended:', () => {
    it('exit codes of the contract, with a sentence, a way out and what the script said', async () => {
      const runner = await stack({ ha_start_daemon: 'echo "no disk" >&2; exit 8', ha_disarm_fencing: 'exit 14' });
      const { reason, message, details } = await faultOf(runner.startDaemon());
      assert.equal(reason, 'failed');
      assert.equal(
        message,
        'ha_start_daemon of the cluster stack "mine" ended with exit code 8 (CAN_NOT_ACCESS_STATEFILE): This host cannot reach the statefile. It said: no disk',
      );
      assert.deepEqual([details.symbol, details.exitCode], ['CAN_NOT_ACCESS_STATEFILE', 8]);
      assert.match(details.wayOut ?? '', /storage/);
      assert.match(test.lines.join('\n'), / warn stack-script-failed: ha_start_daemon .* wayOut=/);
      const { alreadySo, exitCode } = await runner.disarmFencing();
      assert.deepEqual([alreadySo, exitCode], [true, 14]);
    });

    const ends: readonly (readonly [string, string, string, RegExp])[] = [
      [
        'a code that the contract does not give it',
        'exit 12',
        'failed',
        /exit code 12 \(BOOTJOIN_TIMEOUT\), which the contract does not foresee for this script: /,
      ],
      [
        'a code that shells have for themselves, too',
        'nonsense-command',
        'failed',
        /exit code 127 \(INTERNAL_BUG\).* A shell ends so, too, .* It said: .*nonsense-command: command not found$/,
      ],
      ['an unknown code', 'exit 99', 'unknown-exit-code', /exit code 99, which the contract does not know\.$/],
      [
        'what may not be executed',
        '/etc/passwd',
        'unknown-exit-code',
        /exit code 126, .*; a shell ends so when it may not execute a command\. It said/,
      ],
      [
        'a death below a shell',
        'exit 134',
        'unknown-exit-code',
        /exit code 134, which the contract does not know; it is 128 \+ 6, as a shell reports a death by SIGABRT\.$/,
      ],
      ['a death by signal', 'kill -SEGV $$', 'killed', /was ended by SIGSEGV, which the agent did not send\.$/],
      ['a death for want of memory', 'kill -KILL $$', 'killed', /was ended by SIGKILL/],
    ];
    for (const [what, body, reason, sentence] of ends) {
      it(what, async () => {
        const fault = await faultOf((await stack({ ha_stop_daemon: body })).stopDaemon());
        assert.equal(fault.reason, reason);
        assert.match(fault.message, sentence);
        assert((fault.details.wayOut ?? '').length > 10);
      });
    }

    it('what could not be started', async () => {
      const runner = await stack({ ha_stop_daemon: 'exit 0' });
      const directory = join(test.directory, 'mine');
      const sentence = async (call: Promise<unknown>): Promise<string> => {
        const { reason, message } = await faultOf(call);
        assert.equal(reason, 'not-started');
        return message;
      };
      assert.match(
        await sentence(runner.startDaemon()),
        /could not be started: it, or the interpreter .* is not there\.$/,
      );
      await writeScript(directory, 'ha_stop_daemon', '#!/no/such/shell\n');
      assert.match(await sentence(runner.stopDaemon()), /could not be started: it, or the interpreter/);
      await writeFile(join(directory, 'ha_stop_daemon'), '#!/bin/sh\n');
      await chmod(join(directory, 'ha_stop_daemon'), 0o644);
      assert.match(await sentence(runner.stopDaemon()), /could not be started: it may not be executed\.$/);
      await mkdir(join(directory, 'ha_set_excluded'));
      assert.match(await sentence(runner.setExcluded()), /could not be started: it may not be executed\.$/);
    });

    it('what is a program of another kind of machine', async () => {
      const runner = await stack({});
      const elf = Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01'), Buffer.alloc(200, 0xf4)]);
      await writeScript(join(test.directory, 'mine'), 'ha_stop_daemon', elf);
      const { reason, details } = await faultOf(runner.stopDaemon());
      assert(['not-started', 'unknown-exit-code', 'failed'].includes(reason), reason);
      assert((details.wayOut ?? '').length > 10);
    });
  });

  describe('ends', () => {
    const timeLimitMs = (): number => 150;

    it('a script that hangs, with everything that it has started', async () => {
      const runner = await stack({ ha_query_liveset: 'sleep 600 & sleep 600' }, { timeLimitMs });
      const { reason, message } = await faultOf(runner.queryLiveset());
      assert.equal(reason, 'timed-out');
      assert.match(
        message,
        /^ha_query_liveset of the cluster stack "mine" did not end within 150 ms, so that it was ended\.$/,
      );
      await nothingLeft();
    });

    it('a script that does not heed SIGTERM', async () => {
      const runner = await stack({ ha_stop_daemon: "trap '' TERM; while :; do sleep 0.05; done" }, { timeLimitMs });
      assert.equal((await faultOf(runner.stopDaemon())).reason, 'timed-out');
      await nothingLeft();
    });

    it('a script that floods its output, long before its time is up', async () => {
      const runner = await stack({ ha_query_liveset: 'exec cat /dev/zero', ha_stop_daemon: 'exec cat /dev/zero >&2' });
      const { reason, message } = await faultOf(runner.queryLiveset());
      assert.equal(reason, 'too-long');
      assert.match(
        message,
        /printed what cannot be used: its output is longer than 4194304 bytes, so that it was ended\.$/,
      );
      assert.match((await faultOf(runner.stopDaemon())).message, /its standard error is longer than 4194304 bytes/);
      await nothingLeft();
    });

    it('what a script leaves in the background, which does not keep the caller waiting', async () => {
      const runner = await stack({ ha_query_liveset: `sleep 600 & (trap '' TERM; sleep 600) & ${liveset}` });
      assert.equal((await runner.queryLiveset()).hosts.length, 3);
      await nothingLeft();
    });

    it('not what has a session of its own, and does not wait for it either', async () => {
      const runner = await stack({ ha_query_liveset: `setsid sleep 600 & sleep 0.1; ${liveset}` });
      assert.equal((await runner.queryLiveset()).hosts.length, 3);
      const left = processesOf(test.directory);
      assert.equal(left.length, 1);
      for (const pid of left) process.kill(pid, 'SIGKILL');
      await nothingLeft();
    });

    it('not the daemon that ha_start_daemon leaves behind', async () => {
      const runner = await stack({ ha_start_daemon: 'sleep 600 & exit 0' });
      await runner.startDaemon();
      const left = processesOf(test.directory);
      assert.equal(left.length, 1);
      for (const pid of left) process.kill(pid, 'SIGKILL');
      await nothingLeft();
    });

    it('a script whose caller goes away', async () => {
      const runner = await stack({ ha_stop_daemon: `${note('begun')}; sleep 600` });
      const caller = new AbortController();
      const call = runner.stopDaemon(caller.signal);
      await written('begun');
      caller.abort(new Error('gone'));
      await assert.rejects(call, /^Error: gone$/);
      await nothingLeft();
    });
  });

  const documents: readonly (readonly [string, string | Uint8Array, RegExp])[] = [
    ['broken XML', '<ha_liveset_info><status>Online</ha_liveset_info>', /printed what cannot be used: it is no XML/],
    [
      'half a liveset',
      livesetText({ hosts: hostUuids(2) }).replaceAll('liveness', 'lifeness'),
      /ha_liveset_info\/host\[1\]\/liveness is missing\.$/,
    ],
    [
      'entities that would expand to gigabytes',
      `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">${Array.from({ length: 9 }, (_, index) => `<!ENTITY a${index} "${`&a${index || ''};`.repeat(10)}">`).join('')}]><x>&a8;</x>`,
      /it has a document type/,
    ],
    ['elements a million deep', '<a>'.repeat(1_000_000), /its elements are nested deeper than 16/],
    ['NULs', `<ha_liveset_info>${'\0'.repeat(1000)}</ha_liveset_info>`, /it is no XML: in ha_liveset_info: /],
    ['bytes that are no UTF-8', Buffer.from([0x3c, 0xff, 0xfe, 0x80, 0x3e]), /it is not UTF-8/],
    ['nothing', '', /it is no XML/],
  ];
  for (const [what, document, sentence] of documents) {
    it(`tells that a script printed ${what}`, async () => {
      await writeFile(join(test.directory, 'document'), document);
      const runner = await stack({ ha_query_liveset: `cat ${test.directory}/document` });
      const { reason, message, details } = await faultOf(runner.queryLiveset());
      assert(reason === 'unreadable' || reason === 'too-long');
      assert.match(message, sentence);
      assert.match(details.wayOut ?? '', /quorate stack check/);
    });
  }

  describe('lets', () => {
    const slow = (word: string): string => `${note(`${word}-begins`)}; sleep 0.05; ${note(`${word}-ends`)}`;

    it('one change run at a time, in the order in which they were asked for', async () => {
      const runner = await stack({
        ha_set_pool_state: slow('state'),
        ha_set_excluded: slow('excluded'),
        ha_stop_daemon: slow('stop'),
      });
      await Promise.all([runner.setPoolState('init'), runner.stopDaemon(), runner.setExcluded()]);
      assert.deepEqual(
        await noted(),
        ['state', 'stop', 'excluded'].flatMap((word) => [`${word}-begins`, `${word}-ends`]),
      );
    });

    it('queries pass changes, and proposals that wait', async () => {
      const runner = await stack({
        ha_query_liveset: liveset,
        ha_propose_master: `${note('proposed')}; sleep 600`,
        ha_stop_daemon: `${note('stopping')}; sleep 600`,
      });
      const proposal = faultOf(runner.proposeMaster());
      await written('proposed');
      assert.equal((await runner.queryLiveset()).hosts.length, 3);
      const change = runner.stopDaemon();
      assert.equal((await proposal).reason, 'gave-way');
      await written('stopping');
      assert.equal((await runner.queryLiveset()).hosts.length, 3);
      const ended = faultOf(change);
      runner.close();
      assert.equal((await ended).reason, 'closed');
      assert.equal((await faultOf(runner.queryLiveset())).reason, 'closed');
      await nothingLeft();
    });

    it('a proposal wait while there are changes', async () => {
      const runner = await stack({
        ha_set_excluded: slow('excluded'),
        ha_stop_daemon: slow('stop'),
        ha_propose_master: `${note('proposed')}; echo FALSE`,
      });
      const first = runner.stopDaemon();
      const proposal = runner.proposeMaster();
      await Promise.all([first, runner.setExcluded()]);
      assert.equal(await proposal, false);
      assert.equal((await noted()).at(-1), 'proposed');
    });

    it('callers share a query that began after they came', async () => {
      const runner = await stack({ ha_query_liveset: `${note('query')}; sleep 0.1; ${liveset}` });
      const answers = await Promise.all(Array.from({ length: 20 }, () => runner.queryLiveset()));
      assert.equal(answers.length, 20);
      assert.equal((await noted()).length, 3, 'two ran at once, and one more for everybody else');
    });

    it('a caller of a shared query go away without the others', async () => {
      const runner = await stack({ ha_query_liveset: `${note('query')}; sleep 0.1; ${liveset}` });
      const first = [runner.queryLiveset(), runner.queryLiveset()];
      const caller = new AbortController();
      const leaves = runner.queryLiveset(caller.signal);
      const stays = runner.queryLiveset();
      caller.abort(new Error('gone'));
      await assert.rejects(leaves, /^Error: gone$/);
      assert.equal((await stays).hosts.length, 3);
      await Promise.all(first);
    });

    it('only so many callers wait', async () => {
      const runner = await stack(
        { ha_stop_daemon: 'sleep 600', ha_query_liveset: 'sleep 600' },
        { limits: { ...limits, stackCallsWaiting: 3 } },
      );
      const calls = Array.from({ length: 5 }, () => faultOf(runner.stopDaemon()));
      const { reason, message } = (await calls[4]) ?? {};
      assert.equal(reason, 'busy');
      assert.equal(message, 'ha_stop_daemon of the cluster stack "mine" came to nothing: 3 calls wait for it already.');
      const queries = Array.from({ length: 6 }, () => faultOf(runner.queryLiveset()));
      assert.equal((await queries[5])?.reason, 'busy');
      runner.close();
      await Promise.all([...calls, ...queries]);
      await nothingLeft();
    });
  });

  it('asks right before each start whether the stack may be run', async () => {
    let refusal: string | undefined;
    const runner = await stack(
      { ha_stop_daemon: note('stopped'), ha_query_liveset: note('queried'), ha_watch_liveset: note('watched') },
      { permit: () => refusal },
    );
    const first = runner.stopDaemon();
    const waiting = runner.stopDaemon();
    refusal = 'anybody could have changed it';
    const watcher = { onPiece: () => undefined, onEnd: () => undefined };
    const calls = [waiting, runner.queryLiveset(), runner.watchLiveset(watcher)];
    for (const { reason, message } of await Promise.all(calls.map(faultOf))) {
      assert.equal(reason, 'refused');
      assert.match(message, / is not run: anybody could have changed it\.$/);
    }
    await first;
    assert.deepEqual(await noted(), ['stopped']);
  });

  it('logs what scripts say on standard error, a line at a time and only so many', async () => {
    const runner = await stack(
      {
        ha_stop_daemon: "printf 'one\\n\\e[31mtwo\\n\\nthree without end' >&2",
        ha_set_excluded: 'seq 1 50 >&2; exit 8',
      },
      { limits: { ...limits, stackLinesLogged: 20, stackLastWords: 3 } },
    );
    await runner.stopDaemon();
    const said = (): string[] => test.lines.filter((line) => line.includes('stack-script-said'));
    assert.equal(said().length, 3);
    assert.match(said()[1] ?? '', /ha_stop_daemon of the cluster stack "mine" said: \[31mtwo/);
    assert.match(said()[2] ?? '', /said: three without end/);
    const { details } = await faultOf(runner.setExcluded());
    assert.deepEqual(details.lastWords, ['48', '49', '50']);
    assert.equal(said().length, 20);
  });
});
