/** Updates of the distribution's packages. They come and go with the lists of packages; nobody uploads them. */
import { ApiError, type Enum } from '../datamodel/index.ts';
import { formatDatetime } from '../lib/datetime.ts';
import { type Call, implement } from './call.ts';
import { hostOperations } from './host-operations.ts';

/** What is shown as pending at the host until it was done. Guests are restarted one by one, so theirs is not. */
const asHostGuidance: Partial<Record<Enum<'after_apply_guidance'>, Enum<'update_guidances'>>> = {
  restartHost: 'reboot_host',
  restartXAPI: 'restart_toolstack',
};

function isApplied(call: Call, self: string, host: string): boolean {
  const { host_patches } = call.database.require('pool_patch', self);
  return host_patches.some((ref) => {
    const row = call.database.require('host_patch', ref);
    return row.host === host && row.applied;
  });
}

/** @throws ApiError NOT_IMPLEMENTED for other hosts, PATCH_ALREADY_APPLIED */
function assertApplicable(call: Call, self: string, host: string): void {
  call.database.require('pool_patch', self);
  call.database.require('host', host);
  if (host !== call.hostRef) throw new ApiError('NOT_IMPLEMENTED', `${call.message.name} for another host`);
  if (isApplied(call, self, host)) throw new ApiError('PATCH_ALREADY_APPLIED', self);
}

/** What the package tool says against it, as the API's error; anything else as it is. */
async function asPatchError<T>(work: Promise<T>, error: (words: string) => ApiError): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    if (thrown instanceof Error && thrown.name === 'PackageFailure') throw error(thrown.message);
    throw thrown;
  }
}

function apply(call: Call, self: string, host: string): Promise<string> {
  assertApplicable(call, self, host);
  call.signal.throwIfAborted();
  return hostOperations.run(call, host, 'apply_updates', async () => {
    assertApplicable(call, self, host);
    const { name_label, version } = call.database.require('pool_patch', self);
    const installed = call.host.updates.apply(name_label, version);
    const output = await asPatchError(installed, (words) => new ApiError('PATCH_APPLY_FAILED', words));
    call.change((tx) => {
      // It may have been found to be installed, and taken away, by a listing meanwhile.
      const row = tx.get('pool_patch', self);
      if (row === undefined) return;
      tx.create('host_patch', {
        name_label,
        name_description: row.name_description,
        version,
        host,
        filename: '',
        applied: true,
        timestamp_applied: formatDatetime(call.world.clock.nowMs()),
        size: row.size,
        pool_patch: self,
      });
      const { pending_guidances: pending } = tx.require('host', host);
      const asked = row.after_apply_guidance.flatMap((guidance) => asHostGuidance[guidance] ?? []);
      tx.update('host', host, { pending_guidances: [...new Set([...pending, ...asked])] });
      const holders = new Set(
        tx.require('pool_patch', self).host_patches.map((ref) => tx.require('host_patch', ref).host),
      );
      tx.update('pool_patch', self, { pool_applied: tx.refs('host').every((ref) => holders.has(ref)) });
    });
    void call.host.updates.refresh();
    return output;
  });
}

export const pool_patch = implement('pool_patch', {
  apply: (call, { self, host }) => apply(call, self, host),
  pool_apply: async (call, { self }) => {
    const hosts = call.database.refs('host').filter((host) => !isApplied(call, self, host));
    if (hosts.length === 0) throw new ApiError('PATCH_ALREADY_APPLIED', self);
    for (const [index, host] of hosts.entries()) {
      await apply(call, self, host);
      call.task?.progress((index + 1) / hosts.length);
    }
  },
  precheck: (call, { self, host }) => {
    assertApplicable(call, self, host);
    const { name_label, version } = call.database.require('pool_patch', self);
    const checked = call.host.updates.precheck(name_label, version, call.signal);
    return asPatchError(checked, (words) => new ApiError('PATCH_PRECHECK_FAILED_UNKNOWN_ERROR', self, words));
  },
  clean: async (call, { self }) => {
    call.database.require('pool_patch', self);
    await call.host.updates.clean(call.signal);
  },
  destroy: (call, { self }) => {
    const { host_patches } = call.database.require('pool_patch', self);
    if (host_patches.some((ref) => call.database.require('host_patch', ref).applied)) {
      throw new ApiError('PATCH_IS_APPLIED');
    }
    call.change((tx) => {
      for (const ref of host_patches) tx.destroy('host_patch', ref);
      tx.destroy('pool_patch', self);
    });
  },
});
