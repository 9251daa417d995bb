/** What must be in the database before anybody can use it: the roles, this host, and a pool of one. */
import type { Database, Transaction } from '../database/types.ts';
import { type Datamodel, roleDescriptions, roleNames } from '../datamodel/index.ts';
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

function refOfRole(name: string): string {
  return `OpaqueRef:${uuidOfName(`role/${name}`)}`;
}

/** Makes the role objects true: one for each role, one for each permission, each role pointing at what is below it. */
function ensureRoles(tx: Transaction, datamodel: Datamodel): void {
  const wanted = new Map<string, { description: string; subroles: string[] }>();
  for (const message of datamodel.messages.values()) {
    if (message.role === 'local-root-only' || wanted.has(message.permission)) continue;
    wanted.set(message.permission, { description: `May call ${message.name}.`, subroles: [] });
  }
  for (const [index, name] of roleNames.entries()) {
    const below = roleNames[index + 1];
    const own = [...datamodel.messages.values()].filter((message) => message.role === name).map((m) => m.permission);
    const subroles = [...(below === undefined ? [] : [below]), ...new Set(own)].map((sub) => refOfRole(sub));
    wanted.set(name, { description: roleDescriptions[name], subroles });
  }
  for (const name of wanted.keys()) {
    const ref = refOfRole(name);
    if (tx.get('role', ref) === undefined)
      tx.create('role', { uuid: uuidOfName(`role/${name}`), name_label: name }, ref);
  }
  for (const [name, { description, subroles }] of wanted) {
    tx.update('role', refOfRole(name), { name_description: description, subroles });
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
