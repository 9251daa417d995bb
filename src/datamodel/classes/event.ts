import { defineClass, fixed, op } from '../define.ts';

export const event = defineClass({
  name: 'event',
  doc: 'A change of an object, as subscribers receive it. Events are values in replies and cannot be looked up.',
  since: 'rio',
  storage: 'none',
  events: false,
  enumerable: false,
  writeRole: 'pool-operator',
  fields: {
    id: fixed('int', { since: 'rio', doc: 'Generation of the database in which the change happened; later changes have larger ones.' }),
    timestamp: fixed('datetime', { since: 'rio', deprecated: 'boston', doc: 'Time of the change; clients should not rely on it, and event.from leaves it at zero.' }),
    class: fixed('string', { since: 'rio', doc: 'Class of the object in lower case.' }),
    operation: fixed('enum event_operation', { since: 'rio', doc: 'Whether the object appeared, changed or vanished.' }),
    ref: fixed('string', { since: 'rio', doc: 'Reference of the object.' }),
    obj_uuid: fixed('string', { since: 'rio', deprecated: 'boston', doc: 'Identifier of the object; clients should read it from the snapshot instead.' }),
  },
  messages: {
    register: op({ classes: 'string set' }, 'void', { since: 'rio', role: 'read-only', async: true, deprecated: 'boston', doc: 'Subscribes the session to classes for event.next; * or an empty list stands for all of them.' }),
    unregister: op({ classes: 'string set' }, 'void', { since: 'rio', role: 'read-only', async: true, deprecated: 'boston', doc: 'Ends the subscription of the session to classes.' }),
    next: op({}, 'event record set', {
      since: 'rio',
      role: 'read-only',
      errors: ['SESSION_NOT_REGISTERED', 'EVENTS_LOST', 'EVENT_SUBSCRIPTION_PARSE_FAILURE'],
      deprecated: 'boston',
      doc: 'Waits for changes of the subscribed classes and returns them; EVENTS_LOST says that too many were waiting and objects must be read again.',
    }),
    from: op({ classes: 'string set', token: 'string', timeout: 'float' }, 'event record set', {
      since: 'boston',
      role: 'read-only',
      errors: ['EVENT_FROM_TOKEN_PARSE_FAILURE', 'EVENT_SUBSCRIPTION_PARSE_FAILURE'],
      doc: 'Returns what changed since a token, or everything for an empty one, and waits up to timeout seconds when nothing did; the reply carries the next token.',
    }),
    get_current_id: op({}, 'int', { since: 'rio', role: 'read-only', doc: 'Returns the generation of the latest change.' }),
    inject: op({ class: 'string', ref: 'string' }, 'string', { since: 'tampa', role: 'read-only', doc: 'Marks an object as changed and returns a token from just before, so that event.from with it returns that object at least.' }),
  },
});
