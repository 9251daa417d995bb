import { defineClass, op, ro } from '../define.ts';

export const message = defineClass({
  name: 'message',
  doc: '',
  since: 'orlando',
  storage: 'persistent',
  events: true,
  enumerable: false,
  writeRole: 'pool-operator',
  getters: false,
  fields: {
    uuid: ro('string', { since: 'later', doc: '' }),
    name: ro('string', { since: 'later', doc: '' }),
    priority: ro('int', { since: 'later', doc: '' }),
    cls: ro('enum cls', { since: 'orlando', doc: '' }),
    obj_uuid: ro('string', { since: 'later', doc: '' }),
    timestamp: ro('datetime', { since: 'later', doc: '' }),
    body: ro('string', { since: 'later', doc: '' }),
  },
  messages: {
    create: op({ name: 'string', priority: 'int', cls: 'enum cls', obj_uuid: 'string', body: 'string' }, 'message ref', { since: 'orlando', role: 'pool-operator', doc: '' }),
    destroy: op({ self: 'message ref' }, 'void', { since: 'orlando', role: 'pool-operator', doc: '' }),
    get: op({ cls: 'enum cls', obj_uuid: 'string', since: 'datetime' }, '(message ref -> message record) map', { since: 'orlando', role: 'read-only', doc: '' }),
    get_all: op({}, 'message ref set', { since: 'orlando', role: 'read-only', doc: '' }),
    get_since: op({ since: 'datetime' }, '(message ref -> message record) map', { since: 'orlando', role: 'read-only', doc: '' }),
    get_record: op({ self: 'message ref' }, 'message record', { since: 'orlando', role: 'read-only', doc: '' }),
    get_by_uuid: op({ uuid: 'string' }, 'message ref', { since: 'orlando', role: 'read-only', doc: '' }),
    get_all_records: op({}, '(message ref -> message record) map', { since: 'orlando', role: 'read-only', doc: '' }),
    get_all_records_where: op({ expr: 'string' }, '(message ref -> message record) map', { since: 'orlando', role: 'read-only', doc: '' }),
  },
});
