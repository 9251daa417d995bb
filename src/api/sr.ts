import type { RecordOf } from '../datamodel/index.ts';
import { type Call, implement } from './call.ts';
import { plainSetter, setField } from './fields.ts';

/** These name their object `sr`, unlike every other setter. */
function setterOfSr<F extends 'shared' | 'name_label' | 'name_description'>(field: F) {
  return (call: Call, { sr, value }: { sr: string; value: RecordOf<'SR'>[F] }) =>
    setField(call, 'SR', sr, field, value);
}

export const SR = implement('SR', {
  set_shared: setterOfSr('shared'),
  set_name_label: setterOfSr('name_label'),
  set_name_description: setterOfSr('name_description'),
  set_physical_size: plainSetter('SR', 'physical_size'),
  set_physical_utilisation: plainSetter('SR', 'physical_utilisation'),
  set_virtual_allocation: plainSetter('SR', 'virtual_allocation'),
  get_supported_types: (call) => [
    ...new Set(call.database.refs('SM').map((ref) => call.database.require('SM', ref).type)),
  ],
});
