import { ApiError } from '../datamodel/index.ts';
import { type Call, implement } from './call.ts';
import { assertConnectable, assertManaged, assertRemovable, ownInterface } from './pif-rules.ts';

const nullRef = 'OpaqueRef:NULL';

/**
 * Makes a VLAN; resolves to it.
 * @throws ApiError VLAN_TAG_INVALID, PIF_IS_VLAN, CANNOT_ADD_VLAN_TO_BOND_SLAVE, PIF_VLAN_EXISTS, NETWORK_ALREADY_CONNECTED
 */
export async function createVlan(call: Call, tagged: string, tag: number, network: string): Promise<string> {
  const row = ownInterface(call, tagged);
  call.database.require('network', network);
  assertManaged(tagged, row);
  if (!(tag >= 0 && tag <= 4094)) throw new ApiError('VLAN_TAG_INVALID', String(tag));
  if (row.VLAN_master_of !== nullRef) throw new ApiError('PIF_IS_VLAN', tagged);
  if (row.bond_slave_of !== nullRef) throw new ApiError('CANNOT_ADD_VLAN_TO_BOND_SLAVE', tagged);
  const same = row.VLAN_slave_of.map((vlan) => call.database.require('VLAN', vlan)).find((vlan) => vlan.tag === tag);
  if (same !== undefined) throw new ApiError('PIF_VLAN_EXISTS', same.untagged_PIF);
  assertConnectable(call, network);
  return call.network.createVlan(tagged, tag, network);
}

/** @throws ApiError PIF_IS_MANAGEMENT_INTERFACE, PIF_DOES_NOT_ALLOW_UNPLUG, PIF_VLAN_STILL_EXISTS, VIF_IN_USE */
export async function destroyVlan(call: Call, vlan: string): Promise<void> {
  const { untagged_PIF: pif } = call.database.require('VLAN', vlan);
  assertRemovable(call, pif, ownInterface(call, pif));
  await call.network.destroyVlan(vlan);
}

/** Makes a VLAN; resolves to its interface. */
export async function createVlanInterface(call: Call, tagged: string, tag: number, network: string): Promise<string> {
  const vlan = await createVlan(call, tagged, tag, network);
  return call.database.require('VLAN', vlan).untagged_PIF;
}

/** The interface of this host that stands for a device. @throws ApiError PIF_DEVICE_NOT_FOUND */
export function carrierOf(call: Call, device: string): string {
  const found = call.database.require('host', call.hostRef).PIFs.find((pif) => {
    const row = call.database.require('PIF', pif);
    return row.device === device && row.VLAN < 0;
  });
  if (found === undefined) throw new ApiError('PIF_DEVICE_NOT_FOUND');
  return found;
}

export const VLAN = implement('VLAN', {
  create: (call, { tagged_PIF, tag, network }) => createVlan(call, tagged_PIF, tag, network),
  destroy: (call, { self }) => destroyVlan(call, self),
});
