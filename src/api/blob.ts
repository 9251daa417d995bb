import { formatDatetime } from '../lib/datetime.ts';
import { implement } from './call.ts';

export const blob = implement('blob', {
  create: (call, { mime_type, public: isPublic }) =>
    call.change((tx) =>
      tx.create('blob', {
        mime_type: mime_type === '' ? 'application/octet-stream' : mime_type,
        public: isPublic,
        last_updated: formatDatetime(call.world.clock.nowMs()),
      }),
    ),
  destroy: (call, { self }) => {
    call.change((tx) => tx.destroy('blob', self));
  },
});
