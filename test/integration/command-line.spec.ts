import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { quorate, seen, start } from '../lib/command-line.ts';
import { FakeAgent } from '../lib/fake-agent.ts';

describe('the command line, against an agent', () => {
  let agent: FakeAgent;
  let host: { readonly ref: string; readonly uuid: string };
  let vm: { readonly ref: string; readonly uuid: string };

  const run = (...args: readonly string[]) => quorate(['--socket', agent.socket, ...args]);
  const ok = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(...args);
    assert.equal(code, 0, stderr);
    return stdout;
  };

  beforeEach(async () => {
    agent = await FakeAgent.start();
    host = agent.add('host', { name_label: 'alpha', address: '192.0.2.1', enabled: true });
    agent.add('pool', { name_label: 'p', master: host.ref });
    vm = agent.add('VM', {
      name_label: 'web1',
      power_state: 'Running',
      resident_on: host.ref,
      other_config: { a: '1', b: '2' },
    });
    agent.add('VM', { name_label: 'tpl', is_a_template: true });
  });

  afterEach(async () => {
    assert.equal(agent.sessions.size, 0, 'every session is ended');
    await agent.stop();
  });

  it('lists records as xe does, with references as uuids and templates left out', async () => {
    const stdout = await ok('vm-list');
    assert.equal(
      stdout,
      `uuid ( RO)           : ${vm.uuid}
     name-label ( RW): web1
    power-state ( RO): Running
    resident-on ( RO): ${host.uuid}
`,
    );
  });

  it('lists only what matches, and only the values when asked', async () => {
    assert.equal(await ok('vm-list', 'power-state=running', '--minimal'), `${vm.uuid}\n`);
    assert.equal(await ok('vm-list', 'power-state=/=running', '--minimal'), '\n');
    assert.equal(await ok('template-list', 'params=name-label', '--minimal'), 'tpl\n');
    assert.equal(await ok('vm-list', `resident-on=${host.uuid}`, 'params=Name_Label', '--minimal'), 'web1\n');
    assert.equal(await ok('vm-list', 'other-config:a=1', 'params=other-config', '--minimal'), 'a: 1; b: 2\n');
    assert.equal(await ok('vm-list', 'uuid=00000000-0000-4000-8000-999999999999'), '');
  });

  it('finds what objects refer to by its name', async () => {
    assert.equal(await ok('vm-list', 'resident-on=alpha', '--minimal'), `${vm.uuid}\n`);
    assert.equal(await ok('vm-list', 'resident-on=/=alpha', '--minimal'), '\n');
    const nobody = await run('vm-list', 'resident-on=beta', '--minimal');
    assert.deepEqual(nobody, { code: 0, stdout: '\n', stderr: 'No host is called "beta".\n' });
    assert.equal(await ok('event-wait', 'class=vm', 'resident-on=alpha'), '');
    const waiting = await run('event-wait', 'class=vm', 'resident-on=beta');
    assert.deepEqual(waiting, { code: 1, stdout: '', stderr: 'Error: No host is called "beta".\n' });
  });

  it('asks for one class once, however many objects refer to it', async () => {
    const hosts = Array.from({ length: 20 }, (_, index) => agent.add('host', { name_label: `h${index}` }));
    for (const each of hosts) agent.add('VM', { name_label: 'many', resident_on: each.ref });
    agent.asked.length = 0;
    await ok('vm-list');
    assert.deepEqual(agent.asked, ['VM.get_all_records', 'host.get_all_records']);
  });

  it('fetches only the object that a uuid or a name selects', async () => {
    agent.asked.length = 0;
    await ok('vm-list', 'name-label=web1', 'params=uuid');
    assert.deepEqual(agent.asked, ['VM.get_by_name_label', 'VM.get_record']);
  });

  it('shows, sets, adds to, removes from and clears fields', async () => {
    const self = `uuid=${vm.uuid}`;
    assert.match(await ok('vm-param-list', self), /^ +resident-on \( RO\): 00000000-/m);
    assert.equal(await ok('vm-param-get', self, 'param-name=other-config', 'param-key=a'), '1\n');
    assert.equal(await ok('vm-param-get', 'name-label=web1', 'param-name=name-label'), 'web1\n');
    assert.equal(await ok('vm-param-set', self, 'name-label=web2', 'other-config:a=one', 'other-config:c=3'), '');
    await ok('vm-param-add', self, 'param-name=tags', 'param-key=blue', 'green');
    await ok('vm-param-add', self, 'param-name=other-config', 'd=4=four');
    await ok('vm-param-remove', self, 'param-name=other-config', 'param-key=b');
    await ok('vm-param-remove', self, 'param-name=tags', 'param-key=blue');
    assert.deepEqual(agent.row('VM', vm.ref)['other_config'], { a: 'one', c: '3', d: '4=four' });
    assert.deepEqual(agent.row('VM', vm.ref)['tags'], ['green']);
    await ok('vm-param-clear', self, 'param-name=tags');
    assert.deepEqual(agent.row('VM', vm.ref)['tags'], []);
    await ok('pool-param-set', 'name-label=renamed');
    assert.equal(await ok('pool-param-get', 'param-name=name-label'), 'renamed\n');
    assert.equal(await ok('pool-param-get', 'param-name=master'), `${host.uuid}\n`);
  });

  it('changes nothing when a reference cannot be found', async () => {
    const { code, stderr } = await run('vm-param-set', `uuid=${vm.uuid}`, 'name-label=x', 'affinity=nowhere');
    assert.equal(code, 1);
    assert.match(stderr, /No host is called "nowhere"\. See them all with: quorate host-list/);
    assert.equal(agent.row('VM', vm.ref)['name_label'], 'web1');
  });

  it('refuses a name that two objects have, and says which they are', async () => {
    const other = agent.add('VM', { name_label: 'web1' });
    const { code, stderr } = await run('vm-param-get', 'name-label=web1', 'param-name=uuid');
    assert.equal(code, 1);
    assert.ok(stderr.includes(other.uuid) && stderr.includes(vm.uuid));
  });

  it('calls any message, arguments typed by the datamodel', async () => {
    assert.equal(await ok('call', 'VM.get_by_name_label', 'web1'), `${vm.uuid}\n`);
    assert.equal(await ok('call', 'vm.get_resident_on', 'web1'), `${host.uuid}\n`);
    assert.equal(await ok('call', 'VM.get_other_config', vm.uuid), 'a: 1\nb: 2\n');
    assert.equal(await ok('call', 'VM.get_other_config', vm.uuid, '--json'), '{\n  "a": "1",\n  "b": "2"\n}\n');
    await ok('call', 'VM.set_user_version', vm.ref, '7');
    assert.equal(agent.row('VM', vm.ref)['user_version'], 7);
    let received: unknown;
    agent.handlers.set('VM.start', (...args) => ((received = args), ''));
    assert.equal(await ok('call', 'VM.start', 'web1', 'no', 'true'), '');
    assert.deepEqual(received, [vm.ref, false, true]);
  });

  it('reads an argument from standard input', async () => {
    let received: unknown;
    agent.handlers.set('secret.create', (...args) => ((received = args), agent.add('secret', {}).ref));
    const { code, stdout } = await quorate(['--socket', agent.socket, 'call', 'secret.create', '-'], {
      input: '{"value": "s3cret"}\n',
    });
    assert.equal(code, 0);
    assert.match(stdout, /^0{8}-/);
    assert.deepEqual(received, [{ value: 's3cret' }]);
  });

  it('waits for a task and prints its result', async () => {
    const made = agent.add('VM', { name_label: 'copy' });
    let task = '';
    agent.handlers.set('Async.VM.clone', () => {
      task = agent.add('task', { status: 'pending', progress: 0.25 }).ref;
      return task;
    });
    const running = start(['--socket', agent.socket, 'vm-clone', `uuid=${vm.uuid}`, 'new-name=copy']);
    await until(() => agent.asked.filter((method) => method === 'event.from').length >= 2);
    agent.set('task', task, { status: 'success', result: `<value>${made.ref}</value>` });
    const { code, stdout } = await running.done;
    assert.equal(code, 0);
    assert.equal(stdout, `${made.uuid}\n`);
    assert.ok(agent.asked.includes('task.destroy'));
  });

  it('tells how a task failed', async () => {
    agent.handlers.set('Async.VM.start', () => {
      return agent.add('task', { status: 'failure', error_info: ['VM_BAD_POWER_STATE', vm.ref, 'halted', 'running'] })
        .ref;
    });
    const { code, stderr } = await run('vm-start', `uuid=${vm.uuid}`, 'start-paused=false', 'force=false');
    assert.equal(code, 1);
    assert.match(stderr, /^Error: VM_BAD_POWER_STATE \(vm OpaqueRef:VM-3, expected halted, actual running\): /);
  });

  it('cancels its task on ctrl-C', async () => {
    let task = '';
    let cancelled: unknown;
    agent.handlers.set('Async.VM.clean_shutdown', () => (task = agent.add('task', { status: 'pending' }).ref));
    agent.handlers.set('task.cancel', (ref) => ((cancelled = ref), ''));
    const running = start(['--socket', agent.socket, 'call', 'Async.VM.clean_shutdown', 'web1']);
    await until(() => agent.asked.filter((method) => method === 'event.from').length >= 2);
    running.child.kill('SIGINT');
    const { code, stderr } = await running.done;
    assert.equal(code, 130);
    assert.equal(cancelled, task);
    assert.match(stderr, /The task is being cancelled\. See it with: quorate task-list uuid=/);
  });

  it('waits until an object satisfies every condition', async () => {
    const running = start([
      '--socket',
      agent.socket,
      'event-wait',
      'class=vm',
      'name-label=web1',
      'power-state=/=running',
    ]);
    await until(() => agent.asked.filter((method) => method === 'event.from').length >= 2);
    agent.set('VM', vm.ref, { power_state: 'Halted' });
    const { code, stderr } = await running.done;
    assert.equal(code, 0, stderr);
  });

  it('stops waiting when the object is gone or the time is over', async () => {
    const running = start([
      '--socket',
      agent.socket,
      'event-wait',
      'class=vm',
      `uuid=${vm.uuid}`,
      'power-state=halted',
    ]);
    await until(() => agent.asked.filter((method) => method === 'event.from').length >= 2);
    agent.remove('VM', vm.ref);
    const { code, stderr } = await running.done;
    assert.equal(code, 1);
    assert.match(stderr, /was destroyed before/);
    const late = await run('event-wait', 'class=pool', 'name-label=never', '--timeout', '0.3');
    assert.equal(late.code, 1);
    assert.match(late.stderr, /Gave up after 0.3 seconds/);
  });

  it('streams a line for each change, and says what changed', async () => {
    const running = start(['--socket', agent.socket, 'events', 'vm']);
    await until(() => agent.asked.filter((method) => method === 'event.from').length >= 2);
    agent.set('VM', vm.ref, { power_state: 'Halted', resident_on: 'OpaqueRef:NULL' });
    await seen(running, 'web1');
    agent.set('VM', vm.ref, { power_state: 'Paused' });
    await seen(running, 'power-state=Paused');
    running.child.kill('SIGINT');
    const { code, stdout } = await running.done;
    assert.equal(code, 130);
    const lines = stdout.trimEnd().split('\n');
    assert.match(lines[0] ?? '', new RegExp(`^\\d{4}-\\d\\d-\\d\\dT\\S+Z mod vm ${vm.uuid} web1$`));
    assert.match(lines[1] ?? '', / web1 power-state=Paused$/);
  });

  it('ends quietly when nobody reads its output any more', async () => {
    const running = start(['--socket', agent.socket, 'events', 'vm']);
    await until(() => agent.asked.filter((method) => method === 'event.from').length >= 2);
    running.child.stdout?.destroy();
    agent.set('VM', vm.ref, { power_state: 'Halted' });
    const { code, stderr } = await running.done;
    assert.equal(stderr, '');
    assert.equal(code, 0);
  });

  it('says what answers', async () => {
    agent.handlers.set('session.get_this_host', () => host.ref);
    const stdout = await ok('status');
    assert.match(stdout, new RegExp(`^agent +answers on ${agent.socket}$`, 'm'));
    assert.match(stdout, new RegExp(`^host +alpha \\(${host.uuid}\\)$`, 'm'));
    assert.match(stdout, /^objects +4: 1 pool, 2 VM, 1 host$/m);
  });

  it('explains an error with its meaning and the way out', async () => {
    const { code, stderr } = await run('vm-param-list', 'uuid=00000000-0000-4000-8000-999999999999');
    assert.equal(code, 1);
    assert.match(stderr, /^Error: UUID_INVALID \(type VM, uuid 0{8}-.*\): .+ See them with: quorate vm-list\n$/);
  });

  it('offers values for completion', async () => {
    const { stdout } = await quorate(['--complete', '--socket', agent.socket, 'vm-param-get', 'uuid=']);
    assert.ok(stdout.split('\n').includes(vm.uuid));
    const keys = await quorate([
      '--complete',
      '--socket',
      agent.socket,
      'vm-param-remove',
      `uuid=${vm.uuid}`,
      'param-name=other-config',
      'param-key=',
    ]);
    assert.equal(keys.stdout, 'a\nb\n');
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('the command line, without an agent', () => {
  it('says which socket was tried and how to start an agent', async () => {
    const { code, stderr, stdout } = await quorate(['--socket', '/nowhere/xapi', 'vm-list']);
    assert.equal(code, 3);
    assert.equal(stdout, '');
    assert.match(stderr, /^Error: No agent listens on \/nowhere\/xapi: .*Start the agent/);
  });

  it('takes the socket from the environment, and --dir over it', async () => {
    const environment = { QUORATE_SOCKET: '/nowhere/environment' };
    assert.match((await quorate(['vm-list'], { environment })).stderr, /\/nowhere\/environment/);
    assert.match(
      (await quorate(['--dir', '/nowhere/dir/', 'vm-list'], { environment })).stderr,
      /on \/nowhere\/dir\/xapi/,
    );
  });

  it('stops reading its input when told to', async () => {
    const program = join(import.meta.dirname, '../../src/bin/quorate.ts');
    const args = [program, '--timeout', '0.5', 'secret-create', 'value=-'];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'ignore'] });
    const [code] = (await once(child, 'exit')) as readonly unknown[];
    assert.equal(code, 1);
  });

  it('suggests what was meant', async () => {
    const command = await quorate(['vm-lsit']);
    assert.equal(command.code, 2);
    assert.match(command.stderr, /There is no command vm-lsit\. Did you mean vm-list\?/);
    const field = await quorate(['vm-list', 'params=name-lable']);
    assert.equal(field.code, 2);
    assert.match(field.stderr, /VM has no field name-lable\. Did you mean name-label\?/);
    const option = await quorate(['--minimla', 'vm-list']);
    assert.equal(option.code, 2);
    assert.match(option.stderr, /Did you mean --minimal\?/);
  });
});
