import { defineClass, ro } from '../define.ts';

export const data_source = defineClass({
  name: 'data_source',
  doc: '',
  since: 'orlando',
  storage: 'none',
  events: false,
  enumerable: false,
  writeRole: 'pool-operator',
  fields: {
    name_label: ro('string', { since: 'later', default: '', doc: '' }),
    name_description: ro('string', { since: 'later', default: '', doc: '' }),
    enabled: ro('bool', { since: 'later', doc: '' }),
    standard: ro('bool', { since: 'later', doc: '' }),
    units: ro('string', { since: 'later', doc: '' }),
    min: ro('float', { since: 'later', doc: '' }),
    max: ro('float', { since: 'later', doc: '' }),
    value: ro('float', { since: 'later', doc: '' }),
  },
  messages: {},
});
