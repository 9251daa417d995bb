/** Every implementation by its name on the wire. The compiler refuses this file while one is missing. */

import { blob } from './blob.ts';
import { Bond } from './bond.ts';
import type { AnyHandler, Handlers } from './call.ts';
import { Cluster_stack } from './cluster-stack.ts';
import { event } from './event.ts';
import { host } from './host.ts';
import { host_crashdump } from './host-crashdump.ts';
import { host_patch } from './host-patch.ts';
import { message } from './message.ts';
import { network } from './network.ts';
import { overrides } from './overrides.ts';
import { PBD } from './pbd.ts';
import { PIF } from './pif.ts';
import { pool } from './pool.ts';
import { pool_patch } from './pool-patch.ts';
import { role } from './role.ts';
import { secret } from './secret.ts';
import { session } from './session.ts';
import { SR } from './sr.ts';
import { subject } from './subject.ts';
import { task } from './task.ts';
import { VBD } from './vbd.ts';
import { VDI } from './vdi.ts';
import { VLAN } from './vlan.ts';
import { VM } from './vm.ts';
import { VM_appliance } from './vm-appliance.ts';
import { waitingChecks } from './waiting-checks.ts';

/** Classes whose declared operations all wait, or that declare none. */
const none = {};

const handlers: Handlers = {
  session,
  task,
  event,
  pool,
  pool_patch,
  VM,
  VM_metrics: none,
  VM_guest_metrics: none,
  host,
  host_crashdump,
  host_patch,
  host_metrics: none,
  host_cpu: none,
  network,
  VIF: none,
  VIF_metrics: none,
  PIF,
  PIF_metrics: none,
  Bond,
  VLAN,
  SM: none,
  SR,
  VDI,
  VBD,
  VBD_metrics: none,
  PBD,
  crashdump: none,
  VTPM: none,
  console: none,
  user: none,
  role,
  subject,
  message,
  blob,
  VM_appliance,
  secret,
  data_source: none,
  Cluster: none,
  Cluster_host: none,
  Cluster_stack,
};

/** Implementations of declared operations, by wire name. */
export function operationHandlers(): ReadonlyMap<string, AnyHandler> {
  return new Map(
    Object.entries(handlers).flatMap(([className, messages]) =>
      Object.entries(messages as Readonly<Record<string, AnyHandler>>).map(([name, handler]): [string, AnyHandler] => [
        `${className}.${name}`,
        handler,
      ]),
    ),
  );
}

/** Implementations that replace what the datamodel alone would do, by wire name. */
export function overridingHandlers(): ReadonlyMap<string, AnyHandler> {
  return new Map(Object.entries(overrides));
}

/** What operations that wait find out before they answer that they wait, by wire name. */
export function checksOfWaiting(): ReadonlyMap<string, AnyHandler> {
  return new Map(Object.entries<unknown>(waitingChecks).map(([name, check]) => [name, check as AnyHandler]));
}
