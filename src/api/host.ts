import type { Database } from '../database/types.ts';
import { ApiError } from '../datamodel/index.ts';
import { formatDatetime } from '../lib/datetime.ts';
import { type Call, implement } from './call.ts';
import { hostFigures } from './host-figures.ts';
import { guestsOn, hostOperations } from './host-operations.ts';
import type { Ending } from './host-service.ts';
import { assertNoBondPart, ownInterface } from './pif-rules.ts';

/** @throws ApiError HANDLE_INVALID; NOT_IMPLEMENTED for other hosts, since nothing reaches them yet */
function own(call: Call, ref: string): void {
  call.database.require('host', ref);
  if (ref !== call.hostRef) throw new ApiError('NOT_IMPLEMENTED', `${call.message.name} for another host`);
}

/** What a host permits as the database stands. To be called at the start, and after changes from outside the API. */
export function refreshHostOperations(database: Database, ref: string): void {
  database.transaction((tx) => hostOperations.refresh(tx, ref));
}

function setEnabled(call: Call, ref: string, enabled: boolean): void {
  call.change((tx) => {
    tx.update('host', ref, { enabled });
    hostOperations.refresh(tx, ref);
  });
}

function end(ending: Ending) {
  return (call: Call, { host: ref }: { host: string }): Promise<void> => {
    own(call, ref);
    const operation = ending === 'poweroff' ? 'shutdown' : 'reboot';
    // A client that goes away does not keep the machine up; whoever cancels the task does.
    const signal = call.task?.signal ?? call.signal;
    return hostOperations.run(call, ref, operation, () => call.host.end(ending, signal));
  };
}

/** @throws ApiError CANNOT_EVACUATE_HOST: a pool of one host has no other place */
function assertCanEvacuate(call: Call, ref: string): void {
  own(call, ref);
  const stuck = guestsOn(call.database, ref).map((vm) => `NO_HOSTS_AVAILABLE,${vm}`);
  if (stuck.length > 0) throw new ApiError('CANNOT_EVACUATE_HOST', stuck.join('|'));
}

const wakeOnLan = 'wake-on-lan';

/** Seconds, as mean and longest of each method that was called. */
function timingStats(call: Call, counts: boolean): Record<string, string> {
  const seconds = (ms: number): string => (ms / 1000).toFixed(6);
  const entries = [...call.host.timings()].map(([method, { count, failures, totalMs, longestMs }]) => {
    const times = `mean=${seconds(totalMs / count)} longest=${seconds(longestMs)}`;
    return [method, counts ? `${times} count=${count} failures=${failures}` : times] as const;
  });
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function deviceOf(call: Call, pif: string): string {
  const { device_name, device } = call.database.require('PIF', pif);
  return device_name || device;
}

/** @throws ApiError CANNOT_PLUG_BOND_SLAVE, REQUIRED_PIF_IS_UNPLUGGED, INTERFACE_HAS_NO_IP, INTERNAL_ERROR */
async function manageOver(call: Call, pif: string): Promise<void> {
  const row = ownInterface(call, pif);
  assertNoBondPart(pif, row);
  if (!row.currently_attached) throw new ApiError('REQUIRED_PIF_IS_UNPLUGGED', pif);
  if (row.IP === '' && row.IPv6.length === 0) throw new ApiError('INTERFACE_HAS_NO_IP', row.device);
  await call.network.manageOver(deviceOf(call, pif));
}

export const host = implement('host', {
  list_methods: (call) => [...call.datamodel.messages.values()].filter((m) => !m.hidden).map((m) => m.name),
  // An agent without its database does not answer at all yet, so whoever hears this is not in an emergency.
  is_in_emergency_mode: () => false,
  disable: async (call, { host: ref, auto_enable }) => {
    own(call, ref);
    await call.host.keepDisabled(auto_enable);
    setEnabled(call, ref, false);
  },
  enable: (call, { host: ref }) => {
    own(call, ref);
    return hostOperations.run(call, ref, 'enable', async () => {
      setEnabled(call, ref, true);
      await call.host.forgetDisabled();
    });
  },
  management_reconfigure: (call, { pif }) => manageOver(call, pif),
  local_management_reconfigure: (call, { interface: device }) => {
    const pif = call.database.require('host', call.hostRef).PIFs.find((one) => deviceOf(call, one) === device);
    if (pif === undefined) throw new ApiError('INTERFACE_HAS_NO_IP', device);
    return manageOver(call, pif);
  },
  management_disable: (call) => call.network.manageNowhere(),
  signal_networking_change: (call) => call.network.refresh(),
  shutdown: end('poweroff'),
  reboot: end('reboot'),
  assert_can_evacuate: (call, { host: ref }) => assertCanEvacuate(call, ref),
  evacuate: (call, { host: ref }) => hostOperations.run(call, ref, 'evacuate', () => assertCanEvacuate(call, ref)),
  restart_agent: (call, { host: ref }) => {
    own(call, ref);
    return call.host.restartAgent();
  },
  set_hostname_live: async (call, { host: ref, hostname }) => {
    own(call, ref);
    await call.host.setHostName(hostname);
    call.change((tx) => tx.update('host', ref, { hostname }));
  },
  dmesg: (call, { host: ref }) => {
    own(call, ref);
    return call.host.kernelLog(false, call.signal);
  },
  dmesg_clear: (call, { host: ref }) => {
    own(call, ref);
    return call.host.kernelLog(true, call.signal);
  },
  get_log: (call, { host: ref }) => {
    own(call, ref);
    return call.host.agentLog(call.signal);
  },
  send_debug_keys: (call, { host: ref, keys }) => {
    own(call, ref);
    return call.host.sendDebugKeys(keys);
  },
  syslog_reconfigure: (call, { host: ref }) => {
    own(call, ref);
    return call.host.configureSyslog(call.database.require('host', ref).logging['syslog_destination'] ?? '');
  },
  get_system_status_capabilities: (call, { host: ref }) => {
    own(call, ref);
    return call.host.reportCapabilities();
  },
  bugreport_upload: (call, { host: ref, url, options }) => {
    own(call, ref);
    return call.host.uploadReport(url, options, call.signal, (fraction) => call.task?.progress(fraction));
  },
  get_diagnostic_timing_stats: (call, { host: ref, counts }) => {
    own(call, ref);
    return timingStats(call, counts);
  },
  refresh_pack_info: (call, { host: ref }) => {
    own(call, ref);
    return call.host.updates.refresh();
  },
  get_servertime: (call, { host: ref }) => {
    own(call, ref);
    return formatDatetime(call.world.clock.nowMs());
  },
  get_server_localtime: (call, { host: ref }) => {
    own(call, ref);
    return call.host.localTime();
  },
  set_power_on_mode: (call, { self, power_on_mode, power_on_config }) => {
    if (power_on_mode !== '' && power_on_mode !== wakeOnLan) {
      const reason = `A host can be powered on by ${wakeOnLan} or, with an empty mode, not at all.`;
      throw new ApiError('VALUE_NOT_SUPPORTED', 'power_on_mode', power_on_mode, reason);
    }
    call.change((tx) => {
      tx.update('host', self, { power_on_mode, power_on_config });
      hostOperations.refresh(tx, self);
    });
  },
  power_on: (call, { host: ref }) =>
    hostOperations.run(call, ref, 'power_on', () => {
      const { PIFs } = call.database.require('host', ref);
      const management = PIFs.map((pif) => call.database.require('PIF', pif)).find((pif) => pif.management);
      if (management === undefined) throw new ApiError('HOST_HAS_NO_MANAGEMENT_IP');
      return call.host.wake(management.MAC);
    }),
  license_apply: () => {
    throw new ApiError('MESSAGE_REMOVED');
  },
  ...hostFigures(own),
});
