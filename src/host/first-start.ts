/** What must be in the database before anybody can use it: the roles, this host, and a pool of one. */
import { createHash } from 'node:crypto';
import type { Database, Transaction } from '../database/types.ts';
import { type Datamodel, roleDescriptions, roleNames } from '../datamodel/index.ts';
import { formatDatetime } from '../lib/datetime.ts';
import type { MachineFacts } from '../world/world.ts';

/** Version of the API that is told to clients: that of the servers whose calls and fields are served. */
const apiVersion = { major: 2, minor: 21 } as const;

export interface ThisHost {
  readonly uuid: string;
  readonly version: string;
  readonly machine: MachineFacts;
  readonly nowMs: number;
}

/** The same uuid for the same name at every start and on every host. */
function uuidOfName(name: string): string {
  const hex = createHash('sha256').update(`quorate:${name}`).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
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

function softwareVersion({ machine, version }: ThisHost): Record<string, string> {
  return {
    product_brand: 'quorate',
    product_version: version,
    product_version_text: version,
    platform_name: 'quorate',
    platform_version: version,
    build_number: version,
    xapi: `${apiVersion.major}.${apiVersion.minor}`,
    linux: machine.kernel,
    hostname: machine.hostname,
    date: '',
  };
}

function cpuInfo(machine: MachineFacts): Record<string, string> {
  return {
    cpu_count: String(machine.cpuCount),
    modelname: machine.cpuModel,
  };
}

/** Makes or refreshes this host's objects. Returns the host's reference. */
function ensureHost(tx: Transaction, host: ThisHost): string {
  const { machine } = host;
  const fields = {
    hostname: machine.hostname,
    address: machine.addresses[0] ?? '',
    API_version_major: apiVersion.major,
    API_version_minor: apiVersion.minor,
    API_version_vendor: 'XenSource',
    software_version: softwareVersion(host),
    cpu_info: cpuInfo(machine),
  };
  const known = tx.refs('host').find((ref) => tx.require('host', ref).uuid === host.uuid);
  const metricsFields = {
    memory_total: machine.memoryTotalBytes,
    memory_free: machine.memoryFreeBytes,
    live: true,
    last_updated: formatDatetime(host.nowMs),
  };
  if (known === undefined) {
    const metrics = tx.create('host_metrics', metricsFields);
    return tx.create('host', {
      ...fields,
      uuid: host.uuid,
      name_label: machine.hostname,
      enabled: true,
      metrics,
      other_config: times(host),
    });
  }
  const row = tx.require('host', known);
  tx.update('host', known, { ...fields, other_config: { ...row.other_config, ...times(host) } });
  if (tx.get('host_metrics', row.metrics) !== undefined) tx.update('host_metrics', row.metrics, metricsFields);
  return known;
}

/** Clients show since when the machine and the agent are up. */
function times({ machine, nowMs }: ThisHost): Record<string, string> {
  return { boot_time: `${Math.floor(machine.bootTimeMs / 1000)}.`, agent_start_time: `${Math.floor(nowMs / 1000)}.` };
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
