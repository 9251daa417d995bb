import { defineClass, fixed, op, ro, rw } from '../define.ts';

export const crashdump = defineClass({
  name: 'crashdump',
  doc: 'The memory of a virtual machine that crashed, as a disk.',
  since: 'rio',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  fields: {
    uuid: ro('string', { since: 'rio', doc: 'Identifier of the crash dump, unique and unchanged for as long as it exists.' }),
    VM: fixed('VM ref', { since: 'rio', doc: 'Virtual machine that crashed.' }),
    VDI: fixed('VDI ref', { since: 'rio', doc: 'Disk that holds the memory.' }),
    other_config: rw('(string -> string) map', { since: 'miami', default: {}, doc: 'Keys and values that clients keep with the crash dump; keys that the agent does not know mean nothing to it.' }),
  },
  messages: {
    destroy: op({ self: 'crashdump ref' }, 'void', { since: 'rio', role: 'pool-operator', async: true, doc: 'Removes a crash dump and its disk.' }),
  },
});
