import { defineClass, fixed, op, ro, rw } from '../define.ts';

export const pool_patch = defineClass({
  name: 'pool_patch',
  doc: '',
  since: 'miami',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  fields: {
    uuid: ro('string', { since: 'rio', doc: '' }),
    name_label: fixed('string', { since: 'rio', default: '', doc: '' }),
    name_description: fixed('string', { since: 'rio', default: '', doc: '' }),
    version: fixed('string', { since: 'miami', default: '', doc: '' }),
    filename: ro('string', { since: 'miami', default: '', internal: true, doc: '' }),
    size: ro('int', { since: 'miami', default: 0, doc: '' }),
    pool_applied: ro('bool', { since: 'miami', default: false, doc: '' }),
    host_patches: ro('host_patch ref set', { since: 'miami', doc: '' }),
    after_apply_guidance: ro('enum after_apply_guidance set', { since: 'miami', default: [], doc: '' }),
    other_config: rw('(string -> string) map', { since: 'miami', default: {}, doc: '' }),
  },
  messages: {
    apply: op({ self: 'pool_patch ref', host: 'host ref' }, 'string', { since: 'miami', role: 'pool-operator', async: true, deprecated: 'ely', doc: '' }),
    pool_apply: op({ self: 'pool_patch ref' }, 'void', { since: 'miami', role: 'pool-operator', async: true, deprecated: 'ely', doc: '' }),
    precheck: op({ self: 'pool_patch ref', host: 'host ref' }, 'string', { since: 'miami', role: 'pool-operator', async: true, deprecated: 'ely', doc: '' }),
    clean: op({ self: 'pool_patch ref' }, 'void', { since: 'miami', role: 'pool-operator', async: true, deprecated: 'ely', doc: '' }),
    destroy: op({ self: 'pool_patch ref' }, 'void', { since: 'miami', role: 'pool-operator', async: true, deprecated: 'ely', doc: '' }),
  },
});
