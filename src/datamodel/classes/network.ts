import { defineClass, fixed, op, ro, rw } from '../define.ts';

export const network = defineClass({
  name: 'network',
  doc: '',
  since: 'rio',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  constructible: { role: 'vm-admin', async: true },
  fields: {
    uuid: ro('string', { since: 'rio', doc: '' }),
    name_label: rw('string', { since: 'rio', default: '', doc: '' }),
    name_description: rw('string', { since: 'rio', default: '', doc: '' }),
    allowed_operations: ro('enum network_operations set', { since: 'rio', default: [], persist: false, doc: '' }),
    current_operations: ro('(string -> enum network_operations) map', { since: 'rio', default: {}, persist: false, doc: '' }),
    VIFs: ro('VIF ref set', { since: 'rio', doc: '' }),
    PIFs: ro('PIF ref set', { since: 'rio', doc: '' }),
    MTU: rw('int', { since: 'midnight-ride', default: 1500, role: 'vm-admin', doc: '' }),
    other_config: rw('(string -> string) map', { since: 'rio', keyRoles: { folder: 'vm-operator', 'XenCenter.CustomFields.*': 'vm-operator', XenCenterCreateInProgress: 'vm-operator' }, doc: '' }),
    bridge: fixed('string', { since: 'rio', default: '', doc: '' }),
    managed: fixed('bool', { since: 'falcon', default: true, doc: '' }),
    blobs: ro('(string -> blob ref) map', { since: 'orlando', default: {}, doc: '' }),
    tags: rw('string set', { since: 'orlando', default: [], role: 'vm-operator', doc: '' }),
    default_locking_mode: ro('enum network_default_locking_mode', { since: 'tampa', default: 'unlocked', doc: '' }),
    assigned_ips: ro('(VIF ref -> string) map', { since: 'creedence', default: {}, doc: '' }),
    purpose: ro('enum network_purpose set', { since: 'inverness', default: [], doc: '' }),
  },
  messages: {
    attach: op({ network: 'network ref', host: 'host ref' }, 'void', { since: 'miami', role: 'pool-operator', async: true, hidden: true, doc: '' }),
    pool_introduce: op({ name_label: 'string', name_description: 'string', MTU: 'int', other_config: '(string -> string) map', bridge: 'string', managed: 'bool', purpose: 'enum network_purpose set' }, 'network ref', { since: 'rio', role: 'pool-operator', async: true, hidden: true, doc: '' }),
  },
});
