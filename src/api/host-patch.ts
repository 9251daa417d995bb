import { ApiError } from '../datamodel/index.ts';
import { implement } from './call.ts';

/** Both have been replaced by pool_patch.apply and pool_patch.clean since API 1.1. */
export const host_patch = implement('host_patch', {
  apply: () => {
    throw new ApiError('MESSAGE_DEPRECATED');
  },
  destroy: () => {
    throw new ApiError('MESSAGE_DEPRECATED');
  },
});
