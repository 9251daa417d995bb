import { defineClass, op, ro, rw } from '../define.ts';

export const VM_appliance = defineClass({
  name: 'VM_appliance',
  doc: 'Virtual machines that belong together and are started and shut down in order.',
  since: 'boston',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  constructible: { role: 'pool-operator', async: true, createDoc: 'Makes an appliance without members; VMs join it by their field appliance.', destroyDoc: 'Removes an appliance; its virtual machines stay.' },
  fields: {
    uuid: ro('string', { since: 'later', doc: 'Identifier of the appliance, unique and unchanged for as long as it exists.' }),
    name_label: rw('string', { since: 'later', default: '', doc: 'Name of the appliance as people read it; names need not be unique.' }),
    name_description: rw('string', { since: 'later', default: '', doc: 'Remarks about the appliance for people; empty when nobody wrote any.' }),
    allowed_operations: ro('enum vm_appliance_operation set', { since: 'later', default: [], persist: false, doc: 'Operations that the state of the appliance permits at the moment; a hint, because the state can change before a call arrives.' }),
    current_operations: ro('(string -> enum vm_appliance_operation) map', { since: 'later', default: {}, persist: false, doc: 'Operations that run on the appliance at the moment, by the references of their tasks.' }),
    VMs: ro('VM ref set', { since: 'later', doc: 'Virtual machines of the appliance.' }),
  },
  messages: {
    start: op({ self: 'VM_appliance ref', paused: 'bool' }, 'void', { since: 'boston', role: 'pool-operator', async: true, errors: ['OPERATION_PARTIALLY_FAILED'], doc: 'Starts every virtual machine in order, paused if asked.' }),
    clean_shutdown: op({ self: 'VM_appliance ref' }, 'void', { since: 'boston', role: 'pool-operator', async: true, errors: ['OPERATION_PARTIALLY_FAILED'], doc: 'Asks every guest to shut down, in reverse order.' }),
    hard_shutdown: op({ self: 'VM_appliance ref' }, 'void', { since: 'boston', role: 'pool-operator', async: true, errors: ['OPERATION_PARTIALLY_FAILED'], doc: 'Turns every virtual machine off at once, in reverse order.' }),
    shutdown: op({ self: 'VM_appliance ref' }, 'void', { since: 'boston', role: 'pool-operator', async: true, errors: ['OPERATION_PARTIALLY_FAILED'], doc: 'Asks every guest to shut down, in reverse order, and turns off those that do not.' }),
  },
});
