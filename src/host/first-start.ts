/** What must be in the database before anybody can use it: the roles, this host, and a pool of one. */
import type { Database, Transaction } from '../database/types.ts';
import {
  type Datamodel,
  type HttpAction,
  type HttpActionName,
  httpActions,
  httpPermission,
  roleDescriptions,
  roleNames,
} from '../datamodel/index.ts';
import { type Names, readMemory, readNames, readSystem, readTimes, type SystemFacts } from './inventory/machine.ts';
import type { Memory } from './inventory/memory.ts';
import type { Sources } from './inventory/sources.ts';
import { apiVersion, applyFigures, softwareVersion } from './objects/host.ts';
import { uuidOfName } from './objects/identity.ts';

/** What is known of the machine before anything else: enough to make its row. */
export interface FirstFacts {
  readonly names: Names;
  readonly system: SystemFacts;
  readonly memory: Memory | undefined;
  /** Start of the machine in seconds since 1970. */
  readonly bootSeconds: number | undefined;
}

export interface ThisHost extends FirstFacts {
  readonly uuid: string;
  readonly version: string;
  readonly nowMs: number;
}

/** Reads a handful of the kernel's files; no program is run. */
export async function readFirstFacts(sources: Sources): Promise<FirstFacts> {
  const [names, system, memory, times] = await Promise.all([
    readNames(sources),
    readSystem(sources, ''),
    readMemory(sources),
    readTimes(sources),
  ]);
  return { names, system, memory, bootSeconds: times?.bootSeconds };
}

/** Makes the role objects true: one for each role, one for each permission, each role pointing at what is below it. */
function ensureRoles(tx: Transaction, datamodel: Datamodel): void {
  const wanted = new Map<string, { readonly description: string; readonly below: readonly string[] }>();
  const permissions = new Map<string, Set<string>>();
  for (const message of datamodel.messages.values()) {
    permissions.set(message.role, (permissions.get(message.role) ?? new Set()).add(message.permission));
    if (message.role === 'local-root-only' || wanted.has(message.permission)) continue;
    wanted.set(message.permission, { description: `May call ${message.name}.`, below: [] });
  }
  for (const [name, { method, path, role }] of Object.entries<HttpAction>(httpActions)) {
    const permission = httpPermission(name as HttpActionName);
    permissions.set(role, (permissions.get(role) ?? new Set()).add(permission));
    wanted.set(permission, { description: `May ${method} ${path}.`, below: [] });
  }
  for (const [index, name] of roleNames.entries()) {
    const next = roleNames.slice(index + 1, index + 2);
    const below = [...next, ...(permissions.get(name) ?? [])];
    wanted.set(name, { description: roleDescriptions[name], below });
  }
  // A thousand names, some of them needed several times: a digest of each is enough.
  const uuids = new Map([...wanted.keys()].map((name) => [name, uuidOfName(`role/${name}`)]));
  const refOf = (name: string): string => `OpaqueRef:${uuids.get(name)}`;
  for (const [name, { description }] of wanted) {
    if (tx.get('role', refOf(name)) !== undefined) continue;
    const fields = { uuid: uuids.get(name) ?? '', name_label: name, name_description: description };
    tx.create('role', fields, refOf(name));
  }
  for (const [name, { description, below }] of wanted) {
    tx.update('role', refOf(name), { name_description: description, subroles: below.map(refOf) });
  }
}

/** Makes or refreshes this host's row; the inventory fills in what is slower to know. Returns the host's reference. */
function ensureHost(tx: Transaction, host: ThisHost): string {
  const { names, system, memory, uuid } = host;
  const fields = {
    API_version_major: apiVersion.major,
    API_version_minor: apiVersion.minor,
    API_version_vendor: 'XenSource',
    software_version: softwareVersion(host.version, names, system),
    boot_free_mem: memory?.availableBytes ?? 0,
    timezone: names.timeZone,
  };
  let ref = tx.refs('host').find((known) => tx.require('host', known).uuid === uuid);
  if (ref === undefined) {
    const metrics = tx.create('host_metrics', {});
    ref = tx.create('host', { ...fields, uuid, name_label: names.hostname, enabled: true, metrics });
  }
  const { other_config } = tx.require('host', ref);
  tx.update('host', ref, { ...fields, other_config: { ...other_config, ...times(host) } });
  if (names.hostname !== '') tx.update('host', ref, { hostname: names.hostname });
  applyFigures(tx, ref, { memory, utilisation: new Map() }, host.nowMs);
  return ref;
}

/** Clients show since when the machine and the agent are up. */
function times({ bootSeconds, nowMs }: ThisHost): Record<string, string> {
  const started = { agent_start_time: `${Math.floor(nowMs / 1000)}.` };
  return bootSeconds === undefined ? started : { ...started, boot_time: `${bootSeconds}.` };
}

function ensurePool(tx: Transaction, hostRef: string): void {
  if (tx.count('pool') === 0) tx.create('pool', { name_label: '', master: hostRef });
}

/** Brings the database to the state that a running agent needs. Resolves to the host's reference when it is on disk. */
export async function prepareDatabase(database: Database, datamodel: Datamodel, host: ThisHost): Promise<string> {
  const { value, durable } = database.transaction((tx) => {
    ensureRoles(tx, datamodel);
    const hostRef = ensureHost(tx, host);
    ensurePool(tx, hostRef);
    return hostRef;
  });
  await durable;
  return value;
}
