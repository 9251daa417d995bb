import { defineClass, fixed, op, ro, rw } from '../define.ts';

export const host_crashdump = defineClass({
  name: 'host_crashdump',
  doc: '',
  since: 'rio',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  fields: {
    uuid: ro('string', { since: 'rio', doc: '' }),
    host: fixed('host ref', { since: 'rio', doc: '' }),
    timestamp: ro('datetime', { since: 'rio', doc: '' }),
    size: ro('int', { since: 'rio', doc: '' }),
    filename: fixed('string', { since: 'rio', internal: true, doc: '' }),
    other_config: rw('(string -> string) map', { since: 'miami', default: {}, doc: '' }),
  },
  messages: {
    destroy: op({ self: 'host_crashdump ref' }, 'void', { since: 'rio', role: 'pool-operator', async: true, doc: '' }),
    upload: op({ self: 'host_crashdump ref', url: 'string', options: '(string -> string) map' }, 'void', { since: 'rio', role: 'pool-operator', async: true, doc: '' }),
  },
});
