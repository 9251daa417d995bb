import { defineClass, fixed, op, ro, rw } from '../define.ts';

export const crashdump = defineClass({
  name: 'crashdump',
  doc: '',
  since: 'rio',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  fields: {
    uuid: ro('string', { since: 'rio', doc: '' }),
    VM: fixed('VM ref', { since: 'rio', doc: '' }),
    VDI: fixed('VDI ref', { since: 'rio', doc: '' }),
    other_config: rw('(string -> string) map', { since: 'miami', default: {}, doc: '' }),
  },
  messages: {
    destroy: op({ self: 'crashdump ref' }, 'void', { since: 'rio', role: 'pool-operator', async: true, doc: '' }),
  },
});
