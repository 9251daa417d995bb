import { defineClass, fixed, op } from '../define.ts';

export const event = defineClass({
  name: 'event',
  doc: '',
  since: 'rio',
  storage: 'none',
  events: false,
  enumerable: false,
  writeRole: 'pool-operator',
  fields: {
    id: fixed('int', { since: 'rio', doc: '' }),
    timestamp: fixed('datetime', { since: 'rio', deprecated: 'boston', doc: '' }),
    class: fixed('string', { since: 'rio', doc: '' }),
    operation: fixed('enum event_operation', { since: 'rio', doc: '' }),
    ref: fixed('string', { since: 'rio', doc: '' }),
    obj_uuid: fixed('string', { since: 'rio', deprecated: 'boston', doc: '' }),
  },
  messages: {
    register: op({ classes: 'string set' }, 'void', { since: 'rio', role: 'read-only', async: true, deprecated: 'boston', doc: '' }),
    unregister: op({ classes: 'string set' }, 'void', { since: 'rio', role: 'read-only', async: true, deprecated: 'boston', doc: '' }),
    next: op({}, 'event record set', { since: 'rio', role: 'read-only', errors: ['SESSION_NOT_REGISTERED', 'EVENTS_LOST', 'EVENT_SUBSCRIPTION_PARSE_FAILURE'], deprecated: 'boston', doc: '' }),
    from: op({ classes: 'string set', token: 'string', timeout: 'float' }, 'event record set', { since: 'boston', role: 'read-only', errors: ['EVENT_FROM_TOKEN_PARSE_FAILURE', 'EVENT_SUBSCRIPTION_PARSE_FAILURE'], doc: '' }),
    get_current_id: op({}, 'int', { since: 'rio', role: 'read-only', doc: '' }),
    inject: op({ class: 'string', ref: 'string' }, 'string', { since: 'tampa', role: 'read-only', doc: '' }),
  },
});
