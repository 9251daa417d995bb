import { defineClass, ro, rw } from '../define.ts';

export const console = defineClass({
  name: 'console',
  doc: '',
  since: 'rio',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'vm-admin',
  constructible: { role: 'vm-admin', async: true },
  fields: {
    uuid: ro('string', { since: 'rio', doc: '' }),
    protocol: ro('enum console_protocol', { since: 'rio', doc: '' }),
    location: ro('string', { since: 'rio', doc: '' }),
    VM: ro('VM ref', { since: 'rio', doc: '' }),
    other_config: rw('(string -> string) map', { since: 'rio', doc: '' }),
    port: rw('int', { since: 'rio', internal: true, doc: '' }),
  },
  messages: {},
});
