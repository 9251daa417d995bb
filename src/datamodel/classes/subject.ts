import { defineClass, fixed, op, ro } from '../define.ts';

export const subject = defineClass({
  name: 'subject',
  doc: 'An account or a group of the machine, other than root, that may log in, with the roles that it has.',
  since: 'george',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  constructible: { role: 'pool-admin', async: true, createDoc: 'Makes an account or group of the machine known; it can log in once it is given a role.', destroyDoc: 'Takes the right to log in from an account or group and ends its sessions.' },
  fields: {
    uuid: ro('string', { since: 'later', doc: 'Identifier of the subject, unique and unchanged for as long as it exists.' }),
    subject_identifier: fixed('string', { since: 'george', default: '', doc: 'Account or group, as user:NAME or group:NAME.' }),
    other_config: fixed('(string -> string) map', { since: 'george', default: {}, doc: 'Keys and values that were given with the subject.' }),
    roles: ro('role ref set', { since: 'midnight-ride', default: [], doc: 'Roles of the account or group; each session takes them over at login.' }),
  },
  messages: {
    add_to_roles: op({ self: 'subject ref', role: 'role ref' }, 'void', { since: 'midnight-ride', role: 'pool-admin', doc: 'Gives a role to an account or group, from its next login on.' }),
    remove_from_roles: op({ self: 'subject ref', role: 'role ref' }, 'void', { since: 'midnight-ride', role: 'pool-admin', doc: 'Takes a role from an account or group and ends its sessions, since they keep the roles of their login.' }),
    get_permissions_name_label: op({ self: 'subject ref' }, 'string set', { since: 'midnight-ride', role: 'read-only', doc: 'Returns the names of every permission that the roles of an account or group grant.' }),
  },
});
