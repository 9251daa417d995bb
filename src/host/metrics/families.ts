/** Every figure of the host: what it is called, what it means and where it comes from. The reference is made from this. */
import type { DiskCounters, LinkCounters } from './proc-files.ts';

/** What the kernel and this process said at one moment. What could not be read is empty. */
export interface Readings {
  /** Seconds worked, by the number of the processor. */
  readonly processors: ReadonlyMap<string, number>;
  /** KiB by the kernel's names. */
  readonly memory: ReadonlyMap<string, number>;
  readonly load: number | undefined;
  /** Interfaces of the host itself, by device. */
  readonly links: ReadonlyMap<string, LinkCounters>;
  /** Those of them that are no bond or VLAN on others. */
  readonly physicalLinks: ReadonlySet<string>;
  /** Whole disks, by device. */
  readonly disks: ReadonlyMap<string, DiskCounters>;
  readonly agentMemoryBytes: number;
  readonly agentFiles: number | undefined;
}

/** How Prometheus is told. */
export interface Exported {
  readonly name: string;
  readonly help: string;
  /** Name of the label that holds the instance. */
  readonly label?: string;
  readonly factor?: number;
}

export interface Family {
  /** Name of the figure; `*` stands for the instance. */
  readonly pattern: string;
  readonly doc: string;
  readonly units: string;
  readonly min: number;
  readonly max: number;
  /** A counter is archived as its growth a second. */
  readonly kind: 'gauge' | 'counter';
  readonly wrapsAt?: number;
  readonly exported?: Exported;
  read(readings: Readings): Iterable<readonly [instance: string, value: number]>;
}

/** A figure that is made of others: the sum or the mean of every instance of a pattern. */
export interface Combination {
  readonly name: string;
  readonly doc: string;
  readonly units: string;
  readonly min: number;
  readonly max: number;
  readonly of: string;
  readonly how: 'sum' | 'mean';
  /** Instances that count; all of them when undefined. */
  readonly among?: (readings: Readings) => ReadonlySet<string>;
}

function one(value: number | undefined): [string, number][] {
  return value === undefined ? [] : [['', value]];
}

function each<T>(all: ReadonlyMap<string, T>, value: (item: T) => number): [string, number][] {
  return [...all].map(([instance, item]) => [instance, value(item)]);
}

const perLink = (
  suffix: string,
  field: keyof LinkCounters,
  what: string,
  units: string,
  exported: Exported,
): Family => ({
  pattern: `pif_*_${suffix}`,
  doc: `${what} the interface *.`,
  units,
  min: 0,
  max: Infinity,
  kind: 'counter',
  exported: { label: 'device', ...exported },
  read: ({ links }) => each(links, (link) => link[field]),
});

const perDisk = (
  suffix: string,
  field: keyof DiskCounters,
  doc: string,
  units: string,
  exported: Exported,
): Family => ({
  pattern: `disk_*_${suffix}`,
  doc,
  units,
  min: 0,
  max: Infinity,
  kind: 'counter',
  exported: { label: 'device', ...exported },
  read: ({ disks }) => each(disks, (disk) => disk[field]),
});

export const families: readonly Family[] = [
  {
    pattern: 'cpu*',
    doc: 'Share of the time in which the processor * worked.',
    units: '(fraction)',
    min: 0,
    max: 1,
    kind: 'counter',
    exported: {
      name: 'quorate_host_cpu_busy_seconds_total',
      help: 'Time in which the processor worked.',
      label: 'cpu',
    },
    read: ({ processors }) => processors,
  },
  {
    pattern: 'loadavg',
    doc: 'Processes that ran or waited for a disk, on average of the last minute.',
    units: '(fraction)',
    min: 0,
    max: Infinity,
    kind: 'gauge',
    exported: { name: 'quorate_host_load1', help: 'Processes that ran or waited for a disk, over the last minute.' },
    read: ({ load }) => one(load),
  },
  {
    pattern: 'memory_total_kib',
    doc: 'Memory of the host.',
    units: 'KiB',
    min: 0,
    max: Infinity,
    kind: 'gauge',
    exported: { name: 'quorate_host_memory_total_bytes', help: 'Memory of the host.', factor: 1024 },
    read: ({ memory }) => one(memory.get('MemTotal')),
  },
  {
    pattern: 'memory_free_kib',
    doc: 'Memory that programs could still take: unused, or used by caches that give way.',
    units: 'KiB',
    min: 0,
    max: Infinity,
    kind: 'gauge',
    exported: {
      name: 'quorate_host_memory_available_bytes',
      help: 'Memory that programs could still take.',
      factor: 1024,
    },
    read: ({ memory }) => one(memory.get('MemAvailable') ?? memory.get('MemFree')),
  },
  {
    pattern: 'swap_free_kib',
    doc: 'Swap space that is unused; 0 when there is none.',
    units: 'KiB',
    min: 0,
    max: Infinity,
    kind: 'gauge',
    exported: { name: 'quorate_host_swap_free_bytes', help: 'Swap space that is unused.', factor: 1024 },
    read: ({ memory }) => one(memory.get('SwapFree')),
  },
  perLink('rx', 'rxBytes', 'Bytes a second received on', 'B/s', {
    name: 'quorate_host_network_receive_bytes_total',
    help: 'Bytes received on the interface.',
  }),
  perLink('tx', 'txBytes', 'Bytes a second sent on', 'B/s', {
    name: 'quorate_host_network_transmit_bytes_total',
    help: 'Bytes sent on the interface.',
  }),
  perLink('rx_errors', 'rxErrors', 'Failures a second to receive on', 'err/s', {
    name: 'quorate_host_network_receive_errors_total',
    help: 'Failures to receive on the interface.',
  }),
  perLink('tx_errors', 'txErrors', 'Failures a second to send on', 'err/s', {
    name: 'quorate_host_network_transmit_errors_total',
    help: 'Failures to send on the interface.',
  }),
  perDisk('read', 'readBytes', 'Bytes a second read from the disk *.', 'B/s', {
    name: 'quorate_host_disk_read_bytes_total',
    help: 'Bytes read from the disk.',
  }),
  perDisk('write', 'writtenBytes', 'Bytes a second written to the disk *.', 'B/s', {
    name: 'quorate_host_disk_written_bytes_total',
    help: 'Bytes written to the disk.',
  }),
  perDisk('iops_read', 'reads', 'Reads a second from the disk *.', 'requests/s', {
    name: 'quorate_host_disk_reads_total',
    help: 'Reads from the disk.',
  }),
  perDisk('iops_write', 'writes', 'Writes a second to the disk *.', 'requests/s', {
    name: 'quorate_host_disk_writes_total',
    help: 'Writes to the disk.',
  }),
  {
    ...perDisk('busy', 'busySeconds', 'Share of the time in which the disk * had something to do.', '(fraction)', {
      name: 'quorate_host_disk_busy_seconds_total',
      help: 'Time in which the disk had something to do.',
    }),
    max: 1,
    // The kernel shows milliseconds in 32 bits.
    wrapsAt: 2 ** 32 / 1000,
  },
  {
    pattern: 'xapi_memory_usage_kib',
    doc: 'Memory of the agent.',
    units: 'KiB',
    min: 0,
    max: Infinity,
    kind: 'gauge',
    read: ({ agentMemoryBytes }) => one(agentMemoryBytes / 1024),
  },
  {
    pattern: 'xapi_open_fds',
    doc: 'Files and connections that the agent has open.',
    units: 'file descriptors',
    min: 0,
    max: Infinity,
    kind: 'gauge',
    exported: { name: 'quorate_open_files', help: 'Files and connections that the agent has open.' },
    read: ({ agentFiles }) => one(agentFiles),
  },
];

export const combinations: readonly Combination[] = [
  {
    name: 'cpu_avg',
    doc: 'Share of the time in which the processors worked, on average of all.',
    units: '(fraction)',
    min: 0,
    max: 1,
    of: 'cpu*',
    how: 'mean',
  },
  {
    name: 'pif_aggr_rx',
    doc: 'Bytes a second received on all physical interfaces.',
    units: 'B/s',
    min: 0,
    max: Infinity,
    of: 'pif_*_rx',
    how: 'sum',
    among: ({ physicalLinks }) => physicalLinks,
  },
  {
    name: 'pif_aggr_tx',
    doc: 'Bytes a second sent on all physical interfaces.',
    units: 'B/s',
    min: 0,
    max: Infinity,
    of: 'pif_*_tx',
    how: 'sum',
    among: ({ physicalLinks }) => physicalLinks,
  },
];

/** The name of one instance's figure. */
export function figureName(pattern: string, instance: string): string {
  return pattern.replace('*', () => instance);
}
