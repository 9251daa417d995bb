/**
 * The configuration of a cluster stack, `/etc/xensource/xhad.conf`: XML of which `common-config` is the same on every host of a pool
 * and `local-config` is one host's own.
 */
import { StackFault } from './fault.ts';
import type { LivesetLimits } from './liveset.ts';
import { readXml, shown, type XmlElement } from './xml-tree.ts';

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

export const watchdogModes = ['HYPERVISOR', 'USER', 'NONE'] as const satisfies readonly WatchdogMode[];

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

const uuidPattern = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;
const secondsPattern = /^\d{1,9}(?:\.\d{1,3})?$/;
const addressPattern = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-fA-F]*:[\da-fA-F:.]*)$/;
const rootName = 'xhad-config';
const mostPort = 65_535;

/**
 * Reads a configuration as stacks do: unknown elements do not matter, what is missing or of another kind is a fault.
 * @throws StackFault `unreadable` or `too-long`; the message is a clause that names the element
 */
export function readXhadConfiguration(document: string | Uint8Array, limits: LivesetLimits): XhadConfiguration {
  const root = readXml(document, limits);
  if (root.name !== rootName) throw unreadable(`its outermost element is ${shown(root.name)} and not ${rootName}`);
  const version = root.attributes['version'];
  if (version !== '1.0') throw unreadable(`its version is ${quoted(version ?? '')} and not "1.0"`);
  const common = one(root, 'common-config');
  const hosts = common.children
    .filter(({ name }) => name === 'host')
    .map((host) => ({
      uuid: uuid(host, 'HostID'),
      address: matching(host, 'IPaddress', addressPattern, 'an address'),
    }));
  if (hosts.length === 0) throw unreadable('common-config/host is missing');
  if (hosts.length > limits.stackHosts) throw new StackFault('too-long', `it has more than ${limits.stackHosts} hosts`);
  const twice = hosts.find((host, index) => hosts.findIndex((other) => other.uuid === host.uuid) !== index);
  if (twice !== undefined) throw unreadable(`the host ${twice.uuid} stands in it twice`);
  const local = readLocal(one(one(root, 'local-config'), 'localhost'));
  if (!hosts.some((host) => host.uuid === local.uuid))
    throw unreadable(`localhost/HostID is ${local.uuid}, which is none of the hosts`);
  return {
    generation: uuid(common, 'GenerationUUID'),
    udpPort: readPort(common),
    hosts,
    parameters: readParameters(child(common, 'parameters')),
    local,
  };
}

function readLocal(localhost: XmlElement): XhadConfiguration['local'] {
  const physical = child(localhost, 'HeartbeatPhysicalInterface')?.text.trim() ?? '';
  const mode = child(localhost, 'WatchdogMode')?.text.trim();
  const watchdogMode = watchdogModes.find((known) => known === mode);
  if (mode !== undefined && watchdogMode === undefined)
    throw unreadable(`localhost/WatchdogMode is ${quoted(mode)} and not ${watchdogModes.join(', ')}`);
  return {
    uuid: uuid(localhost, 'HostID'),
    heartbeatInterface: matching(localhost, 'HeartbeatInterface', /^.{1,63}$/, 'the name of an interface'),
    ...(physical === '' ? {} : { heartbeatPhysicalInterface: physical }),
    statefile: matching(localhost, 'StateFile', /^\/./, 'a path'),
    ...(watchdogMode === undefined ? {} : { watchdogMode }),
  };
}

function readPort(common: XmlElement): number {
  const port = Number(matching(common, 'UDPport', /^\d{1,5}$/, 'a port'));
  if (port < 1 || port > mostPort) throw unreadable(`common-config/UDPport is ${port} and not a port`);
  return port;
}

function readParameters(parameters: XmlElement | undefined): XhadParameters {
  if (parameters === undefined) return {};
  const read = Object.entries(parameterElements).flatMap(([name, element]) => {
    if (child(parameters, element) === undefined) return [];
    return [[name, Number(matching(parameters, element, secondsPattern, 'a number'))]];
  });
  return Object.fromEntries(read) as XhadParameters;
}

function child(parent: XmlElement, name: string): XmlElement | undefined {
  const [found, second] = parent.children.filter((candidate) => candidate.name === name);
  if (second !== undefined) throw unreadable(`${parent.name}/${name} stands in it twice`);
  return found;
}

function one(parent: XmlElement, name: string): XmlElement {
  const found = child(parent, name);
  if (found === undefined) throw unreadable(`${parent.name}/${name} is missing`);
  return found;
}

function matching(parent: XmlElement, name: string, pattern: RegExp, kind: string): string {
  const text = one(parent, name).text.trim();
  if (!pattern.test(text)) throw unreadable(`${parent.name}/${name} is ${quoted(text)} and not ${kind}`);
  return text;
}

function uuid(parent: XmlElement, name: string): string {
  const text = one(parent, name).text.trim().toLowerCase();
  if (!uuidPattern.test(text)) throw unreadable(`${parent.name}/${name} is ${quoted(text)} and not a UUID`);
  return text;
}

function quoted(text: string): string {
  return JSON.stringify(shown(text));
}

function unreadable(clause: string): StackFault {
  return new StackFault('unreadable', clause);
}
