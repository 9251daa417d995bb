import { defineClass, ro, rw } from '../define.ts';

export const host_cpu = defineClass({
  name: 'host_cpu',
  doc: '',
  since: 'rio',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  fields: {
    uuid: ro('string', { since: 'rio', doc: '' }),
    host: ro('host ref', { since: 'rio', doc: '' }),
    number: ro('int', { since: 'rio', doc: '' }),
    vendor: ro('string', { since: 'rio', doc: '' }),
    speed: ro('int', { since: 'rio', doc: '' }),
    modelname: ro('string', { since: 'rio', doc: '' }),
    family: ro('int', { since: 'rio', doc: '' }),
    model: ro('int', { since: 'rio', doc: '' }),
    stepping: ro('string', { since: 'rio', doc: '' }),
    flags: ro('string', { since: 'rio', doc: '' }),
    features: ro('string', { since: 'rio', doc: '' }),
    utilisation: ro('float', { since: 'rio', persist: false, doc: '' }),
    other_config: rw('(string -> string) map', { since: 'orlando', default: {}, doc: '' }),
  },
  messages: {},
});
