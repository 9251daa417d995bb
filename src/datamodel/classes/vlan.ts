import { defineClass, fixed, op, ro, rw } from '../define.ts';

export const VLAN = defineClass({
  name: 'VLAN',
  doc: 'A tag that separates the traffic of one network from others on the same interface.',
  since: 'miami',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  fields: {
    uuid: ro('string', { since: 'rio', doc: 'Identifier of the VLAN, unique and unchanged for as long as it exists.' }),
    tagged_PIF: fixed('PIF ref', { since: 'miami', default: 'OpaqueRef:NULL', doc: 'Interface that carries the tagged traffic.' }),
    untagged_PIF: ro('PIF ref', { since: 'miami', default: 'OpaqueRef:NULL', doc: 'Interface that shows the traffic without the tag.' }),
    tag: fixed('int', { since: 'miami', default: -1, doc: 'Number of the VLAN from 0 to 4094.' }),
    other_config: rw('(string -> string) map', { since: 'miami', default: {}, doc: 'Keys and values that clients keep with the VLAN; keys that the agent does not know mean nothing to it.' }),
  },
  messages: {
    create: op({ tagged_PIF: 'PIF ref', tag: 'int', network: 'network ref' }, 'VLAN ref', { since: 'miami', role: 'pool-operator', async: true, doc: 'Makes a VLAN with the given number on an interface and connects it to a network.' }),
    destroy: op({ self: 'VLAN ref' }, 'void', { since: 'miami', role: 'pool-operator', async: true, doc: 'Removes a VLAN and its interface.' }),
  },
});
