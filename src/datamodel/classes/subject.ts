import { defineClass, fixed, op, ro } from '../define.ts';

export const subject = defineClass({
  name: 'subject',
  doc: '',
  since: 'george',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  constructible: { role: 'pool-admin', async: true },
  fields: {
    uuid: ro('string', { since: 'later', doc: '' }),
    subject_identifier: fixed('string', { since: 'george', default: '', doc: '' }),
    other_config: fixed('(string -> string) map', { since: 'george', default: {}, doc: '' }),
    roles: ro('role ref set', { since: 'midnight-ride', default: ['OpaqueRef:0165f154-ba3e-034e-6b27-5d271af109ba'], doc: '' }),
  },
  messages: {
    add_to_roles: op({ self: 'subject ref', role: 'role ref' }, 'void', { since: 'midnight-ride', role: 'pool-admin', doc: '' }),
    remove_from_roles: op({ self: 'subject ref', role: 'role ref' }, 'void', { since: 'midnight-ride', role: 'pool-admin', doc: '' }),
    get_permissions_name_label: op({ self: 'subject ref' }, 'string set', { since: 'midnight-ride', role: 'read-only', doc: '' }),
  },
});
