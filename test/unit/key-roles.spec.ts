/** Keys of maps with roles of their own, tried by users of every role. */
import assert from 'node:assert/strict';
import type { ApiClient } from '../lib/api-client.ts';
import { failureOf } from '../lib/failures.ts';
import { vmRecord } from '../lib/records.ts';
import { type SimulatedAgent, startSimulatedAgent } from '../lib/simulated-agent.ts';

const roles = ['pool-admin', 'pool-operator', 'vm-power-admin', 'vm-admin', 'vm-operator', 'read-only'];

describe('the roles of keys', () => {
  let world: SimulatedAgent;
  let root: ApiClient;
  let vm: string;
  const users = new Map<string, ApiClient>();

  before(async () => {
    const accounts = roles.map(
      (role, index) => [role, { password: 'right', uid: 1000 + index, groups: [role] }] as const,
    );
    world = await startSimulatedAgent('roles', Object.fromEntries(accounts));
    root = await world.client();
    const call = <T>(method: string, ...params: readonly unknown[]): Promise<T> =>
      world.finish(root.call<T>(method, ...params));
    for (const role of roles) {
      const subject = await call<string>('subject.create', { subject_identifier: `user:${role}`, other_config: {} });
      const [ref] = await call<string[]>('role.get_by_name_label', role);
      await call('subject.add_to_roles', subject, ref);
      users.set(role, await world.finish(world.remote(role).login(role, 'right')));
    }
  });

  beforeEach(async () => {
    vm = await world.finish(root.call<string>('VM.create', { ...vmRecord('x'), other_config: { pci: '0/1', a: '1' } }));
  });

  const as = (role: string, method: string, ...params: readonly unknown[]): Promise<unknown> => {
    const user = users.get(role);
    if (user === undefined) throw new Error(`nobody has the role ${role}`);
    return world.finish(user.call(method, ...params));
  };
  const refused = async (permission: string, role: string, method: string, ...params: readonly unknown[]) => {
    const [code, named] = await failureOf(as(role, method, ...params));
    assert.deepEqual([code, named], ['RBAC_PERMISSION_DENIED', permission]);
  };
  const config = async (): Promise<unknown> => world.finish(root.call('VM.get_other_config', vm));

  it('let lesser roles write some keys, and no others', async () => {
    await refused('vm.add_to_other_config', 'vm-operator', 'VM.add_to_other_config', vm, 'b', '2');
    await as('vm-operator', 'VM.add_to_other_config', vm, 'folder', '/here');
    await as('vm-operator', 'VM.add_to_other_config', vm, 'XenCenter.CustomFields.colour', 'red');
    await as('vm-operator', 'VM.remove_from_other_config', vm, 'folder');
    await refused('vm.remove_from_other_config', 'vm-operator', 'VM.remove_from_other_config', vm, 'a');
    await refused('vm.add_to_other_config/key:folder', 'read-only', 'VM.add_to_other_config', vm, 'folder', '/there');
    assert.deepEqual(await config(), { pci: '0/1', a: '1', 'XenCenter.CustomFields.colour': 'red' });
  });

  it('match the whole key where there is no star, and its beginning where there is one', async () => {
    for (const key of ['folders', 'Folder', 'XenCenter.CustomFields', 'xXenCenter.CustomFields.a']) {
      await refused('vm.add_to_other_config', 'vm-operator', 'VM.add_to_other_config', vm, key, '');
    }
    await as('vm-operator', 'VM.add_to_other_config', vm, 'XenCenter.CustomFields.', '');
  });

  it('keep keys that reach the hardware from everybody but the administrator of the pool', async () => {
    for (const role of ['pool-operator', 'vm-power-admin', 'vm-admin']) {
      await as(role, 'VM.add_to_other_config', vm, `of ${role}`, '1');
      await refused('vm.remove_from_other_config/key:pci', role, 'VM.remove_from_other_config', vm, 'pci');
      await refused('vm.add_to_other_config/key:hvm_serial', role, 'VM.add_to_other_config', vm, 'hvm_serial', 'x');
      await refused('vm.add_to_platform/key:hvm_serial', role, 'VM.add_to_platform', vm, 'hvm_serial', 'x');
    }
    await as('pool-admin', 'VM.remove_from_other_config', vm, 'pci');
    await as('pool-admin', 'VM.add_to_other_config', vm, 'pci', '0/2');
  });

  it('look at every key that a whole map adds, changes or takes away', async () => {
    const set = (value: object) => ['vm-admin', 'VM.set_other_config', vm, value] as const;
    const permission = 'vm.set_other_config/key:pci';
    await refused(permission, ...set({ a: '1' }));
    await refused(permission, ...set({ a: '1', pci: '0/2' }));
    await as(...set({ pci: '0/1', b: '2' }));
    assert.deepEqual(await config(), { pci: '0/1', b: '2' });
    // A key that its role may write alone does not open the whole map.
    await refused('vm.set_other_config', 'vm-operator', 'VM.set_other_config', vm, { pci: '0/1', b: '2', folder: '/' });
    await as('pool-admin', 'VM.set_other_config', vm, {});
    await refused(permission, ...set({ pci: '0/1' }));
  });

  it('look into the record of a new object', async () => {
    const record = (other_config: object, platform: object = {}) => ({ ...vmRecord('new'), other_config, platform });
    await refused('vm.create/key:pci', 'vm-admin', 'VM.create', record({ pci: '0/1' }));
    await refused('vm.create/key:hvm_serial', 'vm-admin', 'Async.VM.create', record({}, { hvm_serial: 'x' }));
    await refused('vm.create', 'vm-operator', 'VM.create', record({ folder: '/' }));
    assert.deepEqual(await world.finish(root.call('VM.get_by_name_label', 'new')), []);
    await as('vm-admin', 'VM.create', record({ folder: '/', a: '1' }));
    await as('pool-admin', 'VM.create', record({ pci: '0/1' }));
  });

  it('say which roles would do', async () => {
    const user = users.get('vm-admin');
    assert.ok(user);
    const [, , sentence = ''] = await failureOf(world.finish(user.call('VM.remove_from_other_config', vm, 'pci')));
    assert.match(sentence, /Roles with this permission: pool-admin\)/);
    const reader = users.get('read-only');
    assert.ok(reader);
    const [, , other = ''] = await failureOf(world.finish(reader.call('VM.add_to_other_config', vm, 'folder', '/')));
    assert.match(other, /pool-admin, pool-operator, vm-power-admin, vm-admin, vm-operator\)/);
  });
});
