import { defineClass, fixed, op, ro, rw } from '../define.ts';

export const PBD = defineClass({
  name: 'PBD',
  doc: '',
  since: 'rio',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  constructible: { role: 'pool-operator', async: true },
  fields: {
    uuid: ro('string', { since: 'rio', doc: '' }),
    host: fixed('host ref', { since: 'rio', doc: '' }),
    SR: fixed('SR ref', { since: 'rio', doc: '' }),
    device_config: fixed('secret (string -> string) map', { since: 'rio', doc: '' }),
    currently_attached: ro('bool', { since: 'rio', doc: '' }),
    other_config: rw('(string -> string) map', { since: 'miami', default: {}, doc: '' }),
  },
  messages: {
    plug: op({ self: 'PBD ref' }, 'void', { since: 'rio', role: 'pool-operator', async: true, errors: ['SR_UNKNOWN_DRIVER'], doc: '' }),
    unplug: op({ self: 'PBD ref' }, 'void', { since: 'rio', role: 'pool-operator', async: true, doc: '' }),
    set_device_config: op({ self: 'PBD ref', value: 'secret (string -> string) map' }, 'void', { since: 'miami', role: 'pool-operator', async: true, doc: '' }),
  },
});
