import assert from 'node:assert/strict';
import { startTestAgent, type TestAgent } from '../lib/agent.ts';
import type { ApiClient } from '../lib/api-client.ts';
import { failureOf } from '../lib/failures.ts';
import { vmRecord } from '../lib/records.ts';

interface Task {
  readonly status: string;
  readonly progress: number;
  readonly result: string;
  readonly error_info: readonly string[];
  readonly name_label: string;
  readonly finished: string;
  readonly subtask_of: string;
  readonly current_operations: Readonly<Record<string, string>>;
}

describe('tasks over the API', () => {
  let host: TestAgent;
  let api: ApiClient;

  before(async () => {
    host = await startTestAgent();
    api = await host.client();
  });
  after(() => host.remove());

  /** Follows a task by its events until it has ended. */
  async function ended(task: string): Promise<Task> {
    let { token } = await api.call<{ token: string }>('event.from', ['task'], '', 0);
    for (;;) {
      const row = await api.call<Task>('task.get_record', task);
      if (row.status !== 'pending' && row.status !== 'cancelling') return row;
      ({ token } = await api.call<{ token: string }>('event.from', [`task/${task}`], token, 10));
    }
  }

  it('does work in the background and keeps its result as a fragment', async () => {
    const task = await api.call<string>('Async.VM.create', vmRecord('async'));
    const row = await ended(task);
    assert.equal(row.status, 'success');
    assert.equal(row.progress, 1);
    assert.equal(row.name_label, 'Async.VM.create');
    const vm = /^<value>(OpaqueRef:[0-9a-f-]{36})<\/value>$/.exec(row.result)?.[1];
    assert.equal(await api.call('VM.get_name_label', vm), 'async');
    const destroy = await ended(await api.call<string>('Async.VM.destroy', vm));
    assert.equal(destroy.result, '<value></value>');
    await api.call('task.destroy', task);
    assert.deepEqual(await failureOf(api.call('task.get_status', task)), ['HANDLE_INVALID', 'task', task]);
  });

  it('keeps the error of work that failed', async () => {
    const row = await ended(await api.call<string>('Async.VM.start', 'OpaqueRef:NULL', false, false));
    assert.equal(row.status, 'failure');
    assert.deepEqual(row.error_info, ['NOT_IMPLEMENTED', 'VM.start']);
    assert.notEqual(row.finished, '19700101T00:00:00Z');
  });

  it('reports mistakes in the call itself at once', async () => {
    assert.deepEqual(await failureOf(api.call('Async.VM.start')), [
      'MESSAGE_PARAMETER_COUNT_MISMATCH',
      'VM.start',
      '3',
      '0',
    ]);
    assert.deepEqual(await failureOf(api.raw('Async.VM.create', ['OpaqueRef:x', {}])), [
      'SESSION_INVALID',
      'OpaqueRef:x',
    ]);
  });

  it('cancels what waits', async () => {
    // An appliance with a start delay waits between its groups, which is where a cancel reaches it.
    const appliance = await api.call<string>('VM_appliance.create', { name_label: 'a', name_description: '' });
    const vms: string[] = [];
    for (const order of [1, 2]) {
      const vm = await api.call<string>('VM.create', { ...vmRecord(`o${order}`), appliance, order, start_delay: 3600 });
      vms.push(vm);
    }
    const task = await api.call<string>('Async.VM_appliance.start', appliance, false);
    await api.call('task.cancel', task);
    const row = await ended(task);
    assert.equal(row.status, 'cancelled');
    assert.deepEqual(row.error_info, ['TASK_CANCELLED', task]);
    assert.equal((await failureOf(api.call('task.cancel', task)))[0], 'OPERATION_NOT_ALLOWED');
    for (const vm of vms) await api.call('VM.destroy', vm);
    await api.call('VM_appliance.destroy', appliance);
  });

  it('lets clients make tasks of their own and run calls as them', async () => {
    const task = await api.call<string>('task.create', 'mine', 'for a call');
    await api.call('task.set_progress', task, 0.5);
    assert.equal(await api.call('task.get_progress', task), 0.5);
    assert.equal((await failureOf(api.call('task.set_progress', task, 2)))[0], 'INVALID_VALUE');
    await api.raw('VM.create', [api.session, vmRecord('as a task')], { 'task-id': task });
    const row = await api.call<Task>('task.get_record', task);
    assert.equal(row.status, 'success');
    assert.match(row.result, /^<value>OpaqueRef:/);
    assert.equal(
      (await failureOf(api.raw('VM.create', [api.session, vmRecord('again')], { 'task-id': task })))[0],
      'OPERATION_NOT_ALLOWED',
    );
    await api.call('task.destroy', task);
  });

  it('shows subtasks below their parent', async () => {
    const parent = await api.call<string>('task.create', 'parent', '');
    const child = (await api.raw('Async.VM.create', [api.session, vmRecord('child')], {
      'subtask-of': parent,
    })) as string;
    assert.equal((await ended(child)).subtask_of, parent);
    assert.deepEqual(await api.call('task.get_subtasks', parent), [child]);
    await api.call('task.destroy', child);
    await api.call('task.destroy', parent);
  });

  it('keeps what the request says of the task that is made for it', async () => {
    const headers = { 'x-http-other-config-origin': 'a tool' };
    const task = (await api.raw('Async.VM.create', [api.session, vmRecord('with headers')], headers)) as string;
    assert.deepEqual(await api.call('task.get_other_config', task), { 'http:origin': 'a tool' });
    const parent = await api.call<string>('task.create', 'parent', '');
    const cookie = { cookie: `task_id=${parent}; other=1` };
    await api.raw('VM.create', [api.session, vmRecord('cookie')], cookie);
    assert.equal(await api.call('task.get_status', parent), 'success');
  });

  it('never shows a session to others', async () => {
    const task = await api.call<string>('task.create', 'watched', '');
    await api.call('task.cancel', task);
    const everything = JSON.stringify([
      await api.call('task.get_all_records'),
      await api.call('event.from', ['*'], '', 0),
    ]);
    assert.ok(!everything.includes(api.session) && !everything.includes(api.session.slice('OpaqueRef:'.length)));
  });

  it('leaves no task behind after a synchronous call', async () => {
    const before = await api.call<string[]>('task.get_all');
    await api.call('VM.create', vmRecord('sync'));
    assert.deepEqual(await api.call('task.get_all'), before);
  });
});
