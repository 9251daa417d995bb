import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { printable } from '../../src/cli/format.ts';
import { startTestAgent, type TestAgent } from '../lib/agent.ts';
import { quorate, start } from '../lib/command-line.ts';
import { skip } from '../lib/skip.ts';

const program = join(import.meta.dirname, '../../src/bin/quorate.ts');
const uuidLine = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\n$/;

describe('the command line and a real agent', () => {
  let agent: TestAgent;

  before(async () => {
    agent = await startTestAgent();
  });

  after(() => agent.remove());

  const run = (...args: readonly string[]) => quorate(['--dir', agent.directory, ...args]);
  const ok = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(...args);
    assert.equal(code, 0, stderr);
    return stdout;
  };

  it('say of themselves where they are and what they hold', async () => {
    const stdout = await ok('status');
    assert.ok(stdout.includes(`answers on ${agent.socketPath}\n`), stdout);
    assert.match(stdout, /^objects +\d+: .*1 host/m);
    assert.match(stdout, /^coordinator +this host$/m);
  });

  it('show the host and change it', async () => {
    const host = (await ok('host-list', '--minimal')).trim();
    assert.equal(host, agent.agent.hostUuid);
    await ok('host-param-set', 'name-label=renamed', 'other-config:rack=7', 'tags=a,b');
    assert.equal(await ok('host-param-get', `uuid=${host}`, 'param-name=name-label'), 'renamed\n');
    assert.equal(await ok('host-param-get', 'param-name=other-config', 'param-key=rack'), '7\n');
    assert.equal(await ok('host-list', 'tags=b', 'params=tags', '--minimal'), 'a; b\n');
    assert.equal(await ok('pool-param-get', 'param-name=master'), `${host}\n`);
    const listed = JSON.parse(await ok('host-list', 'params=uuid,metrics', '--json')) as readonly unknown[];
    assert.equal(listed.length, 1);
  });

  it('make objects, find them by name and destroy them', async () => {
    const made = await ok('network-create', 'name-label=lan', 'MTU=9000', 'other-config:a=1');
    assert.match(made, uuidLine);
    assert.equal(await ok('network-list', 'name-label=lan', '--minimal'), made);
    assert.equal(await ok('call', 'network.get_MTU', 'lan'), '9000\n');
    assert.equal(await ok('call', 'Async.network.get_by_uuid', made.trim()).catch(() => 'refused'), 'refused');
    await ok('network-destroy', 'name-label=lan');
    assert.equal(await ok('network-list', 'name-label=lan', '--minimal'), '\n');
    assert.equal(await ok('task-list', 'name-label=Async.network.create', '--minimal'), '\n', 'tasks are tidied away');
  });

  it('wait for what another one changes', async () => {
    const task = (await ok('task-create', 'label=mine', 'description=')).trim();
    const waiting = start(['--dir', agent.directory, 'event-wait', 'class=task', `uuid=${task}`, 'status=success']);
    const watching = start(['--dir', agent.directory, '--json', 'events', 'task']);
    await seenAfter(
      watching,
      (count) => ok('call', 'task.set_progress', task, `0.${(count % 8) + 1}`),
      '"progress":0.',
    );
    await ok('call', 'task.set_status', task, 'success');
    const { code, stderr } = await waiting.done;
    assert.equal(code, 0, stderr);
    watching.child.kill('SIGINT');
    assert.equal((await watching.done).code, 130);
  });

  it('refuse with the words of the error catalogue', async () => {
    const { code, stderr } = await run(
      'vm-start',
      'uuid=5b0dc71c-2f9d-4f0a-9a3e-6f3a0c9f7a10',
      'start-paused=no',
      'force=no',
    );
    assert.equal(code, 1);
    assert.match(stderr, /^Error: UUID_INVALID .*See them with: quorate vm-list/);
    const shut = await run('pool-eject', 'host=renamed');
    assert.equal(shut.code, 1);
    assert.match(shut.stderr, /^Error: [A-Z_]+ ?.*: ./);
  });

  it('list every class that can be listed', async () => {
    const stdout = await ok('help', 'commands');
    const lists = [...stdout.matchAll(/^ {2}([a-z-]+-list) {2}/gm)].map((found) => found[1] ?? '');
    assert.ok(lists.length > 30);
    const results = await Promise.all(
      lists.filter((name) => !name.endsWith('-param-list')).map((name) => run(name, '--minimal')),
    );
    assert.deepEqual(
      results.filter(({ code }) => code !== 0).map(({ stderr }) => stderr),
      [],
    );
  }).timeout(60_000);

  it('draw a table at a terminal, and hide what is typed', async function () {
    if (spawnSync('script', ['--version']).status !== 0) skip(this, 'script (of util-linux) is not installed');
    const host = agent.agent.hostUuid;
    const [head = '', row = ''] = (await atTerminal(120, 'host-list')).split('\n');
    assert.match(printable(head), /^\\u001b\[1muuid\\u001b\[22m +\\u001b\[1mname-label/);
    assert.ok(row.startsWith(`${host}  renamed`), row);
    assert.match(await atTerminal(120, 'host-list --no-color'), /^uuid +name-label/);
    // Too narrow for a table: records.
    assert.match(await atTerminal(60, 'host-list'), /^uuid \( RO\) +: /);
    assert.equal(await atTerminal(80, 'secret-list'), 'There is no secret.\n');
    const shown = await atTerminal(80, 'secret-create value=-', 's3cretX\u007f\r');
    assert.ok(!shown.includes('s3cret'), shown);
    assert.equal(await ok('call', 'secret.get_value', (await ok('secret-list', '--minimal')).trim()), 's3cret\n');
  }).timeout(60_000);

  /** What a terminal shows of a command, with what is typed once it asks. */
  async function atTerminal(columns: number, command: string, typed = ''): Promise<string> {
    const line = `stty cols ${columns}; '${process.execPath}' '${program}' --dir '${agent.directory}' ${command}`;
    const child = spawn('script', ['-qec', line, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
    let shown = '';
    child.stdout.on('data', (part: Buffer) => {
      shown += part.toString('utf8');
      if (typed !== '' && shown.includes('Value')) child.stdin.end(typed);
    });
    if (typed === '') child.stdin.end();
    await once(child, 'close');
    return shown.replaceAll('\r', '');
  }

  it('say when the agent has gone', async () => {
    const watching = start(['--dir', agent.directory, 'events']);
    await seenAfter(watching, (count) => ok('pool-param-set', `name-description=${count}`), ' mod pool ');
    await agent.stop();
    const { code, stderr } = await watching.done;
    assert.ok(code === 3 || code === 1, stderr);
    assert.match(stderr, /^Error: /);
    assert.equal((await run('host-list')).code, 3);
  });

  /** Makes one change after another until the watcher has seen one: when it begins to watch cannot be seen from outside. */
  async function seenAfter(
    watching: ReturnType<typeof start>,
    change: (count: number) => Promise<string>,
    text: string,
  ): Promise<void> {
    for (let count = 0; !watching.stdout().includes(text); count += 1) await change(count);
  }
});
