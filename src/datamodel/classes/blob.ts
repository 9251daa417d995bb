import { defineClass, fixed, op, optional, ro, rw } from '../define.ts';

export const blob = defineClass({
  name: 'blob',
  doc: 'A piece of binary data that is kept beside the database.',
  since: 'orlando',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  fields: {
    uuid: ro('string', { since: 'later', doc: 'Identifier of the blob, unique and unchanged for as long as it exists.' }),
    name_label: rw('string', { since: 'later', default: '', doc: 'Name of the blob as people read it; names need not be unique.' }),
    name_description: rw('string', { since: 'later', default: '', doc: 'Remarks about the blob for people; empty when nobody wrote any.' }),
    size: ro('int', { since: 'later', doc: 'Size in bytes.' }),
    public: rw('bool', { since: 'tampa', default: false, doc: 'True when it may be read without a session.' }),
    last_updated: fixed('datetime', { since: 'later', doc: 'Time at which the data last changed.' }),
    mime_type: fixed('string', { since: 'later', doc: 'Kind of the data, such as image/png.' }),
  },
  messages: {
    create: op({ mime_type: 'string', public: optional('bool', false) }, 'blob ref', { since: 'orlando', role: 'pool-operator', doc: 'Makes an empty blob of the given kind.' }),
    destroy: op({ self: 'blob ref' }, 'void', { since: 'orlando', role: 'pool-operator', doc: 'Removes a blob and its data.' }),
  },
});
