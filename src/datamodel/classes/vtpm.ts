import { defineClass, fixed, op, ro } from '../define.ts';

export const VTPM = defineClass({
  name: 'VTPM',
  doc: 'A virtual TPM of a virtual machine.',
  since: '22.26.0',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  fields: {
    uuid: ro('string', { since: 'rio', doc: 'Identifier of the virtual TPM, unique and unchanged for as long as it exists.' }),
    allowed_operations: ro('enum vtpm_operations set', { since: 'later', default: [], persist: false, doc: 'Operations that the state of the virtual TPM permits at the moment; a hint, because the state can change before a call arrives.' }),
    current_operations: ro('(string -> enum vtpm_operations) map', { since: 'later', default: {}, persist: false, doc: 'Operations that run on the virtual TPM at the moment, by the references of their tasks.' }),
    VM: fixed('VM ref', { since: 'rio', doc: 'Virtual machine that has the TPM.' }),
    backend: ro('VM ref', { since: 'rio', default: 'OpaqueRef:NULL', doc: 'Virtual machine that provides the TPM; null when the host does.' }),
  },
  messages: {
    create: op({ vM: 'VM ref', is_unique: 'bool' }, 'VTPM ref', { since: 'rio', role: 'vm-admin', async: true, doc: 'Adds a TPM to a virtual machine that is off; a unique one is not copied with it.' }),
    destroy: op({ self: 'VTPM ref' }, 'void', { since: 'rio', role: 'vm-admin', async: true, doc: 'Removes the TPM and all it holds.' }),
  },
});
