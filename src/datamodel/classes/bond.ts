import { defineClass, fixed, op, optional, ro, rw } from '../define.ts';

export const Bond = defineClass({
  name: 'Bond',
  doc: '',
  since: 'miami',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  fields: {
    uuid: ro('string', { since: 'rio', doc: '' }),
    master: fixed('PIF ref', { since: 'miami', default: 'OpaqueRef:NULL', doc: '' }),
    slaves: ro('PIF ref set', { since: 'miami', doc: '' }),
    other_config: rw('(string -> string) map', { since: 'miami', default: {}, doc: '' }),
    primary_slave: ro('PIF ref', { since: 'boston', default: 'OpaqueRef:NULL', doc: '' }),
    mode: ro('enum bond_mode', { since: 'boston', default: 'balance-slb', doc: '' }),
    properties: ro('(string -> string) map', { since: 'tampa', default: {}, doc: '' }),
    links_up: ro('int', { since: 'tampa', default: 0, doc: '' }),
    auto_update_mac: ro('bool', { since: 'quebec', default: true, doc: '' }),
  },
  messages: {
    create: op({ network: 'network ref', members: 'PIF ref set', MAC: 'string', mode: optional('enum bond_mode', 'balance-slb'), properties: optional('(string -> string) map', {}) }, 'Bond ref', { since: 'miami', role: 'pool-operator', async: true, doc: '' }),
    destroy: op({ self: 'Bond ref' }, 'void', { since: 'miami', role: 'pool-operator', async: true, doc: '' }),
  },
});
