import { defineClass, ro } from '../define.ts';

export const VBD_metrics = defineClass({
  name: 'VBD_metrics',
  doc: 'Figures of a block device, for clients of the API 1.1. Each device has one such object for as long as it exists.',
  since: 'rio',
  storage: 'runtime',
  events: true,
  enumerable: true,
  writeRole: 'vm-admin',
  fields: {
    uuid: ro('string', { since: 'rio', doc: 'Identifier of the figures, unique and unchanged for as long as it exists.' }),
    io_read_kbs: ro('float', { since: 'rio', default: 0, deprecated: 'tampa', doc: 'Bandwidth of reads in KiB per second.' }),
    io_write_kbs: ro('float', { since: 'rio', default: 0, deprecated: 'tampa', doc: 'Bandwidth of writes in KiB per second.' }),
    last_updated: ro('datetime', { since: 'rio', default: '19700101T00:00:00Z', deprecated: 'tampa', doc: 'Time at which the figures were taken.' }),
  },
  messages: {},
});
