import assert from 'node:assert/strict';
import { CleanPath, type CleanStep } from '../../src/host/actions/clean-path.ts';
import { createClock } from '../../src/world/linux/clock.ts';
import type { LogLevel } from '../../src/world/world.ts';

describe('the clean path', () => {
  let logged: string[];
  let done: string[];
  let path: CleanPath;
  beforeEach(() => {
    logged = [];
    done = [];
    const write = (_level: LogLevel, event: string): void => void logged.push(event);
    path = new CleanPath({ clock: createClock(), log: { debugOn: false, write } });
  });
  const step = (name: string, run: CleanStep['run'] = () => {}): CleanStep => ({
    name,
    run: async (signal) => {
      done.push(name);
      await run(signal);
    },
    undo: () => {
      done.push(`undo ${name}`);
    },
  });

  it('runs the steps in the opposite order, once', async () => {
    for (const name of ['database', 'agent', 'guests']) path.add(step(name));
    await Promise.all([path.run('a', 1000), path.run('b', 1000)]);
    await path.run('c', 1000);
    assert.deepEqual(done, ['guests', 'agent', 'database']);
    assert.deepEqual(logged, ['clean-path-started', 'clean-path-done']);
  });

  it('goes on after a step that fails', async () => {
    path.add(step('database'));
    path.add(step('bad', () => Promise.reject(new Error('no'))));
    path.add({
      name: 'worse',
      run: () => {
        throw new Error('at once');
      },
    });
    await path.run('a', 1000);
    assert.deepEqual(done, ['bad', 'database']);
    assert.equal(logged.filter((event) => event === 'clean-path-step-failed').length, 2);
  });

  it('leaves a step that takes too long, and tells it', async () => {
    let aborted = false;
    let flushed = false;
    path.add(
      step('database', async (signal) => {
        await new Promise(setImmediate);
        flushed = !signal.aborted;
      }),
    );
    path.add(
      step(
        'slow',
        (signal) =>
          new Promise(() => {
            signal.addEventListener('abort', () => {
              aborted = true;
            });
          }),
      ),
    );
    await path.run('a', 200);
    assert.equal(aborted, true);
    assert.equal(flushed, true, 'the later step has its own time');
    assert.deepEqual(logged, ['clean-path-started', 'clean-path-step-failed', 'clean-path-done']);
    assert.deepEqual(done, ['slow', 'database']);
  });

  it('takes back what was done, and can be run again', async () => {
    const remove = path.add(step('gone'));
    remove();
    for (const name of ['database', 'guests']) path.add(step(name));
    await path.undo();
    assert.deepEqual(done, []);
    await path.run('a', 1000);
    await path.undo();
    assert.deepEqual(done, ['guests', 'database', 'undo database', 'undo guests']);
    await path.run('b', 1000);
    assert.equal(done.length, 6);
  });
});
