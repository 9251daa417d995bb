import { implement } from './call.ts';

export const host = implement('host', {
  list_methods: (call) => [...call.datamodel.messages.values()].filter((m) => !m.hidden).map((m) => m.name),
  // An agent without its database does not answer at all yet, so whoever hears this is not in an emergency.
  is_in_emergency_mode: () => false,
});
