import { defineClass, ro, rw } from '../define.ts';

export const PIF_metrics = defineClass({
  name: 'PIF_metrics',
  doc: '',
  since: 'rio',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  fields: {
    uuid: ro('string', { since: 'rio', doc: '' }),
    io_read_kbs: ro('float', { since: 'rio', default: 0, persist: false, deprecated: 'tampa', doc: '' }),
    io_write_kbs: ro('float', { since: 'rio', default: 0, persist: false, deprecated: 'tampa', doc: '' }),
    carrier: ro('bool', { since: 'rio', doc: '' }),
    vendor_id: ro('string', { since: 'rio', doc: '' }),
    vendor_name: ro('string', { since: 'rio', doc: '' }),
    device_id: ro('string', { since: 'rio', doc: '' }),
    device_name: ro('string', { since: 'rio', doc: '' }),
    speed: ro('int', { since: 'rio', doc: '' }),
    duplex: ro('bool', { since: 'rio', doc: '' }),
    pci_bus_path: ro('string', { since: 'rio', doc: '' }),
    last_updated: ro('datetime', { since: 'rio', doc: '' }),
    other_config: rw('(string -> string) map', { since: 'orlando', default: {}, doc: '' }),
  },
  messages: {},
});
