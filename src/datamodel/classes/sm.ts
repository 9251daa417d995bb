import { defineClass, ro, rw } from '../define.ts';

export const SM = defineClass({
  name: 'SM',
  doc: 'A kind of storage that the agent can use.',
  since: 'rio',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  fields: {
    uuid: ro('string', { since: 'rio', doc: 'Identifier of the storage driver, unique and unchanged for as long as it exists.' }),
    name_label: ro('string', { since: 'rio', default: '', doc: 'Name of the storage driver as people read it; names need not be unique.' }),
    name_description: ro('string', { since: 'rio', default: '', doc: 'Remarks about the storage driver for people; empty when nobody wrote any.' }),
    type: ro('string', { since: 'rio', doc: 'Type of the storage repositories that the driver serves, such as nfs.' }),
    vendor: ro('string', { since: 'rio', doc: 'Who made the driver.' }),
    copyright: ro('string', { since: 'rio', doc: 'Who holds the rights to the driver.' }),
    version: ro('string', { since: 'rio', doc: 'Version of the driver.' }),
    required_api_version: ro('string', { since: 'rio', doc: 'Version of the storage interface that the driver speaks.' }),
    configuration: ro('(string -> string) map', { since: 'rio', doc: 'Keys of device_config that the driver understands, with what they are for.' }),
    capabilities: ro('string set', { since: 'miami', default: [], deprecated: 'clearwater', doc: 'What the driver can do; features says it now.' }),
    features: ro('(string -> int) map', { since: 'clearwater', default: {}, doc: 'What the driver can do, each with the version in which it can.' }),
    other_config: rw('(string -> string) map', { since: 'miami', default: {}, doc: 'Keys and values that clients keep with the storage driver; keys that the agent does not know mean nothing to it.' }),
    driver_filename: ro('string', { since: 'orlando', default: '', doc: 'Name of the file of the driver; empty when it is built in.' }),
    required_cluster_stack: ro('string set', { since: 'dundee', default: [], doc: 'Cluster stacks of which one must run for this storage; empty when any or none will do.' }),
  },
  messages: {},
});
