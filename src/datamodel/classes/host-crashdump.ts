import { defineClass, fixed, op, ro, rw } from '../define.ts';

export const host_crashdump = defineClass({
  name: 'host_crashdump',
  doc: 'What the kernel of a host wrote when it crashed.',
  since: 'rio',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  fields: {
    uuid: ro('string', { since: 'rio', doc: 'Identifier of the crash dump, unique and unchanged for as long as it exists.' }),
    host: fixed('host ref', { since: 'rio', doc: 'Host that crashed.' }),
    timestamp: ro('datetime', { since: 'rio', doc: 'Time of the crash.' }),
    size: ro('int', { since: 'rio', doc: 'Size in bytes.' }),
    filename: fixed('string', { since: 'rio', internal: true, doc: 'Name of the dump under the crash directory of the host.' }),
    other_config: rw('(string -> string) map', { since: 'miami', default: {}, doc: 'Keys and values that clients keep with the crash dump; keys that the agent does not know mean nothing to it.' }),
  },
  messages: {
    destroy: op({ self: 'host_crashdump ref' }, 'void', { since: 'rio', role: 'pool-operator', async: true, doc: 'Removes a crash dump and its files.' }),
    upload: op({ self: 'host_crashdump ref', url: 'string', options: '(string -> string) map' }, 'void', { since: 'rio', role: 'pool-operator', async: true, doc: 'Uploads a crash dump to a URL.' }),
  },
});
