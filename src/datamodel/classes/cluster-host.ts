import { defineClass, fixed, op, ro } from '../define.ts';

export const Cluster_host = defineClass({
  name: 'Cluster_host',
  doc: 'A host as a member of a cluster.',
  since: 'kolkata',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  fields: {
    uuid: ro('string', { since: 'kolkata', doc: 'Identifier of the cluster member, unique and unchanged for as long as it exists.' }),
    cluster: fixed('Cluster ref', { since: 'kolkata', default: 'OpaqueRef:NULL', doc: 'Cluster that the host is a member of.' }),
    host: fixed('host ref', { since: 'kolkata', default: 'OpaqueRef:NULL', doc: 'Host that is the member.' }),
    enabled: ro('bool', { since: 'kolkata', default: false, doc: 'True when the stack is meant to run on the host.' }),
    PIF: fixed('PIF ref', { since: 'kolkata', default: 'OpaqueRef:NULL', doc: 'Interface over which the member talks to the others; its address names it in the stack.' }),
    joined: ro('bool', { since: 'kolkata', default: true, doc: 'True when the host has joined, so that the stack counts on it.' }),
    live: ro('bool', { since: '24.3.0', default: false, persist: false, doc: 'True when the stack sees the member alive.' }),
    last_update_live: ro('datetime', { since: '24.3.0', default: '19700101T00:00:00Z', persist: false, doc: 'Time at which the stack last reported whether the member is alive.' }),
    allowed_operations: ro('enum cluster_host_operation set', { since: 'later', default: [], persist: false, doc: 'Operations that the state of the cluster member permits at the moment; a hint, because the state can change before a call arrives.' }),
    current_operations: ro('(string -> enum cluster_host_operation) map', { since: 'later', default: {}, persist: false, doc: 'Operations that run on the cluster member at the moment, by the references of their tasks.' }),
    other_config: fixed('(string -> string) map', { since: 'kolkata', default: {}, doc: 'Keys and values that were given with the member.' }),
  },
  messages: {
    create: op({ cluster: 'Cluster ref', host: 'host ref', pif: 'PIF ref' }, 'Cluster_host ref', { since: 'kolkata', role: 'pool-operator', async: true, errors: ['PIF_NOT_ATTACHED_TO_HOST', 'NO_CLUSTER_HOSTS_REACHABLE'], doc: 'Makes a host a member of the cluster, on the given interface.' }),
    destroy: op({ self: 'Cluster_host ref' }, 'void', { since: 'kolkata', role: 'pool-operator', async: true, errors: ['CLUSTER_STACK_IN_USE', 'CLUSTERING_DISABLED', 'CLUSTER_HOST_IS_LAST'], doc: 'Takes a host out of the cluster; the last member goes with Cluster.destroy.' }),
    enable: op({ self: 'Cluster_host ref' }, 'void', { since: 'kolkata', role: 'pool-operator', async: true, errors: ['PIF_ALLOWS_UNPLUG', 'REQUIRED_PIF_IS_UNPLUGGED'], doc: 'Starts the stack on the host.' }),
    force_destroy: op({ self: 'Cluster_host ref' }, 'void', { since: 'kolkata', role: 'pool-operator', async: true, errors: ['CLUSTER_STACK_IN_USE'], doc: 'Takes a host out of the cluster without its help.' }),
    forget: op({ self: 'Cluster_host ref' }, 'void', { since: 'lima', role: 'local-root-only', async: true, hidden: true, doc: 'Tells the stack that a dead member never comes back.' }),
    disable: op({ self: 'Cluster_host ref' }, 'void', { since: 'kolkata', role: 'pool-operator', async: true, errors: ['CLUSTER_STACK_IN_USE'], doc: 'Stops the stack on the host; the member stays known.' }),
  },
});
