import { defineClass, ro, rw } from '../define.ts';

export const VIF_metrics = defineClass({
  name: 'VIF_metrics',
  doc: '',
  since: 'rio',
  storage: 'runtime',
  events: true,
  enumerable: true,
  writeRole: 'vm-admin',
  fields: {
    uuid: ro('string', { since: 'rio', doc: '' }),
    io_read_kbs: ro('float', { since: 'rio', default: 0, deprecated: 'tampa', doc: '' }),
    io_write_kbs: ro('float', { since: 'rio', default: 0, deprecated: 'tampa', doc: '' }),
    last_updated: ro('datetime', { since: 'rio', doc: '' }),
    other_config: rw('(string -> string) map', { since: 'orlando', default: {}, doc: '' }),
  },
  messages: {},
});
