import { defineClass, fixed, op, ro, rw } from '../define.ts';

export const host_patch = defineClass({
  name: 'host_patch',
  doc: 'An update that was installed on a host through the API.',
  since: 'rio',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  fields: {
    uuid: ro('string', { since: 'rio', doc: 'Identifier of the installed update, unique and unchanged for as long as it exists.' }),
    name_label: fixed('string', { since: 'rio', default: '', doc: 'Name of the installed update as people read it; names need not be unique.' }),
    name_description: fixed('string', { since: 'rio', default: '', doc: 'Remarks about the installed update for people; empty when nobody wrote any.' }),
    version: fixed('string', { since: 'rio', doc: 'Version of the update.' }),
    host: fixed('host ref', { since: 'rio', doc: 'Host that has the update.' }),
    filename: ro('string', { since: 'rio', internal: true, doc: 'Path of the update on the host.' }),
    applied: ro('bool', { since: 'rio', doc: 'True when the update is installed.' }),
    timestamp_applied: ro('datetime', { since: 'rio', doc: 'Time at which the update was installed; the start of 1970 when it was not.' }),
    size: ro('int', { since: 'rio', doc: 'Size of the update in bytes.' }),
    pool_patch: fixed('pool_patch ref', { since: 'miami', default: 'OpaqueRef:NULL', doc: 'Update of the pool that this one comes from; null when it is unknown.' }),
    other_config: rw('(string -> string) map', { since: 'miami', default: {}, doc: 'Keys and values that clients keep with the installed update; keys that the agent does not know mean nothing to it.' }),
  },
  messages: {
    destroy: op({ self: 'host_patch ref' }, 'void', { since: 'rio', role: 'pool-operator', async: true, deprecated: 'miami', doc: 'Fails with MESSAGE_DEPRECATED: pool_patch.clean has taken its place.' }),
    apply: op({ self: 'host_patch ref' }, 'string', { since: 'rio', role: 'pool-operator', async: true, deprecated: 'miami', doc: 'Fails with MESSAGE_DEPRECATED: pool_patch.apply has taken its place.' }),
  },
});
