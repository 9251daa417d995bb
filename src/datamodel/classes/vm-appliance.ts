import { defineClass, op, ro, rw } from '../define.ts';

export const VM_appliance = defineClass({
  name: 'VM_appliance',
  doc: '',
  since: 'boston',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  constructible: { role: 'pool-operator', async: true },
  fields: {
    uuid: ro('string', { since: 'later', doc: '' }),
    name_label: rw('string', { since: 'later', default: '', doc: '' }),
    name_description: rw('string', { since: 'later', default: '', doc: '' }),
    allowed_operations: ro('enum vm_appliance_operation set', { since: 'later', default: [], persist: false, doc: '' }),
    current_operations: ro('(string -> enum vm_appliance_operation) map', { since: 'later', default: {}, persist: false, doc: '' }),
    VMs: ro('VM ref set', { since: 'later', doc: '' }),
  },
  messages: {
    start: op({ self: 'VM_appliance ref', paused: 'bool' }, 'void', { since: 'boston', role: 'pool-operator', async: true, errors: ['OPERATION_PARTIALLY_FAILED'], doc: '' }),
    clean_shutdown: op({ self: 'VM_appliance ref' }, 'void', { since: 'boston', role: 'pool-operator', async: true, errors: ['OPERATION_PARTIALLY_FAILED'], doc: '' }),
    hard_shutdown: op({ self: 'VM_appliance ref' }, 'void', { since: 'boston', role: 'pool-operator', async: true, errors: ['OPERATION_PARTIALLY_FAILED'], doc: '' }),
    shutdown: op({ self: 'VM_appliance ref' }, 'void', { since: 'boston', role: 'pool-operator', async: true, errors: ['OPERATION_PARTIALLY_FAILED'], doc: '' }),
  },
});
