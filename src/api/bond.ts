import { ApiError } from '../datamodel/index.ts';
import { implement } from './call.ts';
import { assertConnectable, assertManaged, assertMayGoDown, assertNoCluster, ownInterface } from './pif-rules.ts';

const nullRef = 'OpaqueRef:NULL';

export const Bond = implement('Bond', {
  create: async (call, { network, members, MAC, mode, properties }) => {
    const parts = [...new Set(members)];
    call.database.require('network', network);
    const hosts = new Set(parts.map((pif) => call.database.require('PIF', pif).host));
    if (hosts.size > 1) throw new ApiError('PIF_CANNOT_BOND_CROSS_HOST');
    if (parts.length < 2) throw new ApiError('PIF_BOND_NEEDS_MORE_MEMBERS');
    const mac = MAC.toLowerCase();
    if (mac !== '' && !/^[\da-f][02468ace](?::[\da-f]{2}){5}$/.test(mac)) throw new ApiError('MAC_INVALID', MAC);
    for (const pif of parts) {
      const row = ownInterface(call, pif);
      assertManaged(pif, row);
      if (row.bond_slave_of !== nullRef || row.bond_master_of.length > 0) throw new ApiError('PIF_ALREADY_BONDED', pif);
      if (row.VLAN_master_of !== nullRef) throw new ApiError('PIF_IS_VLAN', pif);
      if (row.VLAN_slave_of.length > 0) throw new ApiError('PIF_VLAN_STILL_EXISTS', pif);
      assertNoCluster(call, pif);
    }
    assertConnectable(call, network, parts);
    return call.network.createBond({ network, members: parts, mac, mode, properties });
  },
  destroy: async (call, { self }) => {
    const { master } = call.database.require('Bond', self);
    const row = ownInterface(call, master);
    assertMayGoDown(call, master, row);
    if (row.VLAN_slave_of.length > 0) throw new ApiError('PIF_VLAN_STILL_EXISTS', master);
    await call.network.destroyBond(self);
  },
});
