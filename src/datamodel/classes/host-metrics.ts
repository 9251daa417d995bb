import { defineClass, ro, rw } from '../define.ts';

export const host_metrics = defineClass({
  name: 'host_metrics',
  doc: 'Figures of a host that change often. All but the size of the memory are in memory only.',
  since: 'rio',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  fields: {
    uuid: ro('string', { since: 'rio', doc: 'Identifier of the figures, unique and unchanged for as long as it exists.' }),
    memory_total: ro('int', { since: 'rio', doc: 'Memory of the host in bytes.' }),
    memory_free: ro('int', { since: 'rio', default: 0, persist: false, deprecated: 'midnight-ride', doc: 'Memory of the host in bytes that nothing uses.' }),
    live: ro('bool', { since: 'rio', persist: false, doc: 'True when the host is up and its agent answers.' }),
    last_updated: ro('datetime', { since: 'rio', persist: false, doc: 'Time at which the figures were taken.' }),
    other_config: rw('(string -> string) map', { since: 'orlando', default: {}, doc: 'Keys and values that clients keep with the figures; keys that the agent does not know mean nothing to it.' }),
  },
  messages: {},
});
