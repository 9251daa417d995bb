import { defineClass, ro, rw } from '../define.ts';

export const VM_guest_metrics = defineClass({
  name: 'VM_guest_metrics',
  doc: '',
  since: 'rio',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'vm-admin',
  fields: {
    uuid: ro('string', { since: 'rio', doc: '' }),
    os_version: ro('(string -> string) map', { since: 'rio', doc: '' }),
    PV_drivers_version: ro('(string -> string) map', { since: 'rio', doc: '' }),
    PV_drivers_up_to_date: ro('bool', { since: 'rio', deprecated: 'dundee', doc: '' }),
    memory: ro('(string -> string) map', { since: 'rio', default: {}, deprecated: 'george', doc: '' }),
    disks: ro('(string -> string) map', { since: 'rio', default: {}, deprecated: 'orlando', doc: '' }),
    networks: ro('(string -> string) map', { since: 'rio', doc: '' }),
    other: ro('(string -> string) map', { since: 'rio', doc: '' }),
    last_updated: ro('datetime', { since: 'rio', doc: '' }),
    other_config: rw('(string -> string) map', { since: 'orlando', default: {}, doc: '' }),
    live: ro('bool', { since: 'orlando', default: false, doc: '' }),
    can_use_hotplug_vbd: ro('enum tristate_type', { since: 'dundee', default: 'unspecified', doc: '' }),
    can_use_hotplug_vif: ro('enum tristate_type', { since: 'dundee', default: 'unspecified', doc: '' }),
    PV_drivers_detected: ro('bool', { since: 'dundee', default: false, doc: '' }),
  },
  messages: {},
});
