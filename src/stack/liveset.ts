/** What ha_query_liveset and ha_watch_liveset print, read into types: exact about what is missing, indifferent to what is more. */
import type { Limits } from '../lib/limits.ts';
import { StackFault } from './fault.ts';
import { readXml, shown, type XmlElement, type XmlLimits } from './xml-tree.ts';

export type LivesetLimits = XmlLimits & Pick<Limits, 'stackHosts'>;

export type LivesetStatus = 'Online' | 'Starting' | 'Offline';

export interface LivesetHost {
  /** Lower case, with dashes. */
  readonly hostId: string;
  /** Its place in the sorted list of hosts, where the stack tells. */
  readonly hostIndex: number | undefined;
  readonly liveness: boolean;
  readonly master: boolean;
  readonly statefileAccess: boolean;
  readonly statefileCorrupted: boolean;
  readonly excluded: boolean;
}

/** Milliseconds; -1 where it is not known. */
export interface LivesetLatency {
  readonly last: number;
  readonly most: number;
  readonly least: number;
}

export interface LivesetHostRaw {
  readonly hostId: string;
  readonly hostIndex: number | undefined;
  /** Milliseconds; -1 where it is not known. */
  readonly sinceStatefileUpdateMs: number;
  readonly sinceHeartbeatMs: number;
  readonly sinceRestartAttemptMs: number;
  readonly errorText: string;
  /** Hosts of which this one hears heartbeats, as its heartbeat says; the next three likewise. */
  readonly heartbeatByHeartbeat: readonly string[];
  readonly heartbeatByStatefile: readonly string[];
  readonly statefileByHeartbeat: readonly string[];
  readonly statefileByStatefile: readonly string[];
}

export interface LivesetRaw {
  readonly statefileLatency: LivesetLatency;
  readonly heartbeatLatency: LivesetLatency;
  readonly healthCheckLatency: LivesetLatency;
  readonly hosts: readonly LivesetHostRaw[];
}

/** Milliseconds, as far as the stack tells them. */
export interface LivesetTimeouts {
  readonly heartbeatMs: number | undefined;
  readonly statefileMs: number | undefined;
  readonly healthCheckMs: number | undefined;
  readonly heartbeatWatchdogMs: number | undefined;
  readonly statefileWatchdogMs: number | undefined;
}

export interface LivesetWarnings {
  readonly statefileLost: boolean;
  readonly heartbeatApproachingTimeout: boolean;
  readonly statefileApproachingTimeout: boolean;
  readonly healthCheckApproachingTimeout: boolean;
  readonly networkBondingError: boolean;
}

export interface Liveset {
  readonly status: LivesetStatus;
  readonly localhost: { readonly hostId: string; readonly hostIndex: number | undefined };
  /** Every configured host when the status is Online; mostly empty otherwise. */
  readonly hosts: readonly LivesetHost[];
  readonly raw: LivesetRaw | undefined;
  readonly timeouts: LivesetTimeouts | undefined;
  readonly warnings: LivesetWarnings | undefined;
}

const statuses: Readonly<Record<string, LivesetStatus>> = {
  online: 'Online',
  starting: 'Starting',
  offline: 'Offline',
};
const rootName = 'ha_liveset_info';
const uuidPattern = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;
const integerPattern = /^-?\d{1,15}$/;

/**
 * Reads a liveset. Unknown elements and attributes, their order, comments and space around values do not matter. What has to be
 * there once and is missing, or is there twice, or is no value of its kind, is a fault.
 * @throws StackFault `unreadable` or `too-long`; the message is a clause that names the element, such as
 * `ha_liveset_info/host[2]/liveness is missing`
 */
export function readLiveset(document: string | Uint8Array, limits: LivesetLimits): Liveset {
  const root = readXml(document, limits);
  if (root.name !== rootName) throw unreadable(`its outermost element is ${shown(root.name)} and not ${rootName}`);
  const at = new Place(root, rootName, []);
  const status = statuses[at.text('status').toLowerCase()];
  if (status === undefined)
    throw unreadable(`${rootName}/status is ${quoted(at.text('status'))} and not Online, Starting or Offline`);
  const local = at.one('localhost');
  const localhost = { hostId: local.uuid('HostID'), hostIndex: local.optional('HostIndex', 'integer') };
  const hosts = at.several('host', limits.stackHosts).map(readHost);
  distinct(hosts, `${rootName}/host`);
  if (status === 'Online') {
    if (hosts.length === 0) throw unreadable(`${rootName}/host is missing, and the status is Online`);
    if (!hosts.some(({ hostId }) => hostId === localhost.hostId))
      throw unreadable(`${rootName}/localhost/HostID is ${localhost.hostId}, which is none of the hosts`);
  }
  return {
    status,
    localhost,
    hosts,
    raw: at.maybe('raw_status_on_local_host', (place) => readRaw(place, limits)),
    timeouts: at.maybe('timeout', readTimeouts),
    warnings: at.maybe('warning_on_local_host', readWarnings),
  };
}

function readHost(host: Place): LivesetHost {
  return {
    hostId: host.uuid('HostID'),
    hostIndex: host.optional('HostIndex', 'integer'),
    liveness: host.boolean('liveness'),
    master: host.boolean('master'),
    statefileAccess: host.boolean('statefile_access'),
    statefileCorrupted: host.boolean('statefile_corrupted'),
    excluded: host.boolean('excluded'),
  };
}

function readRaw(raw: Place, limits: LivesetLimits): LivesetRaw {
  const latency = (name: string): LivesetLatency => ({
    last: raw.integer(name),
    most: raw.integer(`${name}_max`),
    least: raw.integer(`${name}_min`),
  });
  const hosts = raw.several('host_raw_data', limits.stackHosts).map(readHostRaw);
  distinct(hosts, `${rootName}/raw_status_on_local_host/host_raw_data`);
  return {
    statefileLatency: latency('statefile_latency'),
    heartbeatLatency: latency('heartbeat_latency'),
    healthCheckLatency: latency('Xapi_healthcheck_latency'),
    hosts,
  };
}

function readHostRaw(host: Place): LivesetHostRaw {
  return {
    hostId: host.uuid('HostID'),
    hostIndex: host.optional('HostIndex', 'integer'),
    sinceStatefileUpdateMs: host.integer('time_since_last_update_on_statefile'),
    sinceHeartbeatMs: host.integer('time_since_last_heartbeat'),
    sinceRestartAttemptMs: host.integer('time_since_xapi_restart_first_attempted'),
    errorText: host.optional('xapi_error_string', 'text') ?? '',
    heartbeatByHeartbeat: host.uuids('heartbeat_active_list_on_heartbeat'),
    heartbeatByStatefile: host.uuids('heartbeat_active_list_on_statefile'),
    statefileByHeartbeat: host.optional('statefile_active_list_on_heartbeat', 'uuids') ?? [],
    statefileByStatefile: host.optional('statefile_active_list_on_statefile', 'uuids') ?? [],
  };
}

function readTimeouts(timeout: Place): LivesetTimeouts {
  return {
    heartbeatMs: timeout.optional('T1', 'integer'),
    statefileMs: timeout.optional('T2', 'integer'),
    healthCheckMs: timeout.optional('T3', 'integer'),
    heartbeatWatchdogMs: timeout.optional('Wh', 'integer'),
    statefileWatchdogMs: timeout.optional('Ws', 'integer'),
  };
}

function readWarnings(warning: Place): LivesetWarnings {
  return {
    statefileLost: warning.boolean('statefile_lost'),
    heartbeatApproachingTimeout: warning.boolean('heartbeat_approaching_timeout'),
    statefileApproachingTimeout: warning.boolean('statefile_approaching_timeout'),
    healthCheckApproachingTimeout: warning.boolean('Xapi_healthcheck_approaching_timeout'),
    networkBondingError: warning.boolean('network_bonding_error'),
  };
}

interface Kinds {
  readonly integer: number;
  readonly text: string;
  readonly uuids: readonly string[];
}

interface KnownList {
  readonly text: string;
  readonly list: readonly string[];
}

const listsKept = 4;

/** An element, where it is, and what can be asked of its children. */
class Place {
  readonly #element: XmlElement;
  readonly #path: string;
  /** The latest lists: every host tends to say the same. To compare two texts takes less than to look one up by its hash. */
  readonly #lists: KnownList[];

  constructor(element: XmlElement, path: string, lists: KnownList[]) {
    this.#element = element;
    this.#path = path;
    this.#lists = lists;
  }

  one(name: string): Place {
    return this.maybe(name, (place) => place) ?? this.#missing(name);
  }

  maybe<T>(name: string, read: (place: Place) => T): T | undefined {
    const child = this.#child(name);
    return child === undefined ? undefined : read(new Place(child, `${this.#path}/${name}`, this.#lists));
  }

  several(name: string, most: number): readonly Place[] {
    const found = this.#element.children.filter((child) => child.name === name);
    if (found.length > most) throw new StackFault('too-long', `${this.#path}/${name} stands more than ${most} times`);
    return found.map((child, index) => new Place(child, `${this.#path}/${name}[${index + 1}]`, this.#lists));
  }

  text(name: string): string {
    return (this.#child(name) ?? this.#missing(name)).text.trim();
  }

  integer(name: string): number {
    const text = this.text(name);
    if (!integerPattern.test(text)) throw unreadable(`${this.#path}/${name} is ${quoted(text)} and not a whole number`);
    return Number(text);
  }

  boolean(name: string): boolean {
    const text = this.text(name);
    if (text === 'TRUE') return true;
    if (text === 'FALSE') return false;
    const upper = text.toUpperCase();
    if (upper !== 'TRUE' && upper !== 'FALSE')
      throw unreadable(`${this.#path}/${name} is ${quoted(text)} and not TRUE or FALSE`);
    return upper === 'TRUE';
  }

  uuid(name: string): string {
    return this.#uuidOf(name, this.text(name));
  }

  uuids(name: string): readonly string[] {
    const { text } = this.#child(name) ?? this.#missing(name);
    for (const known of this.#lists) if (known.text === text) return known.list;
    const list = (text.match(/\S+/g) ?? []).map((one) => this.#uuidOf(name, one));
    if (this.#lists.push({ text, list }) > listsKept) this.#lists.shift();
    return list;
  }

  optional<Kind extends keyof Kinds>(name: string, kind: Kind): Kinds[Kind] | undefined;
  optional(name: string, kind: keyof Kinds): Kinds[keyof Kinds] | undefined {
    return this.#child(name) === undefined ? undefined : this[kind](name);
  }

  #uuidOf(name: string, text: string): string {
    const uuid = text.toLowerCase();
    if (!uuidPattern.test(uuid)) throw unreadable(`${this.#path}/${name} has ${quoted(text)}, which is no uuid`);
    return uuid;
  }

  #child(name: string): XmlElement | undefined {
    let found: XmlElement | undefined;
    for (const child of this.#element.children) {
      if (child.name !== name) continue;
      if (found !== undefined) throw unreadable(`${this.#path}/${name} stands more than once`);
      found = child;
    }
    return found;
  }

  #missing(name: string): never {
    throw unreadable(`${this.#path}/${name} is missing`);
  }
}

function distinct(hosts: readonly { readonly hostId: string }[], path: string): void {
  const seen = new Set<string>();
  for (const { hostId } of hosts) {
    if (seen.has(hostId)) throw unreadable(`${path}/HostID is ${hostId} more than once`);
    seen.add(hostId);
  }
}

function quoted(text: string): string {
  return `"${shown(text)}"`;
}

function unreadable(clause: string): StackFault {
  return new StackFault('unreadable', clause);
}
