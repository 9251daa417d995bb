import { implement } from './call.ts';

export const host_crashdump = implement('host_crashdump', {
  destroy: async (call, { self }) => {
    await call.host.removeDump(call.database.require('host_crashdump', self).filename);
    call.change((tx) => {
      // The watch may have noticed first that the files are gone.
      if (tx.get('host_crashdump', self) !== undefined) tx.destroy('host_crashdump', self);
    });
  },
  upload: (call, { self, url, options }) =>
    call.host.uploadDump(call.database.require('host_crashdump', self).filename, url, options, call.signal),
});
