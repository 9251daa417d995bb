import { ApiError } from '../datamodel/index.ts';
import { implement } from './call.ts';
import { setField } from './fields.ts';

export const VBD = implement('VBD', {
  set_mode: (call, { self, value }) => {
    const { VM, type, currently_attached } = call.database.require('VBD', self);
    if (currently_attached) {
      throw new ApiError('VM_BAD_POWER_STATE', VM, 'Halted', call.database.require('VM', VM).power_state);
    }
    if (type === 'CD' && value !== 'RO') throw new ApiError('VBD_CDS_MUST_BE_READONLY');
    setField(call, 'VBD', self, 'mode', value);
  },
});
