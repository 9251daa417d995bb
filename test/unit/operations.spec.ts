import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { Call } from '../../src/api/call.ts';
import { host as hostHandlers } from '../../src/api/host.ts';
import { hostOperations } from '../../src/api/host-operations.ts';
import { type OperationOf, Operations } from '../../src/api/operations.ts';
import type { Database } from '../../src/database/types.ts';
import { ApiError, enums } from '../../src/datamodel/index.ts';
import { countingRandom, testDatabase } from '../lib/database.ts';

type VdiOperation = OperationOf<'VDI'>;

/** Rules for tests: what is not managed permits nothing but `destroy`, and copies run side by side. */
const operations = new Operations<'VDI'>({
  className: 'VDI',
  operations: ['copy', 'destroy', 'resize'],
  refusal: (reader, ref, operation) =>
    reader.require('VDI', ref).managed || operation === 'destroy' ? undefined : new ApiError('VDI_NOT_MANAGED', ref),
  together: (running, wanted) => running === 'copy' && wanted === 'copy',
});

describe('operations of an object', () => {
  let database: Database;
  let self: string;
  /** As much of a call as the helper uses. */
  const call = (task?: string): Call =>
    ({
      database,
      world: { random: countingRandom(100) },
      message: { name: 'VDI.test' },
      task: task === undefined ? undefined : { ref: task },
      change: <T>(work: Parameters<typeof database.transaction<T>>[0]): T => database.transaction(work).value,
    }) as unknown as Call;
  const row = () => database.require('VDI', self);

  beforeEach(async () => {
    ({ database } = await testDatabase());
    self = database.transaction((tx) => {
      const sr = tx.create('SR', { name_label: 'storage' });
      const vdi = tx.create('VDI', { SR: sr, managed: true });
      operations.refresh(tx, vdi);
      return vdi;
    }).value;
  });

  it('are listed while they run, and refuse what does not go together', async () => {
    assert.deepEqual(row().allowed_operations, ['copy', 'destroy', 'resize']);
    const gate = Promise.withResolvers<string>();
    const first = operations.run(call('OpaqueRef:one'), self, 'copy', () => gate.promise);
    assert.deepEqual(row().current_operations, { 'OpaqueRef:one': 'copy' });
    assert.deepEqual(row().allowed_operations, ['copy']);
    const second = operations.run(call('OpaqueRef:two'), self, 'copy', () => gate.promise);
    await assert.rejects(
      operations.run(call('OpaqueRef:three'), self, 'resize', () => 'never'),
      (thrown) => {
        const description = (thrown as ApiError).description;
        assert.deepEqual(description, ['OTHER_OPERATION_IN_PROGRESS', 'VDI', self, 'copy', 'OpaqueRef:one']);
        return true;
      },
    );
    gate.resolve('done');
    assert.deepEqual(await Promise.all([first, second]), ['done', 'done']);
    assert.deepEqual(row().current_operations, {});
    assert.deepEqual(row().allowed_operations, ['copy', 'destroy', 'resize']);
  });

  it('end also when the work fails, or removes the object', async () => {
    await assert.rejects(
      operations.run(call('OpaqueRef:one'), self, 'resize', () => Promise.reject(new Error('no room'))),
      /no room/,
    );
    assert.deepEqual(row().current_operations, {});
    await operations.run(call('OpaqueRef:one'), self, 'destroy', () => {
      database.transaction((tx) => tx.destroy('VDI', self));
    });
    assert.equal(database.get('VDI', self), undefined);
    await assert.rejects(
      operations.run(call(), self, 'copy', () => 'never'),
      /HANDLE_INVALID/,
    );
  });

  it('within one task are listed each', async () => {
    await operations.run(call('OpaqueRef:one'), self, 'copy', () =>
      operations.run(call('OpaqueRef:one'), self, 'copy', () => {
        assert.deepEqual(Object.values(row().current_operations), ['copy', 'copy']);
      }),
    );
    assert.deepEqual(row().current_operations, {});
  });

  it('are refused by the state as the hint says', () => {
    database.transaction((tx) => {
      tx.update('VDI', self, { managed: false });
      operations.refresh(tx, self);
    });
    assert.deepEqual(row().allowed_operations, ['destroy']);
    assert.equal(operations.refusal(database, self, 'resize')?.code, 'VDI_NOT_MANAGED');
  });

  it('change nothing and tell nobody when the hint is right already', () => {
    const { commit } = database.transaction((tx) => operations.refresh(tx, self));
    assert.equal(commit, undefined);
  });

  it('are hinted exactly where they would begin, whatever begins and ends', async () => {
    const kinds: readonly VdiOperation[] = ['copy', 'destroy', 'resize'];
    const step = fc.record({ operation: fc.constantFrom(...kinds), end: fc.nat(3), managed: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const running: { readonly end: () => void; readonly over: Promise<void> }[] = [];
        for (const [index, { operation, end, managed }] of steps.entries()) {
          database.transaction((tx) => {
            tx.update('VDI', self, { managed });
            operations.refresh(tx, self);
          });
          const hinted = row().allowed_operations.includes(operation);
          const gate = Promise.withResolvers<undefined>();
          const over = operations.run(call(`OpaqueRef:${index}`), self, operation, () => gate.promise);
          const began = Object.hasOwn(row().current_operations, `OpaqueRef:${index}`);
          assert.equal(began, hinted);
          const settled = over.then(
            () => undefined,
            () => undefined,
          );
          if (began) running.push({ end: () => gate.resolve(undefined), over: settled });
          await Promise.all(
            running.splice(0, end).map((one) => {
              one.end();
              return one.over;
            }),
          );
          assert.equal(Object.keys(row().current_operations).length, running.length);
        }
        await Promise.all(
          running.map((one) => {
            one.end();
            return one.over;
          }),
        );
        assert.deepEqual(row().current_operations, {});
      }),
      { numRuns: 50 },
    );
  });
});

describe('operations of a host', () => {
  it('go on when the client has gone, and end when their task is cancelled', async () => {
    const { database } = await testDatabase();
    const ref = database.transaction((tx) => {
      const metrics = tx.create('host_metrics', { live: true });
      return tx.create('host', { name_label: 'one', enabled: false, metrics });
    }).value;
    const task = new AbortController();
    let given: AbortSignal | undefined;
    const end = (_ending: string, signal: AbortSignal): void => {
      given = signal;
    };
    const call = {
      database,
      hostRef: ref,
      host: { end },
      task: { ref: 'OpaqueRef:task', signal: task.signal },
      signal: AbortSignal.abort(),
      change: <T>(work: Parameters<typeof database.transaction<T>>[0]): T => database.transaction(work).value,
    } as unknown as Call;
    await hostHandlers.reboot(call, { host: ref });
    assert.equal(given?.aborted, false);
    task.abort();
    assert.equal(given.aborted, true);
  });

  it('are permitted by what it is: live, enabled, with guests, with a way to wake it', async () => {
    const { database } = await testDatabase();
    const host = database.transaction((tx) => {
      const metrics = tx.create('host_metrics', { live: true });
      return tx.create('host', { name_label: 'one', enabled: true, metrics });
    }).value;
    const set = (live: boolean, enabled: boolean, mode: string): void => {
      database.transaction((tx) => {
        tx.update('host', host, { enabled, power_on_mode: mode });
        tx.update('host_metrics', tx.require('host', host).metrics, { live });
      });
    };
    for (const live of [true, false]) {
      for (const enabled of [true, false]) {
        for (const mode of ['', 'wake-on-lan']) {
          set(live, enabled, mode);
          const codes = new Map(
            enums.host_allowed_operations.map((name) => [name, hostOperations.refusal(database, host, name)?.code]),
          );
          for (const name of ['shutdown', 'reboot'] as const) {
            assert.equal(codes.get(name), live ? (enabled ? 'HOST_NOT_DISABLED' : undefined) : 'HOST_OFFLINE');
          }
          for (const name of ['provision', 'vm_start', 'vm_resume', 'vm_migrate'] as const) {
            assert.equal(codes.get(name), live ? (enabled ? undefined : 'HOST_DISABLED') : 'HOST_OFFLINE');
          }
          for (const name of ['evacuate', 'apply_updates', 'enable'] as const) {
            assert.equal(codes.get(name), live ? undefined : 'HOST_OFFLINE');
          }
          const asleep = mode === '' ? 'HOST_POWER_ON_MODE_DISABLED' : undefined;
          assert.equal(codes.get('power_on'), live ? 'HOST_IS_LIVE' : asleep);
        }
      }
    }
    set(true, false, '');
    const guest = database.transaction((tx) => {
      tx.create('VM', { name_label: 'the host itself', is_control_domain: true, resident_on: host });
      return tx.create('VM', { name_label: 'guest', resident_on: host });
    }).value;
    const refusal = hostOperations.refusal(database, host, 'shutdown');
    assert.deepEqual(refusal?.description, ['HOST_IN_USE', host, 'VM', guest]);
  });
});
