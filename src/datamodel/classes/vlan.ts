import { defineClass, fixed, op, ro, rw } from '../define.ts';

export const VLAN = defineClass({
  name: 'VLAN',
  doc: '',
  since: 'miami',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  fields: {
    uuid: ro('string', { since: 'rio', doc: '' }),
    tagged_PIF: fixed('PIF ref', { since: 'miami', default: 'OpaqueRef:NULL', doc: '' }),
    untagged_PIF: ro('PIF ref', { since: 'miami', default: 'OpaqueRef:NULL', doc: '' }),
    tag: fixed('int', { since: 'miami', default: -1, doc: '' }),
    other_config: rw('(string -> string) map', { since: 'miami', default: {}, doc: '' }),
  },
  messages: {
    create: op({ tagged_PIF: 'PIF ref', tag: 'int', network: 'network ref' }, 'VLAN ref', { since: 'miami', role: 'pool-operator', async: true, doc: '' }),
    destroy: op({ self: 'VLAN ref' }, 'void', { since: 'miami', role: 'pool-operator', async: true, doc: '' }),
  },
});
