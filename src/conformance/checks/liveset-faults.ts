/** What can be wrong with the parts of a liveset. Each function answers with a sentence, or undefined when nothing is wrong. */
import type { LaboratoryTimeouts } from '../laboratory.ts';
import { childrenOf, textIn, type XmlElement } from '../xml.ts';

/** What the liveset is compared with. */
export interface LivesetContext {
  /** HostIDs of the configuration, sorted. */
  readonly hosts: readonly string[];
  /** The one that was asked. */
  readonly own: string;
  readonly timeouts: LaboratoryTimeouts;
}

export const hostFields = [
  'HostID',
  'HostIndex',
  'liveness',
  'master',
  'statefile_access',
  'statefile_corrupted',
  'excluded',
];
export const truths = ['liveness', 'master', 'statefile_access', 'statefile_corrupted', 'excluded'];
export const latencies = ['statefile', 'heartbeat', 'Xapi_healthcheck'].flatMap((what) =>
  ['', '_max', '_min'].map((end) => `${what}_latency${end}`),
);
export const times = [
  'time_since_last_update_on_statefile',
  'time_since_last_heartbeat',
  'time_since_xapi_restart_first_attempted',
];
const lists = ['heartbeat', 'statefile'].flatMap((what) =>
  ['heartbeat', 'statefile'].map((where) => `${what}_active_list_on_${where}`),
);
export const rawFields = ['HostID', 'HostIndex', ...times, 'xapi_error_string', ...lists];
export const warnings = [
  'statefile_lost',
  'heartbeat_approaching_timeout',
  'statefile_approaching_timeout',
  'Xapi_healthcheck_approaching_timeout',
  'network_bonding_error',
];

export function sections(root: XmlElement, name: string): readonly XmlElement[] {
  return childrenOf(root, name);
}

/** The first field that does not stand exactly once, as a sentence. */
export function miscounted(element: XmlElement, fields: readonly string[], where: string): string | undefined {
  for (const field of fields) {
    const count = childrenOf(element, field).length;
    if (count === 0) return `${where} has no ${field}.`;
    if (count > 1) return `${where} has ${field} ${String(count)} times.`;
  }
  return undefined;
}

/** The first fault that a list of sections has; `undefined` as well when there are no sections. */
export function firstFault<Item>(
  items: readonly Item[],
  fault: (item: Item) => string | undefined,
): string | undefined {
  for (const item of items) {
    const found = fault(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

export function rawData(root: XmlElement): readonly XmlElement[] {
  return sections(root, 'raw_status_on_local_host').flatMap((raw) => childrenOf(raw, 'host_raw_data'));
}

/** Which of the hosts of the configuration are not named exactly once, or what else is named. */
export function wrongHosts(
  elements: readonly XmlElement[],
  hosts: readonly string[],
  what: string,
): string | undefined {
  const named = elements.map((element) => textIn(element, 'HostID') ?? '');
  const missing = hosts.find((uuid) => !named.includes(uuid));
  if (missing !== undefined) return `There is no ${what} for ${missing}.`;
  const strange = named.find((uuid) => !hosts.includes(uuid));
  if (strange !== undefined)
    return `There is a ${what} for ${strange === '' ? 'no HostID' : strange}, which is not in the configuration.`;
  return named.length > hosts.length ? `A host has more than one ${what}.` : undefined;
}

export function wrongIndex(element: XmlElement, hosts: readonly string[], where: string): string | undefined {
  const uuid = textIn(element, 'HostID') ?? '';
  const index = textIn(element, 'HostIndex');
  const expected = String(hosts.indexOf(uuid));
  return index === expected
    ? undefined
    : `HostIndex of ${uuid} in ${where} is ${index ?? 'missing'} instead of ${expected}.`;
}

export function wrongTruth(element: XmlElement, fields: readonly string[], where: string): string | undefined {
  return firstFault(fields, (field) => {
    const value = childrenOf(element, field)[0]?.text;
    return value === undefined || value === 'TRUE' || value === 'FALSE'
      ? undefined
      : `${field} in ${where} is ${JSON.stringify(value)}.`;
  });
}

export function wrongNumber(element: XmlElement, fields: readonly string[], where: string): string | undefined {
  return firstFault(fields, (field) => {
    const value = textIn(element, field);
    return value === undefined || /^(?:-1|\d{1,15})$/.test(value)
      ? undefined
      : `${field} in ${where} is ${JSON.stringify(value)}.`;
  });
}

export function wrongList(element: XmlElement, { hosts, own }: LivesetContext): string | undefined {
  return firstFault(lists, (list) => {
    const text = textIn(element, list);
    if (text === undefined) return undefined;
    const uuids = text.split(/\s+/).filter((word) => word !== '');
    const strange = uuids.find((uuid) => !hosts.includes(uuid));
    if (strange !== undefined) return `${list} names ${JSON.stringify(strange)}, which is not in the configuration.`;
    if (new Set(uuids).size < uuids.length) return `${list} names a host twice.`;
    return textIn(element, 'HostID') === own && !uuids.includes(own)
      ? `${list} of this host does not name this host, which is healthy.`
      : undefined;
  });
}

export function wrongTimeout(root: XmlElement, { timeouts }: LivesetContext): string | undefined {
  const [section] = sections(root, 'timeout');
  if (section === undefined) return 'There is no timeout section.';
  const expected = {
    T1: timeouts.heartbeatTimeoutSeconds,
    T2: timeouts.statefileTimeoutSeconds,
    Wh: timeouts.heartbeatWatchdogSeconds,
    Ws: timeouts.statefileWatchdogSeconds,
  };
  const missing = miscounted(section, ['T1', 'T2', 'T3', 'Wh', 'Ws'], 'timeout');
  if (missing !== undefined) return missing;
  const t3 = textIn(section, 'T3') ?? '';
  if (!/^\d{1,15}$/.test(t3)) return `T3 is ${JSON.stringify(t3)}.`;
  return firstFault(Object.entries(expected), ([name, seconds]) => {
    const said = textIn(section, name);
    return said === String(Math.round(seconds * 1000))
      ? undefined
      : `${name} is ${said ?? 'missing'}; the configuration says ${String(seconds)} s.`;
  });
}

export function unhealthy(root: XmlElement, { own }: LivesetContext): string | undefined {
  const host = sections(root, 'host').find((element) => textIn(element, 'HostID') === own);
  const expected = { liveness: 'TRUE', statefile_access: 'TRUE', statefile_corrupted: 'FALSE', excluded: 'FALSE' };
  const wrong =
    host === undefined ? undefined : Object.entries(expected).find(([field, value]) => textIn(host, field) !== value);
  if (host !== undefined && wrong !== undefined)
    return `${wrong[0]} of this host is ${textIn(host, wrong[0]) ?? 'missing'} while nothing is wrong.`;
  const [section] = sections(root, 'warning_on_local_host');
  if (section === undefined) return undefined;
  // A loaded machine may bring the other two.
  const calm = ['statefile_lost', 'Xapi_healthcheck_approaching_timeout', 'network_bonding_error'];
  const raised = calm.find((field) => textIn(section, field) === 'TRUE');
  return raised === undefined ? undefined : `The warning ${raised} is TRUE while nothing is wrong.`;
}

/** Names of elements and texts, without numbers: what must be the same as long as nothing happens. */
export function shapeOf(element: XmlElement): string {
  const own = element.text.trim();
  const text = /^-?\d+$/.test(own) ? '#' : own.split(/\s+/).join(' ');
  return `<${element.name}>${text}${element.children.map(shapeOf).join('')}</>`;
}
