import { ApiError } from '../datamodel/index.ts';
import { implement } from './call.ts';

export const Cluster_stack = implement('Cluster_stack', {
  scan: async (call, { host }) => {
    call.database.require('host', host);
    if (host !== call.hostRef) throw new ApiError('NOT_IMPLEMENTED', `${call.message.name} for another host`);
    await call.stacks.scan();
  },
  query_liveset: (call, { self }) => {
    const { host, name_label } = call.database.require('Cluster_stack', self);
    if (host !== call.hostRef) throw new ApiError('NOT_IMPLEMENTED', `${call.message.name} for another host`);
    return call.stacks.queryLiveset(name_label, call.signal);
  },
  explain_choice: (call, { cluster_stack }) => {
    const { stack, because, objects, explanation } = call.stacks.choose(cluster_stack, []);
    return {
      cluster_stack: stack,
      because,
      ...(objects.length === 0 ? {} : { objects: objects.join(',') }),
      explanation: explanation.join(' '),
    };
  },
});
