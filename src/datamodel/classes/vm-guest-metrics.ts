import { defineClass, ro, rw } from '../define.ts';

export const VM_guest_metrics = defineClass({
  name: 'VM_guest_metrics',
  doc: 'Figures that an agent inside the guest reports.',
  since: 'rio',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'vm-admin',
  fields: {
    uuid: ro('string', { since: 'rio', doc: 'Identifier of the figures, unique and unchanged for as long as it exists.' }),
    os_version: ro('(string -> string) map', { since: 'rio', doc: 'Name and version of the operating system of the guest.' }),
    PV_drivers_version: ro('(string -> string) map', { since: 'rio', doc: 'Version of the drivers or the agent in the guest.' }),
    PV_drivers_up_to_date: ro('bool', { since: 'rio', deprecated: 'dundee', doc: 'True when the drivers in the guest are good enough.' }),
    memory: ro('(string -> string) map', { since: 'rio', default: {}, persist: false, deprecated: 'george', doc: 'Memory of the guest as it sees it.' }),
    disks: ro('(string -> string) map', { since: 'rio', default: {}, deprecated: 'orlando', doc: 'Disks of the guest as it sees them.' }),
    networks: ro('(string -> string) map', { since: 'rio', doc: 'Addresses of the guest: a key such as 0/ip/0 names the interface and the address.' }),
    other: ro('(string -> string) map', { since: 'rio', doc: 'Whatever else the guest reports.' }),
    last_updated: ro('datetime', { since: 'rio', persist: false, doc: 'Time of the last report.' }),
    other_config: rw('(string -> string) map', { since: 'orlando', default: {}, doc: 'Keys and values that clients keep with the figures; keys that the agent does not know mean nothing to it.' }),
    live: ro('bool', { since: 'orlando', default: false, persist: false, doc: 'True when the guest reports at the moment.' }),
    can_use_hotplug_vbd: ro('enum tristate_type', { since: 'dundee', default: 'unspecified', doc: 'Whether block devices can be added while the guest runs.' }),
    can_use_hotplug_vif: ro('enum tristate_type', { since: 'dundee', default: 'unspecified', doc: 'Whether network interfaces can be added while the guest runs.' }),
    PV_drivers_detected: ro('bool', { since: 'dundee', default: false, doc: 'True when the guest uses paravirtual drivers.' }),
  },
  messages: {},
});
