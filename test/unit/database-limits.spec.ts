import assert from 'node:assert/strict';
import type { Commit, Transaction } from '../../src/database/types.ts';
import { ApiError } from '../../src/datamodel/index.ts';
import { limits } from '../../src/lib/limits.ts';
import { idleClock, testDatabase } from '../lib/database.ts';
import { MemoryJournal } from '../lib/memory-journal.ts';

function code(wanted: string, words = /^/): (thrown: unknown) => boolean {
  return (thrown) => {
    assert.ok(thrown instanceof ApiError, String(thrown));
    assert.equal(thrown.code, wanted);
    assert.match(thrown.params.join(' '), words);
    return true;
  };
}

describe('segments', () => {
  it('stay as they are, and only those that change are made anew', async () => {
    const { database } = await testDatabase();
    const { value: refs } = database.transaction((tx) =>
      Array.from({ length: limits.segmentRows * 3 }, (_zero, index) => tx.create('VM', { name_label: `vm ${index}` })),
    );
    const before = database.segments('VM');
    assert.equal(before.length, 3);
    assert.equal(database.segments('VM'), before);
    before[0]?.encoded.set('json', new Uint8Array(1));
    const copy = before.map(({ refs: ids, rows }) => ({ refs: [...ids], rows: [...rows] }));
    const [first = ''] = refs;
    const last = refs.at(-1) ?? '';
    database.transaction((tx) => tx.update('VM', last, { name_label: 'changed' }));
    const after = database.segments('VM');
    assert.equal(after[0], before[0]);
    assert.equal(after[0]?.encoded.size, 1);
    assert.notEqual(after[2], before[2]);
    database.transaction((tx) => {
      tx.destroy('VM', first);
      tx.create('VM', {});
    });
    assert.notEqual(database.segments('VM')[0], before[0]);
    assert.deepEqual(
      before.map(({ refs: ids, rows }) => ({ refs: [...ids], rows: [...rows] })),
      copy,
    );
  });

  it('do not keep the room of what was destroyed', async () => {
    const { database } = await testDatabase();
    const { value: refs } = database.transaction((tx) => Array.from({ length: 5000 }, () => tx.create('VM', {})));
    // One in fifty stays, spread over all segments.
    for (const [index, ref] of refs.entries()) {
      if (index % 50 !== 0) database.transaction((tx) => tx.destroy('VM', ref));
    }
    assert.equal(database.count('VM'), 100);
    const lengths = database.segments('VM').map((segment) => segment.refs.length);
    assert.equal(
      lengths.reduce((sum, length) => sum + length, 0),
      100,
    );
    assert.ok(lengths.length <= 8, `${lengths.length} segments`);
    assert.deepEqual(
      database.refs('VM'),
      refs.filter((_ref, index) => index % 50 === 0),
    );
  });
});

describe('transactions', () => {
  it('are over when they are over', async () => {
    const { database, journal } = await testDatabase();
    let kept: Transaction | undefined;
    database.transaction((tx) => {
      kept = tx;
    });
    assert.throws(() => kept?.create('VM', {}), code('INTERNAL_ERROR', /has ended/));
    await database.close();
    assert.ok(journal.closed);
    assert.throws(() => database.transaction(() => 0), code('INTERNAL_ERROR', /is closed/));
  });

  it('report a touched object that did not change, and write nothing', async () => {
    const { database, journal } = await testDatabase();
    const made = database.transaction((tx) => tx.create('VM', {}));
    await made.durable;
    const { commit, durable } = database.transaction((tx) => tx.touch('VM', made.value));
    assert.deepEqual(
      commit?.changes.map((change) => [change.kind, change.ref]),
      [['mod', made.value]],
    );
    assert.equal(durable, undefined);
    await database.flush();
    assert.equal(journal.deltas.length, 1);
  });

  it('are refused while too much waits for the disk', async () => {
    const { database, journal } = await testDatabase();
    journal.hold();
    const text = 'x'.repeat(limits.stringBytes);
    const wanted = Math.ceil(limits.waitingBytes / limits.stringBytes) + 1;
    let made = 0;
    assert.throws(() => {
      for (; made < wanted; made += 1) database.transaction((tx) => tx.create('VM', { name_description: text }));
    }, code('TOO_BUSY'));
    assert.ok(made > wanted - 10 && made < wanted);
    assert.equal(database.count('VM'), made);
    database.transaction((tx) => tx.create('task', {}));
    await idleClock.yield();
    journal.release();
    await database.flush();
    await database.transaction((tx) => tx.create('VM', {})).durable;
    assert.equal(journal.objects.size, made + 1);
  });

  it('share a delta while the disk is busy, and the last text of an object wins', async () => {
    const { database, journal } = await testDatabase();
    const { value: vm, durable } = database.transaction((tx) => tx.create('VM', {}));
    await durable;
    journal.hold();
    const commits = ['a', 'b', 'c', 'd'].map((label) =>
      database.transaction((tx) => tx.update('VM', vm, { name_label: label })),
    );
    await idleClock.yield();
    const passing = database.transaction((tx) => tx.create('VM', {}));
    const gone = database.transaction((tx) => tx.destroy('VM', passing.value));
    for (let turn = 0; turn < 3; turn += 1) await idleClock.yield();
    journal.release();
    for (const commit of [...commits, passing, gone]) await commit.durable;
    assert.equal(journal.deltas.length, 2);
    assert.match(journal.objects.get(vm)?.fields ?? '', /"name_label":"d"/);
    assert.deepEqual([...journal.objects.keys()], [vm]);
  });
});

describe('history', () => {
  it('remembers so many commits, and says when it cannot tell', async () => {
    const { database } = await testDatabase();
    const { value: vm } = database.transaction((tx) => tx.create('VM', {}));
    const start = database.generation;
    for (let count = 0; count < limits.rememberedCommits + 10; count += 1) {
      database.transaction((tx) => tx.touch('VM', vm));
    }
    assert.equal(database.changesSince(start), undefined);
    assert.equal(database.changesSince(database.oldestGeneration - 1), undefined);
    const all = [...(database.changesSince(database.oldestGeneration) ?? [])];
    assert.equal(all.length, limits.rememberedCommits);
    assert.equal(all[0]?.generation, database.oldestGeneration + 1);
    assert.equal(all.at(-1)?.generation, database.generation);
    assert.deepEqual([...(database.changesSince(database.generation - 2) ?? [])], all.slice(-2));
  });

  it('forgets earlier where commits are large, but never the last', async () => {
    const { database } = await testDatabase();
    const { value: refs } = database.transaction((tx) =>
      Array.from({ length: limits.rememberedChanges / 4 + 1 }, () => tx.create('task', {})),
    );
    for (let count = 0; count < 5; count += 1) {
      database.transaction((tx) => refs.forEach((ref) => tx.touch('task', ref)));
    }
    assert.equal([...(database.changesSince(database.oldestGeneration) ?? [])].length, 3);
  });

  it('tells every listener in order, whatever the others do', async () => {
    const { database, lines } = await testDatabase();
    const seen: string[] = [];
    const stop = database.onCommit((commit: Commit) => {
      seen.push(`first ${commit.generation}`);
      if (commit.generation === 1) database.transaction((tx) => tx.create('task', {}));
      throw new Error('odd listener');
    });
    database.onCommit((commit) => seen.push(`second ${commit.generation}`));
    database.transaction((tx) => tx.create('task', {}));
    assert.deepEqual(seen, ['first 1', 'second 1', 'first 2', 'second 2']);
    assert.ok(lines.every((line) => line.event === 'commit-listener-failed' && /odd listener/.test(line.sentence)));
    stop();
    database.transaction((tx) => tx.create('task', {}));
    assert.equal(seen.at(-2), 'second 2');
  });
});

describe('generations', () => {
  it('begin above what was reserved, though nothing of it was used', async () => {
    const first = await testDatabase();
    first.database.transaction((tx) => tx.create('task', {}));
    // No close: as after a crash.
    const second = await testDatabase(first.journal);
    assert.ok(second.database.generation > limits.generationBlock);
    const third = await testDatabase(first.journal);
    assert.ok(third.database.generation > second.database.generation + limits.generationBlock - 1);
  });

  it('are reserved ahead, and refused when no more can be', async () => {
    const journal = new MemoryJournal();
    const { database } = await testDatabase(journal);
    const { value: task } = database.transaction((tx) => tx.create('task', {}));
    const touch = (times: number): void => {
      for (let count = 0; count < times; count += 1) database.transaction((tx) => tx.touch('task', task));
    };
    touch(limits.generationBlock / 2 + 10);
    await idleClock.yield();
    assert.equal(journal.ceiling, 2 * limits.generationBlock);
    journal.broken = 'io';
    assert.throws(() => touch(2 * limits.generationBlock), code('INTERNAL_ERROR', /no new generation numbers/));
    assert.ok(database.generation < journal.ceiling);
    await idleClock.yield();
    journal.broken = undefined;
    // Refused once more, and asked for again.
    assert.throws(() => touch(1), code('INTERNAL_ERROR'));
    await idleClock.yield();
    touch(1);
    assert.equal(journal.ceiling, 3 * limits.generationBlock);
  }).timeout(30_000);
});
