/** Every class of the API, by its name on the wire. */
import { blob } from './blob.ts';
import { Bond } from './bond.ts';
import { Cluster } from './cluster.ts';
import { Cluster_host } from './cluster-host.ts';
import { Cluster_stack } from './cluster-stack.ts';
import { console } from './console.ts';
import { crashdump } from './crashdump.ts';
import { data_source } from './data-source.ts';
import { event } from './event.ts';
import { host } from './host.ts';
import { host_cpu } from './host-cpu.ts';
import { host_crashdump } from './host-crashdump.ts';
import { host_metrics } from './host-metrics.ts';
import { host_patch } from './host-patch.ts';
import { message } from './message.ts';
import { network } from './network.ts';
import { PBD } from './pbd.ts';
import { PIF } from './pif.ts';
import { PIF_metrics } from './pif-metrics.ts';
import { pool } from './pool.ts';
import { pool_patch } from './pool-patch.ts';
import { role } from './role.ts';
import { secret } from './secret.ts';
import { session } from './session.ts';
import { SM } from './sm.ts';
import { SR } from './sr.ts';
import { subject } from './subject.ts';
import { task } from './task.ts';
import { user } from './user.ts';
import { VBD } from './vbd.ts';
import { VBD_metrics } from './vbd-metrics.ts';
import { VDI } from './vdi.ts';
import { VIF } from './vif.ts';
import { VIF_metrics } from './vif-metrics.ts';
import { VLAN } from './vlan.ts';
import { VM } from './vm.ts';
import { VM_appliance } from './vm-appliance.ts';
import { VM_guest_metrics } from './vm-guest-metrics.ts';
import { VM_metrics } from './vm-metrics.ts';
import { VTPM } from './vtpm.ts';

export const classes = {
  session,
  task,
  event,
  pool,
  pool_patch,
  VM,
  VM_metrics,
  VM_guest_metrics,
  host,
  host_crashdump,
  host_patch,
  host_metrics,
  host_cpu,
  network,
  VIF,
  VIF_metrics,
  PIF,
  PIF_metrics,
  Bond,
  VLAN,
  SM,
  SR,
  VDI,
  VBD,
  VBD_metrics,
  PBD,
  crashdump,
  VTPM,
  console,
  user,
  role,
  subject,
  message,
  blob,
  VM_appliance,
  secret,
  data_source,
  Cluster,
  Cluster_host,
  Cluster_stack,
} as const;
