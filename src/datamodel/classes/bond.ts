import { defineClass, fixed, op, optional, ro, rw } from '../define.ts';

export const Bond = defineClass({
  name: 'Bond',
  doc: 'Several devices of a host that act as one interface.',
  since: 'miami',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  fields: {
    uuid: ro('string', { since: 'rio', doc: 'Identifier of the bond, unique and unchanged for as long as it exists.' }),
    master: fixed('PIF ref', { since: 'miami', default: 'OpaqueRef:NULL', doc: 'Interface that stands for the bond.' }),
    slaves: ro('PIF ref set', { since: 'miami', doc: 'Interfaces that are its parts.' }),
    other_config: rw('(string -> string) map', { since: 'miami', default: {}, doc: 'Keys and values that clients keep with the bond; keys that the agent does not know mean nothing to it.' }),
    primary_slave: ro('PIF ref', { since: 'boston', default: 'OpaqueRef:NULL', doc: 'Part whose Ethernet address the bond took over; null when it was given another.' }),
    mode: ro('enum bond_mode', { since: 'boston', default: 'balance-slb', doc: 'How traffic is spread over the parts.' }),
    properties: ro('(string -> string) map', { since: 'tampa', default: {}, doc: 'Settings of the mode, such as the hash that spreads traffic.' }),
    links_up: ro('int', { since: 'tampa', default: 0, doc: 'How many parts have a link.' }),
    auto_update_mac: ro('bool', { since: 'quebec', default: true, doc: 'Whether the Ethernet address follows the primary part.' }),
  },
  messages: {
    create: op({ network: 'network ref', members: 'PIF ref set', MAC: 'string', mode: optional('enum bond_mode', 'balance-slb'), properties: optional('(string -> string) map', {}) }, 'Bond ref', {
      since: 'miami',
      role: 'pool-operator',
      async: true,
      doc: 'Joins interfaces of one host to a bond on a network; an empty address takes that of the first part.',
    }),
    destroy: op({ self: 'Bond ref' }, 'void', { since: 'miami', role: 'pool-operator', async: true, doc: 'Dissolves a bond; its parts stay.' }),
  },
});
