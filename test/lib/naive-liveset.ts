/** A slow and obvious reader of livesets: a tree made by taking the text apart, and a walk over it. For well-made ones only. */
import type { Liveset, LivesetHostRaw, LivesetLatency } from '../../src/stack/liveset.ts';

interface Node {
  readonly name: string;
  readonly inside: string;
}

function nodes(text: string): Node[] {
  return [...text.matchAll(/<(\w+)[^>]*>([^]*?)<\/\1>/g)].map(([, name = '', inside = '']) => ({ name, inside }));
}

function all(text: string, name: string): string[] {
  return nodes(text)
    .filter((node) => node.name === name)
    .map(({ inside }) => inside);
}

function one(text: string, name: string): string {
  return all(text, name)[0]?.trim() ?? '';
}

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');
const number = (text: string, name: string): number => Number(one(text, name));
const flag = (text: string, name: string): boolean => one(text, name) === 'TRUE';

function latency(raw: string, name: string): LivesetLatency {
  return { last: number(raw, name), most: number(raw, `${name}_max`), least: number(raw, `${name}_min`) };
}

function rawHost(host: string): LivesetHostRaw {
  return {
    hostId: one(host, 'HostID'),
    hostIndex: number(host, 'HostIndex'),
    sinceStatefileUpdateMs: number(host, 'time_since_last_update_on_statefile'),
    sinceHeartbeatMs: number(host, 'time_since_last_heartbeat'),
    sinceRestartAttemptMs: number(host, 'time_since_xapi_restart_first_attempted'),
    errorText: one(host, 'xapi_error_string'),
    heartbeatByHeartbeat: words(one(host, 'heartbeat_active_list_on_heartbeat')),
    heartbeatByStatefile: words(one(host, 'heartbeat_active_list_on_statefile')),
    statefileByHeartbeat: words(one(host, 'statefile_active_list_on_heartbeat')),
    statefileByStatefile: words(one(host, 'statefile_active_list_on_statefile')),
  };
}

export function naiveLiveset(text: string): Liveset {
  const root = one(text, 'ha_liveset_info');
  const raw = one(root, 'raw_status_on_local_host');
  const timeout = one(root, 'timeout');
  const warning = one(root, 'warning_on_local_host');
  const local = one(root, 'localhost');
  return {
    status: one(root, 'status') as Liveset['status'],
    localhost: { hostId: one(local, 'HostID'), hostIndex: number(local, 'HostIndex') },
    hosts: all(root, 'host').map((host) => ({
      hostId: one(host, 'HostID'),
      hostIndex: number(host, 'HostIndex'),
      liveness: flag(host, 'liveness'),
      master: flag(host, 'master'),
      statefileAccess: flag(host, 'statefile_access'),
      statefileCorrupted: flag(host, 'statefile_corrupted'),
      excluded: flag(host, 'excluded'),
    })),
    raw: {
      statefileLatency: latency(raw, 'statefile_latency'),
      heartbeatLatency: latency(raw, 'heartbeat_latency'),
      healthCheckLatency: latency(raw, 'Xapi_healthcheck_latency'),
      hosts: all(raw, 'host_raw_data').map((host) => rawHost(host)),
    },
    timeouts: {
      heartbeatMs: number(timeout, 'T1'),
      statefileMs: number(timeout, 'T2'),
      healthCheckMs: number(timeout, 'T3'),
      heartbeatWatchdogMs: number(timeout, 'Wh'),
      statefileWatchdogMs: number(timeout, 'Ws'),
    },
    warnings: {
      statefileLost: flag(warning, 'statefile_lost'),
      heartbeatApproachingTimeout: flag(warning, 'heartbeat_approaching_timeout'),
      statefileApproachingTimeout: flag(warning, 'statefile_approaching_timeout'),
      healthCheckApproachingTimeout: flag(warning, 'Xapi_healthcheck_approaching_timeout'),
      networkBondingError: flag(warning, 'network_bonding_error'),
    },
  };
}
