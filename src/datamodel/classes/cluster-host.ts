import { defineClass, fixed, op, ro } from '../define.ts';

export const Cluster_host = defineClass({
  name: 'Cluster_host',
  doc: '',
  since: 'kolkata',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  fields: {
    uuid: ro('string', { since: 'kolkata', doc: '' }),
    cluster: fixed('Cluster ref', { since: 'kolkata', default: 'OpaqueRef:NULL', doc: '' }),
    host: fixed('host ref', { since: 'kolkata', default: 'OpaqueRef:NULL', doc: '' }),
    enabled: ro('bool', { since: 'kolkata', default: false, doc: '' }),
    PIF: fixed('PIF ref', { since: 'kolkata', default: 'OpaqueRef:NULL', doc: '' }),
    joined: ro('bool', { since: 'kolkata', default: true, doc: '' }),
    live: ro('bool', { since: '24.3.0', default: false, doc: '' }),
    last_update_live: ro('datetime', { since: '24.3.0', default: '19700101T00:00:00Z', doc: '' }),
    allowed_operations: ro('enum cluster_host_operation set', { since: 'later', default: [], persist: false, doc: '' }),
    current_operations: ro('(string -> enum cluster_host_operation) map', { since: 'later', default: {}, persist: false, doc: '' }),
    other_config: fixed('(string -> string) map', { since: 'kolkata', default: {}, doc: '' }),
  },
  messages: {
    create: op({ cluster: 'Cluster ref', host: 'host ref', pif: 'PIF ref' }, 'Cluster_host ref', { since: 'kolkata', role: 'pool-operator', async: true, errors: ['PIF_NOT_ATTACHED_TO_HOST', 'NO_CLUSTER_HOSTS_REACHABLE'], doc: '' }),
    destroy: op({ self: 'Cluster_host ref' }, 'void', { since: 'kolkata', role: 'pool-operator', async: true, errors: ['CLUSTER_STACK_IN_USE', 'CLUSTERING_DISABLED', 'CLUSTER_HOST_IS_LAST'], doc: '' }),
    enable: op({ self: 'Cluster_host ref' }, 'void', { since: 'kolkata', role: 'pool-operator', async: true, errors: ['PIF_ALLOWS_UNPLUG', 'REQUIRED_PIF_IS_UNPLUGGED'], doc: '' }),
    force_destroy: op({ self: 'Cluster_host ref' }, 'void', { since: 'kolkata', role: 'pool-operator', async: true, errors: ['CLUSTER_STACK_IN_USE'], doc: '' }),
    forget: op({ self: 'Cluster_host ref' }, 'void', { since: 'lima', role: 'local-root-only', async: true, hidden: true, doc: '' }),
    disable: op({ self: 'Cluster_host ref' }, 'void', { since: 'kolkata', role: 'pool-operator', async: true, errors: ['CLUSTER_STACK_IN_USE'], doc: '' }),
  },
});
