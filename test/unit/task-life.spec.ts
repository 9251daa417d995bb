/** Tasks in virtual time: how long they are kept, and how many. */
import assert from 'node:assert/strict';
import { limits } from '../../src/lib/limits.ts';
import type { ApiClient } from '../lib/api-client.ts';
import { failureOf } from '../lib/failures.ts';
import { vmRecord } from '../lib/records.ts';
import { type SimulatedAgent, startSimulatedAgent } from '../lib/simulated-agent.ts';

describe('tasks in virtual time', () => {
  let world: SimulatedAgent;
  let api: ApiClient;

  beforeEach(async () => {
    world = await startSimulatedAgent('tasks');
    api = await world.client();
  });

  const call = <T>(method: string, ...params: readonly unknown[]): Promise<T> =>
    world.finish(api.call<T>(method, ...params));
  const isThere = (task: string): boolean => world.agent.database.get('task', task) !== undefined;
  const sweep = (): Promise<void> => world.simulation.run(limits.taskSweepMs + 1000);

  it('that have ended are kept for their owners to look at, and then go', async () => {
    const done = await call<string>('Async.VM.create', vmRecord('done'));
    const failed = await call<string>('Async.VM.destroy', 'OpaqueRef:NULL');
    const cancelled = await call<string>('task.create', 'cancelled', '');
    await call('task.cancel', cancelled);
    await world.simulation.run(1000);
    const statuses = [done, failed, cancelled].map((task) => world.agent.database.get('task', task)?.status);
    assert.deepEqual(statuses, ['success', 'failure', 'cancelled']);
    await world.simulation.run(limits.taskKeptMs - 10_000);
    for (const task of [done, failed, cancelled]) assert.ok(isThere(task));
    await world.simulation.run(10_000);
    await sweep();
    for (const task of [done, failed, cancelled]) assert.equal(isThere(task), false);
  });

  it('that nobody works on are given up after a day', async () => {
    const task = await call<string>('task.create', 'forgotten', '');
    await world.simulation.run(limits.taskStaleMs - 60_000);
    assert.ok(isThere(task));
    // Its session must last for this to be about the task.
    await call('VM.get_all');
    await world.simulation.run(60_000);
    await sweep();
    assert.equal(isThere(task), false);
  });

  it('that have ended are kept up to a number, the latest ones', async () => {
    const tasks: string[] = [];
    for (let count = 0; count < limits.tasksKept + 10; count += 1) {
      const task = await call<string>('task.create', `task ${count}`, '');
      await call('task.set_status', task, 'success');
      // Times are kept to the second.
      await world.simulation.run(1000);
      tasks.push(task);
    }
    const pending = await call<string>('task.create', 'pending', '');
    await sweep();
    assert.equal(tasks.filter(isThere).length, limits.tasksKept);
    assert.deepEqual(tasks.slice(0, 10).filter(isThere), []);
    assert.ok(isThere(pending));
  });

  it('are refused when too many are pending', async () => {
    for (let count = 0; count < limits.tasksPending + limits.tasksKept; count += 1) {
      world.agent.database.transaction((tx) => tx.create('task', { status: 'pending' }));
    }
    assert.deepEqual(await world.finish(failureOf(api.call('task.create', 'one more', ''))), ['TOO_BUSY']);
    assert.deepEqual(await world.finish(failureOf(api.call('Async.VM.create', vmRecord('x')))), ['TOO_BUSY']);
    assert.deepEqual(await call('VM.get_by_name_label', 'x'), []);
  });

  it('that their owner destroys while they run go when the work ends', async () => {
    world.host.disk.faults.stuck = true;
    const task = await call<string>('Async.VM.create', vmRecord('slow'));
    await call('task.destroy', task);
    assert.deepEqual(world.agent.database.get('task', task)?.current_operations, { [task]: 'destroy' });
    world.host.disk.faults.stuck = false;
    await world.simulation.run(1000);
    assert.equal(isThere(task), false);
    assert.equal((await call<string[]>('VM.get_by_name_label', 'slow')).length, 1);
  });
});
