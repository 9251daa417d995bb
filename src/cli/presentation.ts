/** Which fields a list shows when nobody says, and which objects of a class people mean by a word. The compiler checks every name. */
import type { Classes, ClassName } from '../datamodel/index.ts';

type FieldNames = { readonly [C in ClassName]?: readonly Extract<keyof Classes[C]['fields'], string>[] };

const listed: FieldNames = {
  subject: ['uuid', 'subject_identifier', 'roles'],
  task: ['uuid', 'name_label', 'status', 'progress'],
  pool: ['uuid', 'name_label', 'master'],
  VM: ['uuid', 'name_label', 'power_state', 'resident_on'],
  host: ['uuid', 'name_label', 'address', 'enabled'],
  host_cpu: ['uuid', 'host', 'number', 'vendor', 'speed', 'utilisation'],
  host_metrics: ['uuid', 'live', 'memory_total', 'memory_free'],
  host_crashdump: ['uuid', 'host', 'timestamp', 'size'],
  network: ['uuid', 'name_label', 'name_description', 'bridge'],
  VIF: ['uuid', 'VM', 'device', 'network', 'MAC'],
  PIF: ['uuid', 'device', 'host', 'network', 'VLAN', 'currently_attached'],
  Bond: ['uuid', 'master', 'slaves', 'mode'],
  VLAN: ['uuid', 'tagged_PIF', 'untagged_PIF', 'tag'],
  SM: ['uuid', 'type', 'name_label', 'vendor', 'version'],
  SR: ['uuid', 'name_label', 'type', 'shared', 'physical_size', 'physical_utilisation'],
  VDI: ['uuid', 'name_label', 'SR', 'virtual_size', 'read_only'],
  VBD: ['uuid', 'VM', 'VDI', 'userdevice', 'type', 'currently_attached'],
  PBD: ['uuid', 'host', 'SR', 'currently_attached'],
  crashdump: ['uuid', 'VM', 'VDI'],
  console: ['uuid', 'VM', 'protocol', 'location'],
  message: ['uuid', 'name', 'priority', 'cls', 'obj_uuid', 'timestamp'],
  blob: ['uuid', 'name_label', 'size', 'last_updated'],
  Cluster: ['uuid', 'cluster_stack', 'cluster_token', 'cluster_hosts'],
  Cluster_host: ['uuid', 'cluster', 'host', 'enabled'],
  Cluster_stack: ['uuid', 'name_label', 'host', 'usable', 'path'],
};

/** The fields of a list when `params=` is not given: at most those that fit a line, the uuid first. */
export function defaultFields(className: string, available: readonly string[]): readonly string[] {
  const chosen: readonly string[] | undefined = (listed as Readonly<Record<string, readonly string[]>>)[className];
  return chosen ?? ['uuid', 'name_label', 'name_description'].filter((name) => available.includes(name));
}

/** Objects of one class that have a word of their own. Values are as they stand in records, as text. */
export interface View {
  readonly word: string;
  readonly class: ClassName;
  readonly where: Readonly<Record<string, string>>;
  readonly summary: string;
}

export const views: readonly View[] = [
  {
    word: 'template',
    class: 'VM',
    where: { is_a_template: 'true', is_a_snapshot: 'false' },
    summary: 'Lists the templates from which virtual machines are made.',
  },
  {
    word: 'snapshot',
    class: 'VM',
    where: { is_a_snapshot: 'true' },
    summary: 'Lists the snapshots of virtual machines.',
  },
];

/** What a plain list of a class leaves out unless a filter names the field: templates and snapshots are VM objects too. */
export const plainView: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  VM: { is_a_template: 'false', is_a_snapshot: 'false' },
};
