import { defineClass, fixed, op, ro } from '../define.ts';

export const VTPM = defineClass({
  name: 'VTPM',
  doc: '',
  since: '22.26.0',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  fields: {
    uuid: ro('string', { since: 'rio', doc: '' }),
    allowed_operations: ro('enum vtpm_operations set', { since: 'later', default: [], persist: false, doc: '' }),
    current_operations: ro('(string -> enum vtpm_operations) map', { since: 'later', default: {}, persist: false, doc: '' }),
    VM: fixed('VM ref', { since: 'rio', doc: '' }),
    backend: ro('VM ref', { since: 'rio', default: 'OpaqueRef:NULL', doc: '' }),
  },
  messages: {
    create: op({ vM: 'VM ref', is_unique: 'bool' }, 'VTPM ref', { since: 'rio', role: 'vm-admin', async: true, doc: '' }),
    destroy: op({ self: 'VTPM ref' }, 'void', { since: 'rio', role: 'vm-admin', async: true, doc: '' }),
  },
});
