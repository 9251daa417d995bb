import { defineClass, op, optional, ro, rw } from '../define.ts';

export const secret = defineClass({
  name: 'secret',
  doc: 'A value that must not stand in plain sight, such as a password for storage; other objects refer to it.',
  since: 'midnight-ride',
  storage: 'persistent',
  events: false,
  enumerable: true,
  writeRole: 'pool-operator',
  readRole: 'pool-operator',
  constructible: { role: 'pool-operator', async: true, createDoc: 'Keeps a value out of plain sight and returns the reference to it.', destroyDoc: 'Removes a secret that nothing refers to any more.' },
  fields: {
    uuid: ro('string', { since: 'later', doc: 'Identifier of the secret, unique and unchanged for as long as it exists.' }),
    value: rw('secret string', { since: 'later', doc: 'The value itself; it is never logged.' }),
    other_config: rw('(string -> string) map', { since: 'later', default: {}, readRole: 'read-only', doc: 'Keys and values that clients keep with the secret; keys that the agent does not know mean nothing to it.' }),
  },
  messages: {
    introduce: op({ uuid: 'string', value: 'secret string', other_config: optional('(string -> string) map', {}) }, 'secret ref', { since: 'midnight-ride', role: 'pool-operator', hidden: true, doc: 'Makes a secret with the given uuid, for a host that brings its own into the pool.' }),
  },
});
