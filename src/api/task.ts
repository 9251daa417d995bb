import { implement } from './call.ts';
import { addToMap, removeFromMap, setField } from './fields.ts';

export const task = implement('task', {
  create: (call, { label, description }) => call.tasks.create(label, description, call.session),
  destroy: (call, { self }) => {
    call.tasks.assertOwner(self, call.session);
    call.tasks.destroy(self);
  },
  cancel: (call, { task: ref }) => {
    call.tasks.assertOwner(ref, call.session);
    call.tasks.cancel(ref);
  },
  set_status: (call, { self, value }) => {
    call.tasks.assertOwner(self, call.session);
    call.tasks.setStatus(self, value);
  },
  set_progress: (call, { self, value }) => {
    call.tasks.assertOwner(self, call.session);
    call.tasks.setProgress(self, value);
  },
  set_result: (call, { self, value }) => {
    call.tasks.assertOwner(self, call.session);
    call.tasks.setResult(self, value);
  },
  set_error_info: (call, { self, value }) => {
    call.tasks.assertOwner(self, call.session);
    call.tasks.setErrorInfo(self, value);
  },
  set_other_config: (call, { self, value }) => {
    call.tasks.assertOwner(self, call.session);
    setField(call, 'task', self, 'other_config', value);
  },
  add_to_other_config: (call, { self, key, value }) => {
    call.tasks.assertOwner(self, call.session);
    addToMap(call, 'task', self, 'other_config', key, value);
  },
  remove_from_other_config: (call, { self, key }) => {
    call.tasks.assertOwner(self, call.session);
    removeFromMap(call, 'task', self, 'other_config', key);
  },
});
