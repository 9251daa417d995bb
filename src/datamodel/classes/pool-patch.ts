import { defineClass, fixed, op, ro, rw } from '../define.ts';

export const pool_patch = defineClass({
  name: 'pool_patch',
  doc: 'An update for all hosts of the pool: a newer version of an installed package, as the package tool of the distribution knows it.',
  since: 'miami',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  fields: {
    uuid: ro('string', { since: 'rio', doc: 'Identifier of the update, unique and unchanged for as long as it exists.' }),
    name_label: fixed('string', { since: 'rio', default: '', doc: 'Name of the package.' }),
    name_description: fixed('string', { since: 'rio', default: '', doc: 'What is replaced, where the package comes from, and what it is.' }),
    version: fixed('string', { since: 'miami', default: '', doc: 'Version that would be installed, or was.' }),
    filename: ro('string', { since: 'miami', default: '', internal: true, doc: 'Empty: nobody uploads updates.' }),
    size: ro('int', { since: 'miami', default: 0, doc: 'Bytes to be downloaded.' }),
    pool_applied: ro('bool', { since: 'miami', default: false, doc: 'True when every host of the pool has the update.' }),
    host_patches: ro('host_patch ref set', { since: 'miami', doc: 'What hosts have installed of the update.' }),
    after_apply_guidance: ro('enum after_apply_guidance set', { since: 'miami', default: [], doc: 'What to restart after the update was applied.' }),
    other_config: rw('(string -> string) map', { since: 'miami', default: {}, doc: 'Keys and values that clients keep with the update; keys that the agent does not know mean nothing to it.' }),
  },
  messages: {
    apply: op({ self: 'pool_patch ref', host: 'host ref' }, 'string', { since: 'miami', role: 'pool-operator', async: true, deprecated: 'ely', doc: 'Applies the update to one host and returns what its program printed.' }),
    pool_apply: op({ self: 'pool_patch ref' }, 'void', { since: 'miami', role: 'pool-operator', async: true, deprecated: 'ely', doc: 'Applies the update to every host.' }),
    precheck: op({ self: 'pool_patch ref', host: 'host ref' }, 'string', { since: 'miami', role: 'pool-operator', async: true, deprecated: 'ely', doc: 'Checks whether a host can take the update and returns what the check printed.' }),
    clean: op({ self: 'pool_patch ref' }, 'void', { since: 'miami', role: 'pool-operator', async: true, deprecated: 'ely', doc: 'Removes downloaded packages from the host.' }),
    destroy: op({ self: 'pool_patch ref' }, 'void', { since: 'miami', role: 'pool-operator', async: true, deprecated: 'ely', doc: 'Removes the object of an update that no host has installed; it comes back while the package tool still offers the update.' }),
  },
});
