import { ApiError } from '../datamodel/index.ts';
import { implement } from './call.ts';
import { setField } from './fields.ts';

export const PBD = implement('PBD', {
  set_device_config: (call, { self, value }) => {
    if (call.database.require('PBD', self).currently_attached) {
      throw new ApiError('OPERATION_NOT_ALLOWED', 'The PBD is plugged; unplug it before its device_config is changed.');
    }
    setField(call, 'PBD', self, 'device_config', value);
  },
});
