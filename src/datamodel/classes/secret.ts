import { defineClass, op, optional, ro, rw } from '../define.ts';

export const secret = defineClass({
  name: 'secret',
  doc: '',
  since: 'midnight-ride',
  storage: 'persistent',
  events: false,
  enumerable: true,
  writeRole: 'pool-operator',
  constructible: { role: 'pool-operator', async: true },
  fields: {
    uuid: ro('string', { since: 'later', doc: '' }),
    value: rw('string', { since: 'later', doc: '' }),
    other_config: rw('(string -> string) map', { since: 'later', default: {}, doc: '' }),
  },
  messages: {
    introduce: op({ uuid: 'string', value: 'string', other_config: optional('(string -> string) map', {}) }, 'secret ref', { since: 'midnight-ride', role: 'pool-operator', hidden: true, doc: '' }),
  },
});
