import { defineClass, ro } from '../define.ts';

export const VBD_metrics = defineClass({
  name: 'VBD_metrics',
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
    last_updated: ro('datetime', { since: 'rio', default: '19700101T00:00:00Z', deprecated: 'tampa', doc: '' }),
  },
  messages: {},
});
