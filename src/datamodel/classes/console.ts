import { defineClass, ro, rw } from '../define.ts';

export const console = defineClass({
  name: 'console',
  doc: 'A way to the screen or the serial line of a virtual machine.',
  since: 'rio',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'vm-admin',
  constructible: { role: 'vm-admin', async: true },
  fields: {
    uuid: ro('string', { since: 'rio', doc: 'Identifier of the console, unique and unchanged for as long as it exists.' }),
    protocol: ro('enum console_protocol', { since: 'rio', doc: 'What is spoken: rfb for a screen, vt100 for a serial line, rdp for a remote desktop.' }),
    location: ro('string', { since: 'rio', doc: 'URL at which the console is reached with a session.' }),
    VM: ro('VM ref', { since: 'rio', doc: 'Virtual machine that the console belongs to.' }),
    other_config: rw('(string -> string) map', { since: 'rio', doc: 'Keys and values that clients keep with the console; keys that the agent does not know mean nothing to it.' }),
    port: rw('int', { since: 'rio', internal: true, doc: 'Port on the host that carries the console; 0 when it does not run.' }),
  },
  messages: {},
});
