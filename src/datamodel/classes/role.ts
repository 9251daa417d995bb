import { defineClass, fixed, op, ro } from '../define.ts';

export const role = defineClass({
  name: 'role',
  doc: 'A named set of permissions. Six are built in, from pool-admin to read-only, and each includes all below it.',
  since: 'midnight-ride',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  fields: {
    uuid: ro('string', { since: 'later', doc: 'Identifier of the role, unique and unchanged for as long as it exists.' }),
    name_label: fixed('string', { since: 'midnight-ride', default: '', doc: 'Name of the role, such as pool-operator, or of a single permission.' }),
    name_description: fixed('string', { since: 'midnight-ride', default: '', doc: 'What the role is for.' }),
    subroles: fixed('role ref set', { since: 'midnight-ride', default: [], doc: 'Roles and permissions that are part of this one.' }),
    is_internal: ro('bool', { since: '22.5.0', default: false, doc: 'True for roles that only agents use.' }),
  },
  messages: {
    get_permissions: op({ self: 'role ref' }, 'role ref set', { since: 'midnight-ride', role: 'read-only', doc: 'Returns every permission of a role, those of its parts included.' }),
    get_permissions_name_label: op({ self: 'role ref' }, 'string set', { since: 'midnight-ride', role: 'read-only', doc: 'Returns the names of every permission of a role.' }),
    get_by_permission: op({ permission: 'role ref' }, 'role ref set', { since: 'midnight-ride', role: 'read-only', doc: 'Returns the roles that include a permission.' }),
    get_by_permission_name_label: op({ label: 'string' }, 'role ref set', { since: 'midnight-ride', role: 'read-only', doc: 'Returns the roles that include the permission of the given name.' }),
  },
});
