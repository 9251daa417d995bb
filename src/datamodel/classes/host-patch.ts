import { defineClass, fixed, op, ro, rw } from '../define.ts';

export const host_patch = defineClass({
  name: 'host_patch',
  doc: '',
  since: 'rio',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  fields: {
    uuid: ro('string', { since: 'rio', doc: '' }),
    name_label: fixed('string', { since: 'rio', default: '', doc: '' }),
    name_description: fixed('string', { since: 'rio', default: '', doc: '' }),
    version: fixed('string', { since: 'rio', doc: '' }),
    host: fixed('host ref', { since: 'rio', doc: '' }),
    filename: ro('string', { since: 'rio', internal: true, doc: '' }),
    applied: ro('bool', { since: 'rio', doc: '' }),
    timestamp_applied: ro('datetime', { since: 'rio', doc: '' }),
    size: ro('int', { since: 'rio', doc: '' }),
    pool_patch: fixed('pool_patch ref', { since: 'miami', default: 'OpaqueRef:NULL', doc: '' }),
    other_config: rw('(string -> string) map', { since: 'miami', default: {}, doc: '' }),
  },
  messages: {
    destroy: op({ self: 'host_patch ref' }, 'void', { since: 'rio', role: 'pool-operator', async: true, deprecated: 'miami', doc: '' }),
    apply: op({ self: 'host_patch ref' }, 'string', { since: 'rio', role: 'pool-operator', async: true, deprecated: 'miami', doc: '' }),
  },
});
