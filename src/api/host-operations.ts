/** What a host permits, and when. */
import type { Reader } from '../database/types.ts';
import { ApiError, enums } from '../datamodel/index.ts';
import { type OperationOf, type OperationRules, Operations } from './operations.ts';

type HostOperation = OperationOf<'host'>;

/** Any number of them run side by side: each concerns another virtual machine. */
const aboutMachines: ReadonlySet<HostOperation> = new Set<HostOperation>([
  'provision',
  'vm_start',
  'vm_resume',
  'vm_migrate',
]);

/** Virtual machines on a host, without the one that stands for the host itself. */
export function guestsOn(reader: Reader, host: string): readonly string[] {
  return reader.require('host', host).resident_VMs.filter((vm) => reader.get('VM', vm)?.is_control_domain === false);
}

function refusal(reader: Reader, ref: string, operation: HostOperation): ApiError | undefined {
  const row = reader.require('host', ref);
  const live = reader.get('host_metrics', row.metrics)?.live ?? false;
  if (operation === 'power_on') {
    if (live) return new ApiError('HOST_IS_LIVE', ref);
    return row.power_on_mode === '' ? new ApiError('HOST_POWER_ON_MODE_DISABLED') : undefined;
  }
  if (!live) return new ApiError('HOST_OFFLINE', ref);
  if (operation === 'shutdown' || operation === 'reboot') {
    if (row.enabled) return new ApiError('HOST_NOT_DISABLED');
    const [guest] = guestsOn(reader, ref);
    return guest === undefined ? undefined : new ApiError('HOST_IN_USE', ref, 'VM', guest);
  }
  return aboutMachines.has(operation) && !row.enabled ? new ApiError('HOST_DISABLED', ref) : undefined;
}

const rules: OperationRules<'host'> = {
  className: 'host',
  operations: enums.host_allowed_operations,
  refusal,
  together: (running, wanted) => aboutMachines.has(running) && aboutMachines.has(wanted),
};

export const hostOperations: Operations<'host'> = new Operations(rules);
