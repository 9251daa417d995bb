import { defineClass, ro, rw } from '../define.ts';

export const VIF_metrics = defineClass({
  name: 'VIF_metrics',
  doc: 'Figures of a virtual interface, for clients of the API 1.1. Each interface has one such object for as long as it exists.',
  since: 'rio',
  storage: 'runtime',
  events: true,
  enumerable: true,
  writeRole: 'vm-admin',
  fields: {
    uuid: ro('string', { since: 'rio', doc: 'Identifier of the figures, unique and unchanged for as long as it exists.' }),
    io_read_kbs: ro('float', { since: 'rio', default: 0, deprecated: 'tampa', doc: 'Bandwidth of what the guest receives in KiB per second.' }),
    io_write_kbs: ro('float', { since: 'rio', default: 0, deprecated: 'tampa', doc: 'Bandwidth of what the guest sends in KiB per second.' }),
    last_updated: ro('datetime', { since: 'rio', doc: 'Time at which the figures were taken.' }),
    other_config: rw('(string -> string) map', { since: 'orlando', default: {}, doc: 'Keys and values that clients keep with the figures; keys that the agent does not know mean nothing to it.' }),
  },
  messages: {},
});
