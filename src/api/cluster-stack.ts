import { ApiError } from '../datamodel/index.ts';
import { implement } from './call.ts';

export const Cluster_stack = implement('Cluster_stack', {
  scan: async (call, { host }) => {
    call.database.require('host', host);
    if (host !== call.hostRef) throw new ApiError('NOT_IMPLEMENTED', `${call.message.name} for another host`);
    await call.stacks.scan();
  },
});
