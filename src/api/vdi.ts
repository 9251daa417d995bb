import { implement } from './call.ts';
import { plainSetter } from './fields.ts';

export const VDI = implement('VDI', {
  set_name_label: plainSetter('VDI', 'name_label'),
  set_name_description: plainSetter('VDI', 'name_description'),
  set_read_only: plainSetter('VDI', 'read_only'),
  set_managed: plainSetter('VDI', 'managed'),
  set_missing: plainSetter('VDI', 'missing'),
  set_virtual_size: plainSetter('VDI', 'virtual_size'),
  set_physical_utilisation: plainSetter('VDI', 'physical_utilisation'),
  db_introduce: (call, given) => call.change((tx) => tx.create('VDI', given)),
  db_forget: (call, { vdi }) => {
    call.change((tx) => tx.destroy('VDI', vdi));
  },
});
