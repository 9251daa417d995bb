/** The host's own row, its figures and its processors: what they should say, and the change that makes it so. */
import type { FieldsOf, Transaction } from '../../database/types.ts';
import { formatDatetime } from '../../lib/datetime.ts';
import type { LoggingFacts } from '../inventory/logging.ts';
import type { Names, Processors, SystemFacts } from '../inventory/machine.ts';
import type { Memory } from '../inventory/memory.ts';
import { identityOf } from './identity.ts';

/** Version of the API that is told to clients: that of the servers whose calls and fields are served. */
export const apiVersion = { major: 2, minor: 21 } as const;

export function softwareVersion(version: string, names: Names, system: SystemFacts): Record<string, string> {
  return {
    product_brand: 'quorate',
    product_version: version,
    product_version_text: version,
    platform_name: 'quorate',
    platform_version: version,
    build_number: version,
    xapi: `${apiVersion.major}.${apiVersion.minor}`,
    linux: system.kernel,
    hostname: names.hostname,
    date: '',
    distribution: `${system.osName} ${system.osVersion}`.trim(),
  };
}

/** Facts about all processors together. Undefined parts of the machine leave their keys out. */
function cpuInfo({ list }: Processors): Record<string, string> {
  const [first] = list;
  if (first === undefined) return {};
  const { sockets, threadsPerCore } = topology(list);
  const told = {
    cpu_count: String(list.length),
    socket_count: sockets > 0 ? String(sockets) : '',
    threads_per_core: threadsPerCore > 0 ? String(threadsPerCore) : '',
    vendor: first.vendor,
    speed: first.speed > 0 ? String(first.speed) : '',
    modelname: first.modelname,
    family: String(first.family),
    model: String(first.model),
    stepping: first.stepping,
    flags: first.flags,
  };
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== ''));
}

/** Counts sockets and cores where the machine tells them apart; zeros where it does not. */
function topology(list: Processors['list']): { sockets: number; cores: number; threadsPerCore: number } {
  if (list.some(({ socket, core }) => socket === '' || core === '')) return { sockets: 0, cores: 0, threadsPerCore: 0 };
  const sockets = new Set(list.map(({ socket }) => socket)).size;
  const cores = new Set(list.map(({ socket, core }) => `${socket}/${core}`)).size;
  return { sockets, cores, threadsPerCore: Math.round(list.length / cores) };
}

function cpuConfiguration({ list, nodes }: Processors): Record<string, string> {
  const { sockets, cores, threadsPerCore } = topology(list);
  const told: [string, number][] = [
    ['nr_cpus', list.length],
    ['nr_nodes', nodes],
    ['cores_per_socket', sockets > 0 ? Math.round(cores / sockets) : 0],
    ['threads_per_core', threadsPerCore],
  ];
  return Object.fromEntries(told.filter(([, count]) => count > 0).map(([key, count]) => [key, String(count)]));
}

/** Kinds of guests, in the words that clients look for. */
export function hostCapabilities(system: SystemFacts): string[] {
  return system.virtualisation ? ['hvm-3.0-x86_32', 'hvm-3.0-x86_32p', 'hvm-3.0-x86_64'] : [];
}

export function applyNames(tx: Transaction, host: string, names: Names): void {
  const { software_version } = tx.require('host', host);
  if (names.hostname !== '') {
    tx.update('host', host, {
      hostname: names.hostname,
      software_version: { ...software_version, hostname: names.hostname },
    });
  }
  tx.update('host', host, { timezone: names.timeZone });
}

/**
 * Shows where logs go. The destination is the administrator's to choose: it is taken from the machine only where nobody
 * chose one, as after the agent was installed anew.
 */
export function applyLogging(tx: Transaction, host: string, { own, others }: LoggingFacts): void {
  const { forwarded_to: _before, ...logging } = tx.require('host', host).logging;
  tx.update('host', host, {
    logging: {
      ...(own === '' ? {} : { syslog_destination: own }),
      ...logging,
      ...(others.length === 0 ? {} : { forwarded_to: others.join(', ') }),
    },
  });
}

export function applyDistribution(tx: Transaction, host: string, distribution: string): void {
  const { software_version } = tx.require('host', host);
  tx.update('host', host, { software_version: { ...software_version, distribution } });
}

export function applySystem(tx: Transaction, host: string, system: SystemFacts): void {
  tx.update('host', host, {
    chipset_info: { iommu: String(system.iommu) },
    capabilities: hostCapabilities(system),
  });
}

/** One row for each processor that is online; one that comes back has the row that it had. */
export function applyProcessors(tx: Transaction, host: string, found: Processors): void {
  tx.update('host', host, { cpu_info: cpuInfo(found), cpu_configuration: cpuConfiguration(found) });
  const { uuid, host_CPUs } = tx.require('host', host);
  const known = new Map(host_CPUs.map((ref) => [tx.require('host_cpu', ref).number, ref]));
  for (const { socket: _socket, core: _core, ...processor } of found.list) {
    const ref = known.get(processor.number);
    known.delete(processor.number);
    if (ref !== undefined) {
      // The rate changes all the time; the one that was seen first stays.
      const { speed } = tx.require('host_cpu', ref);
      tx.update('host_cpu', ref, { ...processor, speed: speed === 0 ? processor.speed : speed });
      continue;
    }
    const identity = identityOf(tx, 'host_cpu', `${uuid}/${processor.number}`);
    tx.create('host_cpu', { ...processor, host, ...(identity && { uuid: identity.uuid }) }, identity?.ref);
  }
  for (const ref of known.values()) tx.destroy('host_cpu', ref);
}

/** Load and memory as they are published. */
export interface Figures {
  readonly memory: Memory | undefined;
  /** Busy share by number of the processor. */
  readonly utilisation: ReadonlyMap<number, number>;
}

export function applyFigures(tx: Transaction, host: string, figures: Figures, nowMs: number): void {
  const { metrics, host_CPUs } = tx.require('host', host);
  for (const ref of host_CPUs) {
    const utilisation = figures.utilisation.get(tx.require('host_cpu', ref).number);
    if (utilisation !== undefined) tx.update('host_cpu', ref, { utilisation });
  }
  const { memory } = figures;
  if (tx.get('host_metrics', metrics) === undefined) return;
  stamp(tx, 'host_metrics', metrics, nowMs, {
    live: true,
    ...(memory && { memory_total: memory.totalBytes, memory_free: memory.availableBytes }),
  });
}

/** Updates figures; the time of the reading alone is no change. */
export function stamp<C extends 'host_metrics' | 'PIF_metrics'>(
  tx: Transaction,
  className: C,
  ref: string,
  nowMs: number,
  fields: FieldsOf<C>,
): void {
  const before = tx.require(className, ref);
  tx.update(className, ref, fields);
  if (tx.require(className, ref) === before) return;
  tx.update<'host_metrics' | 'PIF_metrics'>(className, ref, { last_updated: formatDatetime(nowMs) });
}
