import { ApiError } from '../datamodel/index.ts';
import { limits } from '../lib/limits.ts';
import { implement } from './call.ts';

export const host_crashdump = implement('host_crashdump', {
  destroy: async (call, { self }) => {
    const row = call.database.require('host_crashdump', self);
    if (row.filename !== '') await call.world.files.remove(row.filename);
    call.change((tx) => tx.destroy('host_crashdump', self));
  },
  upload: async (call, { self, url }) => {
    const row = call.database.require('host_crashdump', self);
    if (!/^(?:https?|ftp):\/\//.test(url)) throw new ApiError('INVALID_VALUE', 'url', url);
    const args = ['--fail', '--silent', '--show-error', '--upload-file', row.filename, '--', url];
    const result = await call.world.programs.run('curl', args, {
      timeoutMs: limits.uploadMs,
      maxOutputBytes: limits.smallOutputBytes,
      signal: call.signal,
    });
    if (result.exitCode !== 0) {
      throw new ApiError(
        'INTERNAL_ERROR',
        `The upload of ${row.filename} failed: ${result.stderr.trim() || 'timed out'}`,
      );
    }
  },
});
