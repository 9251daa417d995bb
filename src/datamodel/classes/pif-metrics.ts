import { defineClass, ro, rw } from '../define.ts';

export const PIF_metrics = defineClass({
  name: 'PIF_metrics',
  doc: 'Figures of an interface of a host.',
  since: 'rio',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  fields: {
    uuid: ro('string', { since: 'rio', doc: 'Identifier of the figures, unique and unchanged for as long as it exists.' }),
    io_read_kbs: ro('float', { since: 'rio', default: 0, persist: false, deprecated: 'tampa', doc: 'Bandwidth of what is received in KiB per second.' }),
    io_write_kbs: ro('float', { since: 'rio', default: 0, persist: false, deprecated: 'tampa', doc: 'Bandwidth of what is sent in KiB per second.' }),
    carrier: ro('bool', { since: 'rio', persist: false, doc: 'True when the device has a link.' }),
    vendor_id: ro('string', { since: 'rio', doc: 'Number of the maker of the device.' }),
    vendor_name: ro('string', { since: 'rio', doc: 'Name of the maker of the device.' }),
    device_id: ro('string', { since: 'rio', doc: 'Number of the kind of device.' }),
    device_name: ro('string', { since: 'rio', doc: 'Name of the kind of device.' }),
    speed: ro('int', { since: 'rio', persist: false, doc: 'Speed of the link in Mbit per second; 0 when there is none.' }),
    duplex: ro('bool', { since: 'rio', persist: false, doc: 'True when the link sends and receives at once.' }),
    pci_bus_path: ro('string', { since: 'rio', doc: 'Address of the device on the PCI bus; N/A when it has none.' }),
    last_updated: ro('datetime', { since: 'rio', persist: false, doc: 'Time at which the figures were taken.' }),
    other_config: rw('(string -> string) map', { since: 'orlando', default: {}, doc: 'Keys and values that clients keep with the figures; keys that the agent does not know mean nothing to it.' }),
  },
  messages: {},
});
