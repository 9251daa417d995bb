import { defineClass, fixed, op, ro, rw } from '../define.ts';

export const PBD = defineClass({
  name: 'PBD',
  doc: 'The connection of one host to one storage repository.',
  since: 'rio',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  constructible: { role: 'pool-operator', async: true, createDoc: 'Makes the connection of a host to a storage repository from a record; PBD.plug connects it.', destroyDoc: 'Removes a connection that is not plugged.' },
  fields: {
    uuid: ro('string', { since: 'rio', doc: 'Identifier of the storage connection, unique and unchanged for as long as it exists.' }),
    host: fixed('host ref', { since: 'rio', doc: 'Host that is connected.' }),
    SR: fixed('SR ref', { since: 'rio', doc: 'Storage repository that it is connected to.' }),
    device_config: fixed('secret (string -> string) map', { since: 'rio', doc: 'Where the storage is and how to reach it; it can hold passwords and is never logged.' }),
    currently_attached: ro('bool', { since: 'rio', doc: 'True when the host reaches the storage at the moment.' }),
    other_config: rw('(string -> string) map', { since: 'miami', default: {}, doc: 'Keys and values that clients keep with the storage connection; keys that the agent does not know mean nothing to it.' }),
  },
  messages: {
    plug: op({ self: 'PBD ref' }, 'void', { since: 'rio', role: 'pool-operator', async: true, errors: ['INCOMPATIBLE_CLUSTER_STACK_ACTIVE', 'SR_UNKNOWN_DRIVER'], doc: 'Connects the host to the storage.' }),
    unplug: op({ self: 'PBD ref' }, 'void', { since: 'rio', role: 'pool-operator', async: true, doc: 'Disconnects the host from the storage; no disk on it may be in use there.' }),
    set_device_config: op({ self: 'PBD ref', value: 'secret (string -> string) map' }, 'void', { since: 'miami', role: 'pool-operator', async: true, doc: 'Changes where the storage is; the connection must be unplugged.' }),
  },
});
