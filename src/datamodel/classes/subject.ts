import { defineClass, fixed, op, ro } from '../define.ts';

export const subject = defineClass({
  name: 'subject',
  doc: 'An external user or group that may log in, with the roles that it has.',
  since: 'george',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  constructible: { role: 'pool-admin', async: true },
  fields: {
    uuid: ro('string', { since: 'later', doc: 'Identifier of the subject, unique and unchanged for as long as it exists.' }),
    subject_identifier: fixed('string', { since: 'george', default: '', doc: 'Identifier of the user or group at the service that confirms logins.' }),
    other_config: fixed('(string -> string) map', { since: 'george', default: {}, doc: 'What the service knows about the user or group, such as its name.' }),
    roles: ro('role ref set', { since: 'midnight-ride', default: ['OpaqueRef:0165f154-ba3e-034e-6b27-5d271af109ba'], doc: 'Roles of the user or group; each session takes them over at login.' }),
  },
  messages: {
    add_to_roles: op({ self: 'subject ref', role: 'role ref' }, 'void', { since: 'midnight-ride', role: 'pool-admin', doc: 'Gives a role to a user or group, from its next login on.' }),
    remove_from_roles: op({ self: 'subject ref', role: 'role ref' }, 'void', { since: 'midnight-ride', role: 'pool-admin', doc: 'Takes a role from a user or group, from its next login on.' }),
    get_permissions_name_label: op({ self: 'subject ref' }, 'string set', { since: 'midnight-ride', role: 'read-only', doc: 'Returns the names of every permission that the roles of a user or group grant.' }),
  },
});
