import { defineClass, ro, rw } from '../define.ts';

export const host_metrics = defineClass({
  name: 'host_metrics',
  doc: '',
  since: 'rio',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  fields: {
    uuid: ro('string', { since: 'rio', doc: '' }),
    memory_total: ro('int', { since: 'rio', doc: '' }),
    memory_free: ro('int', { since: 'rio', default: 0, deprecated: 'midnight-ride', doc: '' }),
    live: ro('bool', { since: 'rio', doc: '' }),
    last_updated: ro('datetime', { since: 'rio', doc: '' }),
    other_config: rw('(string -> string) map', { since: 'orlando', default: {}, doc: '' }),
  },
  messages: {},
});
