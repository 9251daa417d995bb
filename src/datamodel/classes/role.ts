import { defineClass, fixed, op, ro } from '../define.ts';

export const role = defineClass({
  name: 'role',
  doc: '',
  since: 'midnight-ride',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  fields: {
    uuid: ro('string', { since: 'later', doc: '' }),
    name_label: fixed('string', { since: 'midnight-ride', default: '', doc: '' }),
    name_description: fixed('string', { since: 'midnight-ride', default: '', doc: '' }),
    subroles: fixed('role ref set', { since: 'midnight-ride', default: [], doc: '' }),
    is_internal: ro('bool', { since: '22.5.0', default: false, doc: '' }),
  },
  messages: {
    get_permissions: op({ self: 'role ref' }, 'role ref set', { since: 'midnight-ride', role: 'read-only', doc: '' }),
    get_permissions_name_label: op({ self: 'role ref' }, 'string set', { since: 'midnight-ride', role: 'read-only', doc: '' }),
    get_by_permission: op({ permission: 'role ref' }, 'role ref set', { since: 'midnight-ride', role: 'read-only', doc: '' }),
    get_by_permission_name_label: op({ label: 'string' }, 'role ref set', { since: 'midnight-ride', role: 'read-only', doc: '' }),
  },
});
