import { implement } from './call.ts';

export const host_crashdump = implement('host_crashdump', {
  destroy: async (call, { self }) => {
    const row = call.database.require('host_crashdump', self);
    if (row.filename !== '') await call.world.files.remove(row.filename);
    call.change((tx) => tx.destroy('host_crashdump', self));
  },
  upload: async (call, { self, url, options }) => {
    await call.host.upload(call.database.require('host_crashdump', self).filename, url, options, call.signal);
  },
});
