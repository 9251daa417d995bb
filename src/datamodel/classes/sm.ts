import { defineClass, ro, rw } from '../define.ts';

export const SM = defineClass({
  name: 'SM',
  doc: '',
  since: 'rio',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  fields: {
    uuid: ro('string', { since: 'rio', doc: '' }),
    name_label: ro('string', { since: 'rio', default: '', doc: '' }),
    name_description: ro('string', { since: 'rio', default: '', doc: '' }),
    type: ro('string', { since: 'rio', doc: '' }),
    vendor: ro('string', { since: 'rio', doc: '' }),
    copyright: ro('string', { since: 'rio', doc: '' }),
    version: ro('string', { since: 'rio', doc: '' }),
    required_api_version: ro('string', { since: 'rio', doc: '' }),
    configuration: ro('(string -> string) map', { since: 'rio', doc: '' }),
    capabilities: ro('string set', { since: 'miami', default: [], deprecated: 'clearwater', doc: '' }),
    features: ro('(string -> int) map', { since: 'clearwater', default: {}, doc: '' }),
    other_config: rw('(string -> string) map', { since: 'miami', default: {}, doc: '' }),
    driver_filename: ro('string', { since: 'orlando', default: '', doc: '' }),
    required_cluster_stack: ro('string set', { since: 'dundee', default: [], doc: '' }),
  },
  messages: {},
});
