import { defineClass, fixed, ro, rw } from '../define.ts';

export const user = defineClass({
  name: 'user',
  doc: 'A user of the API 1.1. Logins do not look at these objects; subjects and roles have taken their place.',
  since: 'rio',
  storage: 'persistent',
  events: false,
  enumerable: false,
  writeRole: 'pool-admin',
  constructible: { role: 'pool-admin', async: true },
  fields: {
    uuid: ro('string', { since: 'rio', doc: 'Identifier of the user, unique and unchanged for as long as it exists.' }),
    short_name: fixed('string', { since: 'rio', doc: 'Name that the user would log in with.' }),
    fullname: rw('string', { since: 'rio', doc: 'Name of the person.' }),
    other_config: rw('(string -> string) map', { since: 'orlando', default: {}, doc: 'Keys and values that clients keep with the user; keys that the agent does not know mean nothing to it.' }),
  },
  messages: {},
});
