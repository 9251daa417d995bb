import assert from 'node:assert/strict';
import type { Commit } from '../../src/database/types.ts';
import { ApiError } from '../../src/datamodel/index.ts';
import { testDatabase } from '../lib/database.ts';

const nullRef = 'OpaqueRef:NULL';

function code(wanted: string, ...params: readonly (string | RegExp)[]): (thrown: unknown) => boolean {
  return (thrown) => {
    assert.ok(thrown instanceof ApiError, String(thrown));
    assert.equal(thrown.code, wanted);
    for (const [index, param] of params.entries()) {
      if (typeof param === 'string') assert.equal(thrown.params[index], param);
      else assert.match(thrown.params[index] ?? '', param);
    }
    return true;
  };
}

describe('database', () => {
  it('gives a new object its initial values, a reference and a uuid', async () => {
    const { database } = await testDatabase();
    const { value: ref, commit } = database.transaction((tx) => tx.create('VM', { name_label: 'one' }));
    const row = database.require('VM', ref);
    assert.match(ref, /^OpaqueRef:[0-9a-f-]{36}$/);
    assert.match(row.uuid, /^[0-9a-f-]{36}$/);
    assert.equal(row.power_state, 'Halted');
    assert.deepEqual(row.VBDs, []);
    assert.deepEqual(database.byNameLabel('VM', 'one'), [ref]);
    assert.equal(database.byUuid('VM', row.uuid), ref);
    assert.deepEqual(commit?.changes, [{ class: 'VM', ref, kind: 'add', row }]);
  });

  it('leaves nothing behind when the work throws', async () => {
    const { database } = await testDatabase();
    const { value: kept } = database.transaction((tx) => tx.create('VM', { name_label: 'kept' }));
    const before = database.segments('VM');
    const generation = database.generation;
    assert.throws(
      () =>
        database.transaction((tx) => {
          tx.create('VM', { name_label: 'new' });
          tx.create('VBD', { VM: kept });
          tx.update('VM', kept, { name_label: 'changed' });
          assert.equal(tx.require('VM', kept).name_label, 'changed');
          throw new Error('stop');
        }),
      /stop/,
    );
    assert.equal(database.generation, generation);
    assert.deepEqual(database.segments('VM'), before);
    assert.equal(database.count('VBD'), 0);
    assert.deepEqual(database.byNameLabel('VM', 'changed'), []);
  });

  it('keeps both ends of a relation true and reports both', async () => {
    const { database } = await testDatabase();
    const { value } = database.transaction((tx) => {
      const first = tx.create('VM', {});
      const second = tx.create('VM', {});
      return { first, second, vbd: tx.create('VBD', { VM: first }) };
    });
    assert.deepEqual(database.require('VM', value.first).VBDs, [value.vbd]);
    const { commit } = database.transaction((tx) => tx.update('VBD', value.vbd, { VM: value.second }));
    assert.deepEqual(database.require('VM', value.first).VBDs, []);
    assert.deepEqual(database.require('VM', value.second).VBDs, [value.vbd]);
    assert.deepEqual(commit?.changes.map((change) => [change.ref, change.kind]).sort(), [
      [value.first, 'mod'],
      [value.second, 'mod'],
      [value.vbd, 'mod'],
    ]);
    assert.throws(
      () => database.transaction((tx) => tx.update('VM', value.first, { VBDs: [value.vbd] })),
      code('OPERATION_NOT_ALLOWED', /VBD\.VM/),
    );
  });

  it('refuses to destroy what a stored object refers to, and clears what a runtime object refers to', async () => {
    const { database } = await testDatabase();
    const { value } = database.transaction((tx) => {
      const vm = tx.create('VM', {});
      const host = tx.create('host', {});
      const session = tx.create('session', { this_host: host });
      return { vm, host, session, vbd: tx.create('VBD', { VM: vm }), task: tx.create('task', { session }) };
    });
    assert.throws(
      () => database.transaction((tx) => tx.destroy('VM', value.vm)),
      code('OPERATION_NOT_ALLOWED', new RegExp(`VBD ${value.vbd} .* field VM`)),
    );
    database.transaction((tx) => {
      tx.destroy('VBD', value.vbd);
      tx.destroy('VM', value.vm);
      tx.destroy('host', value.host);
    });
    assert.equal(database.require('session', value.session).this_host, nullRef);
    database.transaction((tx) => tx.destroy('session', value.session));
    assert.equal(database.require('task', value.task).session, nullRef);
  });

  it('checks values, references and uniqueness', async () => {
    const { database } = await testDatabase();
    const missing = 'OpaqueRef:missing';
    const run = (work: Parameters<typeof database.transaction<unknown>>[0]) => () => database.transaction(work);
    const { value: vm } = database.transaction((tx) => tx.create('VM', { uuid: 'u1' }));
    assert.throws(
      run((tx) => tx.create('VBD', { VM: missing })),
      code('HANDLE_INVALID', 'VM', missing),
    );
    assert.throws(
      run((tx) => tx.update('VM', missing, {})),
      code('HANDLE_INVALID', 'VM', missing),
    );
    assert.throws(
      run((tx) => tx.create('VM', { uuid: 'u1' })),
      code('DB_UNIQUENESS_CONSTRAINT_VIOLATION', 'VM', 'uuid', 'u1'),
    );
    assert.throws(
      run((tx) => tx.create('VM', {}, vm)),
      code('DB_UNIQUENESS_CONSTRAINT_VIOLATION', 'VM', 'ref', vm),
    );
    assert.throws(
      run((tx) => tx.update('VM', vm, { VCPUs_max: 1.5 })),
      code('INVALID_VALUE', 'VM.VCPUs_max', '1.5'),
    );
    assert.throws(
      run((tx) => tx.update('VM', vm, { VCPUs_max: '1' as unknown as number })),
      code('FIELD_TYPE_ERROR', 'VM.VCPUs_max'),
    );
    assert.throws(
      run((tx) => tx.update('VM', vm, { power_state: 'Odd' as 'Halted' })),
      code('INVALID_VALUE', 'VM.power_state', 'Odd'),
    );
    assert.throws(
      run((tx) => tx.update('VM', vm, { odd: 1 } as object)),
      code('INTERNAL_ERROR', /no field odd/),
    );
    assert.throws(
      run(() => database.transaction(() => 0)),
      code('INTERNAL_ERROR', /inside another/),
    );
    assert.throws(
      run(() => Promise.resolve()),
      code('INTERNAL_ERROR', /asynchronous/),
    );
    assert.throws(() => database.byUuid('VM', 'u2'), code('UUID_INVALID', 'VM', 'u2'));
  });

  it('tells the same mistake first, in whatever order the fields are given', async () => {
    const { database } = await testDatabase();
    const { value } = database.transaction((tx) => [tx.create('VM', {}), tx.create('VM', {})]);
    const [one = '', other = ''] = value;
    const { uuid } = database.require('VM', other);
    const wrong = code('HANDLE_INVALID', 'host', 'OpaqueRef:nowhere');
    assert.throws(
      () => database.transaction((tx) => tx.update('VM', one, { uuid, affinity: 'OpaqueRef:nowhere' })),
      wrong,
    );
    assert.throws(
      () => database.transaction((tx) => tx.update('VM', one, { affinity: 'OpaqueRef:nowhere', uuid })),
      wrong,
    );
    assert.throws(
      () => database.transaction((tx) => tx.update('VM', one, { uuid })),
      code('DB_UNIQUENESS_CONSTRAINT_VIOLATION'),
    );
  });

  it('coalesces the changes of a transaction and drops what came to nothing', async () => {
    const { database } = await testDatabase();
    const { value: vm } = database.transaction((tx) => tx.create('VM', { name_label: 'a' }));
    const kinds = (commit: Commit | undefined) => commit?.changes.map((change) => change.kind);
    const back = database.transaction((tx) => {
      tx.update('VM', vm, { name_label: 'b' });
      tx.update('VM', vm, { name_label: 'a' });
    });
    assert.equal(back.commit, undefined);
    assert.equal(database.transaction((tx) => tx.destroy('VM', tx.create('VM', {}))).commit, undefined);
    assert.equal(database.transaction((tx) => tx.update('VM', vm, { name_label: 'a', tags: [] })).commit, undefined);
    const twice = database.transaction((tx) => {
      tx.update('VM', vm, { name_label: 'b' });
      tx.destroy('VM', vm);
    });
    assert.deepEqual(kinds(twice.commit), ['del']);
    assert.equal(twice.commit?.changes[0]?.row['name_label'], 'a');
  });

  it('writes stored fields only, and says when they are on disk', async () => {
    const { database, journal } = await testDatabase();
    const made = database.transaction((tx) => tx.create('VM', { name_label: 'a', allowed_operations: ['start'] }));
    await made.durable;
    const stored = JSON.parse(journal.objects.get(made.value)?.fields ?? '') as Record<string, unknown>;
    assert.equal(stored['name_label'], 'a');
    assert.ok(!('allowed_operations' in stored));
    assert.ok(!('VBDs' in stored));
    const runtime = database.transaction((tx) => tx.update('VM', made.value, { allowed_operations: [] }));
    assert.equal(runtime.durable, undefined);
    assert.notEqual(runtime.commit, undefined);
    assert.equal(database.transaction((tx) => tx.create('task', {})).durable, undefined);
    assert.equal(journal.deltas.length, 1);
  });

  it('does not call a value stored that another caller is still writing', async () => {
    const { database, journal } = await testDatabase();
    const { value: vm } = database.transaction((tx) => tx.create('VM', {}));
    await database.flush();
    journal.hold();
    const first = database.transaction((tx) => tx.update('VM', vm, { name_label: 'same' }));
    // Nothing is left to change for the second, but what it asked for is not on disk either.
    const second = database.transaction((tx) => tx.update('VM', vm, { name_label: 'same' }));
    assert.equal(second.commit, undefined);
    let stored = false;
    const waited = second.durable?.then(() => {
      stored = true;
    });
    assert.ok(waited !== undefined, 'there is something to wait for');
    await Promise.resolve();
    assert.equal(stored, false);
    journal.broken = 'no-space';
    journal.release();
    await assert.rejects(first.durable ?? Promise.resolve(), code('INTERNAL_ERROR'));
    await assert.rejects(waited, code('INTERNAL_ERROR'));
    journal.broken = undefined;
    const third = database.transaction((tx) => tx.update('VM', vm, { name_label: '' }));
    assert.equal(third.durable, undefined, 'nothing was asked for that is not on disk');
  });

  it('is the same after a restart, with computed ends rebuilt and later generations', async () => {
    const first = await testDatabase();
    const made = first.database.transaction((tx) => {
      const vm = tx.create('VM', { other_config: JSON.parse('{"__proto__":"x"}') as Record<string, string> });
      return { vm, vbd: tx.create('VBD', { VM: vm }) };
    });
    await first.database.close();
    const second = await testDatabase(first.journal);
    assert.deepEqual(second.database.segments('VM'), first.database.segments('VM'));
    assert.deepEqual(second.database.require('VM', made.value.vm).VBDs, [made.value.vbd]);
    assert.ok(second.database.generation > first.database.generation);
    assert.equal(second.database.changesSince(first.database.generation), undefined);
    assert.deepEqual([...(second.database.changesSince(second.database.generation) ?? ['none'])], []);
  });

  it('puts memory back to what is on disk when the disk refuses', async () => {
    const { database, journal, lines } = await testDatabase();
    const base = database.transaction((tx) => tx.create('VM', { name_label: 'disk' }));
    await base.durable;
    const seen: Commit[] = [];
    database.onCommit((commit) => seen.push(commit));
    journal.broken = 'no-space';
    const lost = database.transaction((tx) => {
      tx.update('VM', base.value, { name_label: 'lost', allowed_operations: ['start'] });
      return tx.create('VBD', { VM: base.value });
    });
    await assert.rejects(async () => lost.durable, code('INTERNAL_ERROR', /no space left .* repeat the call/));
    assert.equal(database.get('VBD', lost.value), undefined);
    const row = database.require('VM', base.value);
    assert.equal(row.name_label, 'disk');
    assert.deepEqual(row.allowed_operations, ['start']);
    assert.deepEqual(row.VBDs, []);
    assert.deepEqual(
      seen.map((commit) => commit.changes.map((change) => change.kind).sort()),
      [
        ['add', 'mod'],
        ['del', 'mod'],
      ],
    );
    journal.broken = undefined;
    await database.transaction((tx) => tx.update('VM', base.value, { name_label: 'again' })).durable;
    assert.deepEqual(
      lines.map((line) => line.event),
      ['database-not-writable', 'database-writable'],
    );
    assert.deepEqual((await testDatabase(journal)).database.require('VM', base.value).name_label, 'again');
  });
});
