import { defineClass, fixed, op, optional, ro, rw } from '../define.ts';

export const blob = defineClass({
  name: 'blob',
  doc: '',
  since: 'orlando',
  storage: 'persistent',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  fields: {
    uuid: ro('string', { since: 'later', doc: '' }),
    name_label: rw('string', { since: 'later', default: '', doc: '' }),
    name_description: rw('string', { since: 'later', default: '', doc: '' }),
    size: ro('int', { since: 'later', doc: '' }),
    public: rw('bool', { since: 'tampa', default: false, doc: '' }),
    last_updated: fixed('datetime', { since: 'later', doc: '' }),
    mime_type: fixed('string', { since: 'later', doc: '' }),
  },
  messages: {
    create: op({ mime_type: 'string', public: optional('bool', false) }, 'blob ref', { since: 'orlando', role: 'pool-operator', doc: '' }),
    destroy: op({ self: 'blob ref' }, 'void', { since: 'orlando', role: 'pool-operator', doc: '' }),
  },
});
