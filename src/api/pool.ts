import { implement } from './call.ts';
import { carrierOf, createVlanInterface } from './vlan.ts';

export const pool = implement('pool', {
  is_slave: (call) => {
    const [own] = call.database.refs('pool');
    return own !== undefined && call.database.require('pool', own).master !== call.hostRef;
  },
  // One for each host; a pool of one has one.
  create_VLAN: async (call, { device, network, VLAN }) => [
    await createVlanInterface(call, carrierOf(call, device), VLAN, network),
  ],
  create_VLAN_from_PIF: async (call, { pif, network, VLAN }) => [await createVlanInterface(call, pif, VLAN, network)],
  sync_database: (call) => call.database.flush(),
});
