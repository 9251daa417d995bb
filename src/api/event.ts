import { implement, type OpaqueResult } from './call.ts';

export const event = implement('event', {
  register: (call, { classes }) => call.events.register(call.session, classes),
  unregister: (call, { classes }) => call.events.unregister(call.session, classes),
  next: (call) => call.events.next(call.session, call.signal) as OpaqueResult,
  from: (call, { classes, token, timeout }) =>
    call.events.from(call.session, classes, token, timeout, () => call.signal) as OpaqueResult,
  get_current_id: (call) => call.events.currentId(),
  inject: (call, { class: className, ref }) => call.events.inject(className, ref),
});
