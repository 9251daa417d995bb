/**
 * The configuration of a cluster stack, `/etc/xensource/xhad.conf`: XML of which `common-config` is the same on every host of a pool
 * and `local-config` is one host's own.
 */

/** Seconds, and counts where the name says so. A stack has a default of its own for what is left out. */
export interface XhadParameters {
  readonly heartbeatIntervalSeconds?: number;
  readonly heartbeatTimeoutSeconds?: number;
  readonly statefileIntervalSeconds?: number;
  readonly statefileTimeoutSeconds?: number;
  readonly heartbeatWatchdogSeconds?: number;
  readonly statefileWatchdogSeconds?: number;
  readonly bootJoinSeconds?: number;
  readonly enableJoinSeconds?: number;
  readonly healthCheckIntervalSeconds?: number;
  readonly healthCheckTimeoutSeconds?: number;
  readonly restartAttemptCount?: number;
  readonly restartTimeoutSeconds?: number;
}

/** How the daemon fences: through the hypervisor, by ending itself, or not at all. */
export type WatchdogMode = 'HYPERVISOR' | 'USER' | 'NONE';

export interface XhadConfiguration {
  /** Fresh for every enabling of high availability. */
  readonly generation: string;
  readonly udpPort: number;
  readonly hosts: readonly { readonly uuid: string; readonly address: string }[];
  readonly parameters: XhadParameters;
  readonly local: {
    readonly uuid: string;
    readonly heartbeatInterface: string;
    /** Watched for the state of its bond; none when left out. */
    readonly heartbeatPhysicalInterface?: string;
    readonly statefile: string;
    readonly watchdogMode?: WatchdogMode;
  };
}

/** The element of each parameter. */
export const parameterElements = {
  heartbeatIntervalSeconds: 'HeartbeatInterval',
  heartbeatTimeoutSeconds: 'HeartbeatTimeout',
  statefileIntervalSeconds: 'StateFileInterval',
  statefileTimeoutSeconds: 'StateFileTimeout',
  heartbeatWatchdogSeconds: 'HeartbeatWatchdogTimeout',
  statefileWatchdogSeconds: 'StateFileWatchdogTimeout',
  bootJoinSeconds: 'BootJoinTimeout',
  enableJoinSeconds: 'EnableJoinTimeout',
  healthCheckIntervalSeconds: 'XapiHealthCheckInterval',
  healthCheckTimeoutSeconds: 'XapiHealthCheckTimeout',
  restartAttemptCount: 'XapiRestartAttempts',
  restartTimeoutSeconds: 'XapiRestartTimeout',
} as const satisfies Readonly<Record<keyof XhadParameters, string>>;

export function writeXhadConfiguration(configuration: XhadConfiguration): string {
  const { local } = configuration;
  const physical = local.heartbeatPhysicalInterface;
  const parameters = Object.entries(parameterElements).flatMap(([name, element]) => {
    const value = configuration.parameters[name as keyof XhadParameters];
    return value === undefined ? [] : [leaf(element, String(value))];
  });
  const hosts = configuration.hosts.map(({ uuid, address }) =>
    group('host', [leaf('HostID', uuid), leaf('IPaddress', address)]),
  );
  const common = group('common-config', [
    leaf('GenerationUUID', configuration.generation),
    leaf('UDPport', String(configuration.udpPort)),
    ...hosts,
    group('parameters', parameters),
  ]);
  const localhost = group('localhost', [
    leaf('HostID', local.uuid),
    leaf('HeartbeatInterface', local.heartbeatInterface),
    ...(physical === undefined ? [] : [leaf('HeartbeatPhysicalInterface', physical)]),
    leaf('StateFile', local.statefile),
    ...(local.watchdogMode === undefined ? [] : [leaf('WatchdogMode', local.watchdogMode)]),
  ]);
  const whole = group('xhad-config', [common, group('local-config', [localhost])], ' version="1.0"');
  return `<?xml version="1.0" encoding="utf-8"?>\n${whole}\n`;
}

function leaf(name: string, text: string): string {
  return `<${name}>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</${name}>`;
}

function group(name: string, children: readonly string[], attributes = ''): string {
  const inside = children.map((child) => child.replaceAll(/^/gm, '  '));
  return [`<${name}${attributes}>`, ...inside, `</${name}>`].join('\n');
}
