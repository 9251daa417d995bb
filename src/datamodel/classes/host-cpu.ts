import { defineClass, ro, rw } from '../define.ts';

export const host_cpu = defineClass({
  name: 'host_cpu',
  doc: 'A logical processor of a host.',
  since: 'rio',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  fields: {
    uuid: ro('string', { since: 'rio', doc: 'Identifier of the processor, unique and unchanged for as long as it exists.' }),
    host: ro('host ref', { since: 'rio', doc: 'Host that has the processor.' }),
    number: ro('int', { since: 'rio', doc: 'Number of the processor in the operating system, from 0.' }),
    vendor: ro('string', { since: 'rio', doc: 'Maker, such as GenuineIntel.' }),
    speed: ro('int', { since: 'rio', doc: 'Clock rate in MHz.' }),
    modelname: ro('string', { since: 'rio', doc: 'Name that the maker gave the processor.' }),
    family: ro('int', { since: 'rio', doc: 'Family number that the processor reports.' }),
    model: ro('int', { since: 'rio', doc: 'Model number that the processor reports.' }),
    stepping: ro('string', { since: 'rio', doc: 'Stepping that the processor reports.' }),
    flags: ro('string', { since: 'rio', doc: 'Features that the kernel lists, separated by spaces.' }),
    features: ro('string', { since: 'rio', doc: 'Features as words of hexadecimal digits.' }),
    utilisation: ro('float', { since: 'rio', persist: false, doc: 'Share of the time in which the processor was busy, from 0 to 1.' }),
    other_config: rw('(string -> string) map', { since: 'orlando', default: {}, doc: 'Keys and values that clients keep with the processor; keys that the agent does not know mean nothing to it.' }),
  },
  messages: {},
});
