import { defineClass, ro } from '../define.ts';

export const data_source = defineClass({
  name: 'data_source',
  doc: 'A figure that a host or a virtual machine can report over time. These are values in replies and cannot be looked up.',
  since: 'orlando',
  storage: 'none',
  events: false,
  enumerable: false,
  writeRole: 'pool-operator',
  fields: {
    name_label: ro('string', { since: 'later', default: '', doc: 'Name of the figure, such as cpu0.' }),
    name_description: ro('string', { since: 'later', default: '', doc: 'What the figure says.' }),
    enabled: ro('bool', { since: 'later', doc: 'True when the figure is recorded.' }),
    standard: ro('bool', { since: 'later', doc: 'True when the figure is recorded unless somebody turns it off.' }),
    units: ro('string', { since: 'later', doc: 'Unit of the figure.' }),
    min: ro('float', { since: 'later', doc: 'Smallest value that the figure can have.' }),
    max: ro('float', { since: 'later', doc: 'Largest value that the figure can have.' }),
    value: ro('float', { since: 'later', doc: 'Latest value.' }),
  },
  messages: {},
});
