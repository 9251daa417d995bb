import { defineClass, op, optional, ro, rw } from '../define.ts';

export const secret = defineClass({
  name: 'secret',
  doc: '',
  since: 'midnight-ride',
  storage: 'persistent',
  events: false,
  enumerable: true,
  writeRole: 'pool-operator',
  readRole: 'pool-operator',
  constructible: { role: 'pool-operator', async: true },
  fields: {
    uuid: ro('string', { since: 'later', doc: '' }),
    value: rw('secret string', { since: 'later', doc: '' }),
    other_config: rw('(string -> string) map', { since: 'later', default: {}, readRole: 'read-only', doc: '' }),
  },
  messages: {
    introduce: op({ uuid: 'string', value: 'secret string', other_config: optional('(string -> string) map', {}) }, 'secret ref', { since: 'midnight-ride', role: 'pool-operator', hidden: true, doc: '' }),
  },
});
