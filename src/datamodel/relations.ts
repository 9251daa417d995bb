/**
 * Pairs of fields that are bound together: the database keeps both ends true.
 * The first end holds one reference (one-to-many) or a set (many-to-many) and is stored; the second is computed from it.
 */
export interface Relation {
  readonly from: readonly [className: string, field: string];
  readonly to: readonly [className: string, field: string];
  readonly kind: 'one-to-many' | 'many-to-many';
}

export const relations: readonly Relation[] = [
  { from: ['VM', 'snapshot_of'], to: ['VM', 'snapshots'], kind: 'one-to-many' },
  { from: ['VDI', 'snapshot_of'], to: ['VDI', 'snapshots'], kind: 'one-to-many' },
  { from: ['VM', 'parent'], to: ['VM', 'children'], kind: 'one-to-many' },
  { from: ['task', 'subtask_of'], to: ['task', 'subtasks'], kind: 'one-to-many' },
  { from: ['task', 'session'], to: ['session', 'tasks'], kind: 'one-to-many' },
  { from: ['PIF', 'bond_slave_of'], to: ['Bond', 'slaves'], kind: 'one-to-many' },
  { from: ['Bond', 'master'], to: ['PIF', 'bond_master_of'], kind: 'one-to-many' },
  { from: ['VLAN', 'tagged_PIF'], to: ['PIF', 'VLAN_slave_of'], kind: 'one-to-many' },
  { from: ['PBD', 'host'], to: ['host', 'PBDs'], kind: 'one-to-many' },
  { from: ['PBD', 'SR'], to: ['SR', 'PBDs'], kind: 'one-to-many' },
  { from: ['VBD', 'VDI'], to: ['VDI', 'VBDs'], kind: 'one-to-many' },
  { from: ['crashdump', 'VDI'], to: ['VDI', 'crash_dumps'], kind: 'one-to-many' },
  { from: ['VBD', 'VM'], to: ['VM', 'VBDs'], kind: 'one-to-many' },
  { from: ['crashdump', 'VM'], to: ['VM', 'crash_dumps'], kind: 'one-to-many' },
  { from: ['VIF', 'VM'], to: ['VM', 'VIFs'], kind: 'one-to-many' },
  { from: ['VIF', 'network'], to: ['network', 'VIFs'], kind: 'one-to-many' },
  { from: ['Cluster_host', 'cluster'], to: ['Cluster', 'cluster_hosts'], kind: 'one-to-many' },
  { from: ['PIF', 'host'], to: ['host', 'PIFs'], kind: 'one-to-many' },
  { from: ['PIF', 'network'], to: ['network', 'PIFs'], kind: 'one-to-many' },
  { from: ['VDI', 'SR'], to: ['SR', 'VDIs'], kind: 'one-to-many' },
  { from: ['VTPM', 'VM'], to: ['VM', 'VTPMs'], kind: 'one-to-many' },
  { from: ['console', 'VM'], to: ['VM', 'consoles'], kind: 'one-to-many' },
  { from: ['VM', 'resident_on'], to: ['host', 'resident_VMs'], kind: 'one-to-many' },
  { from: ['host_cpu', 'host'], to: ['host', 'host_CPUs'], kind: 'one-to-many' },
  { from: ['host_crashdump', 'host'], to: ['host', 'crashdumps'], kind: 'one-to-many' },
  { from: ['host_patch', 'host'], to: ['host', 'patches'], kind: 'one-to-many' },
  { from: ['host_patch', 'pool_patch'], to: ['pool_patch', 'host_patches'], kind: 'one-to-many' },
  { from: ['VM', 'appliance'], to: ['VM_appliance', 'VMs'], kind: 'one-to-many' },
  { from: ['VDI', 'metadata_of_pool'], to: ['pool', 'metadata_VDIs'], kind: 'one-to-many' },
];
