import { ApiError, asApiError, type RecordOf } from '../datamodel/index.ts';
import { type Call, implement } from './call.ts';

interface Member {
  readonly ref: string;
  readonly row: RecordOf<'VM'>;
}

/** The machines of an appliance in groups of one `order`, lowest first. */
function groupsOf(call: Call, appliance: string): (readonly Member[])[] {
  const members = call.database
    .require('VM_appliance', appliance)
    .VMs.map((ref): Member => ({ ref, row: call.database.require('VM', ref) }));
  const orders = [...new Set(members.map(({ row }) => row.order))].toSorted((a, b) => a - b);
  return orders.map((order) => members.filter(({ row }) => row.order === order));
}

/** Works on group after group and goes on after failures, so that one machine does not keep the others from ending. */
async function eachGroup(
  call: Call,
  groups: readonly (readonly Member[])[],
  work: (member: Member) => Promise<unknown>,
  delaySeconds: (member: Member) => number,
): Promise<void> {
  const failures: string[] = [];
  for (const [index, group] of groups.entries()) {
    call.signal.throwIfAborted();
    const results = await Promise.allSettled(group.map((member) => work(member)));
    for (const [position, result] of results.entries()) {
      if (result.status === 'rejected') {
        failures.push(`${group[position]?.row.name_label}: ${asApiError(result.reason).message}`);
      }
    }
    call.task?.progress((index + 1) / groups.length);
    const delay = Math.max(0, ...group.map((member) => delaySeconds(member)));
    if (delay > 0 && index + 1 < groups.length) await call.world.clock.sleep(delay * 1000, call.signal);
  }
  if (failures.length > 0) throw new ApiError('OPERATION_PARTIALLY_FAILED', failures.join('; '));
}

function shutDown(message: 'VM.clean_shutdown' | 'VM.hard_shutdown') {
  return (call: Call, { self }: { self: string }): Promise<void> => {
    const groups = groupsOf(call, self)
      .toReversed()
      .map((group) => group.filter(({ row }) => row.power_state !== 'Halted'));
    return eachGroup(
      call,
      groups,
      ({ ref }) => call.invoke(message, { vm: ref }),
      ({ row }) => row.shutdown_delay,
    );
  };
}

export const VM_appliance = implement('VM_appliance', {
  start: (call, { self, paused }) => {
    const groups = groupsOf(call, self).map((group) => group.filter(({ row }) => row.power_state === 'Halted'));
    return eachGroup(
      call,
      groups,
      ({ ref }) => call.invoke('VM.start', { vm: ref, start_paused: paused, force: false }),
      ({ row }) => row.start_delay,
    );
  },
  clean_shutdown: shutDown('VM.clean_shutdown'),
  hard_shutdown: shutDown('VM.hard_shutdown'),
  /** Asks first and pulls the plug of what did not listen. */
  shutdown: async (call, { self }) => {
    try {
      await shutDown('VM.clean_shutdown')(call, { self });
    } catch (thrown) {
      if (asApiError(thrown).code !== 'OPERATION_PARTIALLY_FAILED') throw thrown;
      await shutDown('VM.hard_shutdown')(call, { self });
    }
  },
});
