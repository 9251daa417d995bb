/** What may be done to an interface, and what not. */
import { ApiError, type RecordOf } from '../datamodel/index.ts';
import type { Call } from './call.ts';

const nullRef = 'OpaqueRef:NULL';

/** @throws ApiError HANDLE_INVALID; NOT_IMPLEMENTED for interfaces of other hosts, since nothing reaches them yet */
export function ownInterface(call: Call, ref: string): RecordOf<'PIF'> {
  const row = call.database.require('PIF', ref);
  if (row.host !== call.hostRef)
    throw new ApiError('NOT_IMPLEMENTED', `${call.message.name} for an interface of another host`);
  return row;
}

/** @throws ApiError HANDLE_INVALID; NOT_IMPLEMENTED for other hosts */
export function assertOwnHost(call: Call, host: string): void {
  call.database.require('host', host);
  if (host !== call.hostRef) throw new ApiError('NOT_IMPLEMENTED', `${call.message.name} for another host`);
}

/** @throws ApiError CLUSTERING_ENABLED */
export function assertNoCluster(call: Call, ref: string): void {
  const member = call.database.refs('Cluster_host').find((one) => {
    const row = call.database.require('Cluster_host', one);
    return row.PIF === ref && row.enabled;
  });
  if (member !== undefined) throw new ApiError('CLUSTERING_ENABLED', member);
}

/** @throws ApiError PIF_UNMANAGED */
export function assertManaged(ref: string, row: RecordOf<'PIF'>): void {
  if (!row.managed) throw new ApiError('PIF_UNMANAGED', ref);
}

/** For what would take the interface down for good. @throws ApiError */
export function assertRemovable(call: Call, ref: string, row: RecordOf<'PIF'>): void {
  if (row.management) throw new ApiError('PIF_IS_MANAGEMENT_INTERFACE', ref);
  assertMayGoDown(call, ref, row);
  if (row.VLAN_slave_of.length > 0) throw new ApiError('PIF_VLAN_STILL_EXISTS', ref);
}

/** @throws ApiError PIF_DOES_NOT_ALLOW_UNPLUG, CLUSTERING_ENABLED, VIF_IN_USE */
export function assertMayGoDown(call: Call, ref: string, row: RecordOf<'PIF'>): void {
  assertNoCluster(call, ref);
  if (row.disallow_unplug) throw new ApiError('PIF_DOES_NOT_ALLOW_UNPLUG', ref);
  const { VIFs } = call.database.require('network', row.network);
  const used = VIFs.find((vif) => {
    const { VM, currently_attached } = call.database.require('VIF', vif);
    return currently_attached && call.database.get('VM', VM)?.resident_on === call.hostRef;
  });
  if (used !== undefined) throw new ApiError('VIF_IN_USE', row.network, used);
}

/** @throws ApiError CANNOT_PLUG_BOND_SLAVE */
export function assertNoBondPart(ref: string, row: RecordOf<'PIF'>): void {
  if (row.bond_slave_of !== nullRef) throw new ApiError('CANNOT_PLUG_BOND_SLAVE', ref);
}

/** A network takes at most one interface of a host. @throws ApiError NETWORK_ALREADY_CONNECTED, NETWORK_UNMANAGED */
export function assertConnectable(call: Call, network: string, except: readonly string[] = []): void {
  const { PIFs, managed, bridge } = call.database.require('network', network);
  const other = PIFs.find((pif) => call.database.require('PIF', pif).host === call.hostRef && !except.includes(pif));
  if (other !== undefined) throw new ApiError('NETWORK_ALREADY_CONNECTED', network, other);
  if (!managed && bridge === '') throw new ApiError('NETWORK_UNMANAGED', network);
}
