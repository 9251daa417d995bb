import { defineClass, op, ro } from '../define.ts';

export const message = defineClass({
  name: 'message',
  doc: 'Something that an administrator should know: an alert, a warning, or the news that it passed. It stays until somebody removes it.',
  since: 'orlando',
  storage: 'persistent',
  events: true,
  enumerable: false,
  writeRole: 'pool-operator',
  getters: false,
  fields: {
    uuid: ro('string', { since: 'later', doc: 'Identifier of the message, unique and unchanged for as long as it exists.' }),
    name: ro('string', { since: 'later', doc: 'Kind of the message, such as HA_HOST_FAILED.' }),
    priority: ro('int', { since: 'later', doc: 'Urgency from 1, data is being lost, to 5, for information.' }),
    cls: ro('enum cls', { since: 'orlando', doc: 'Class of the object that the message is about.' }),
    obj_uuid: ro('string', { since: 'later', doc: 'Identifier of the object that the message is about.' }),
    timestamp: ro('datetime', { since: 'later', doc: 'Time at which the message was made.' }),
    body: ro('string', { since: 'later', doc: 'Text of the message.' }),
  },
  messages: {
    create: op({ name: 'string', priority: 'int', cls: 'enum cls', obj_uuid: 'string', body: 'string' }, 'message ref', { since: 'orlando', role: 'pool-operator', doc: 'Makes a message about a VM, host, SR, pool or VDI; priority is from 1, the most urgent, to 5.' }),
    destroy: op({ self: 'message ref' }, 'void', { since: 'orlando', role: 'pool-operator', doc: 'Removes a message.' }),
    get: op({ cls: 'enum cls', obj_uuid: 'string', since: 'datetime' }, '(message ref -> message record) map', { since: 'orlando', role: 'read-only', doc: 'Returns the messages about one object that were made since a time.' }),
    get_all: op({}, 'message ref set', { since: 'orlando', role: 'read-only', doc: 'Returns the references of all messages.' }),
    get_since: op({ since: 'datetime' }, '(message ref -> message record) map', { since: 'orlando', role: 'read-only', doc: 'Returns the messages that were made since a time.' }),
    get_record: op({ self: 'message ref' }, 'message record', { since: 'orlando', role: 'read-only', doc: 'Returns all fields of a message.' }),
    get_by_uuid: op({ uuid: 'string' }, 'message ref', { since: 'orlando', role: 'read-only', doc: 'Returns the message that has the given uuid.' }),
    get_all_records: op({}, '(message ref -> message record) map', { since: 'orlando', role: 'read-only', doc: 'Returns all messages by their references.' }),
    get_all_records_where: op({ expr: 'string' }, '(message ref -> message record) map', { since: 'orlando', role: 'read-only', doc: 'Returns the messages that satisfy an expression.' }),
  },
});
