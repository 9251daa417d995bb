import { defineClass, fixed, ro, rw } from '../define.ts';

export const user = defineClass({
  name: 'user',
  doc: '',
  since: 'rio',
  storage: 'persistent',
  events: false,
  enumerable: false,
  writeRole: 'pool-admin',
  constructible: { role: 'pool-admin', async: true },
  fields: {
    uuid: ro('string', { since: 'rio', doc: '' }),
    short_name: fixed('string', { since: 'rio', doc: '' }),
    fullname: rw('string', { since: 'rio', doc: '' }),
    other_config: rw('(string -> string) map', { since: 'orlando', default: {}, doc: '' }),
  },
  messages: {},
});
