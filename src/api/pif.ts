import { ApiError, type ArgumentsOf } from '../datamodel/index.ts';
import { isIpv4, isIpv6, prefixOf } from '../lib/addresses.ts';
import { type Call, implement } from './call.ts';
import type { WantedIp } from './network-service.ts';
import {
  assertManaged,
  assertMayGoDown,
  assertNoBondPart,
  assertNoCluster,
  assertOwnHost,
  assertRemovable,
  ownInterface,
} from './pif-rules.ts';
import { carrierOf, createVlanInterface, destroyVlan } from './vlan.ts';

const nullRef = 'OpaqueRef:NULL';

/** @throws ApiError INVALID_IP_ADDRESS_SPECIFIED with the name of the parameter */
function wantedIp(given: ArgumentsOf<'PIF', 'reconfigure_ip'>): WantedIp {
  const { mode, IP, netmask, gateway, DNS } = given;
  if (mode !== 'Static') return { mode, address: '', gateway: '', nameServers: [] };
  const assert = (parameter: string, fits: boolean): void => {
    if (!fits) throw new ApiError('INVALID_IP_ADDRESS_SPECIFIED', parameter);
  };
  const prefix = prefixOf(netmask);
  const nameServers = DNS.split(/[\s,]+/).filter((server) => server !== '');
  assert('IP', isIpv4(IP));
  assert('netmask', prefix !== undefined && prefix > 0);
  assert('gateway', gateway === '' || isIpv4(gateway));
  assert(
    'DNS',
    nameServers.every((server) => isIpv4(server) || isIpv6(server)),
  );
  return { mode, address: `${IP}/${prefix}`, gateway, nameServers };
}

async function reconfigureIp(call: Call, given: ArgumentsOf<'PIF', 'reconfigure_ip'>): Promise<void> {
  const { self } = given;
  const row = ownInterface(call, self);
  assertManaged(self, row);
  assertNoCluster(call, self);
  assertNoBondPart(self, row);
  const wanted = wantedIp(given);
  if (row.management && wanted.mode === 'None') throw new ApiError('PIF_IS_MANAGEMENT_INTERFACE', self);
  await call.network.reconfigure(self, wanted);
}

async function plug(call: Call, self: string): Promise<void> {
  const row = ownInterface(call, self);
  assertManaged(self, row);
  assertNoBondPart(self, row);
  const { VLAN_master_of: vlan } = row;
  if (vlan !== nullRef) {
    const carrier = call.database.require('VLAN', vlan).tagged_PIF;
    // A VLAN needs what carries it.
    if (!call.database.require('PIF', carrier).currently_attached) await plug(call, carrier);
  }
  await call.network.plug(self);
}

async function unplug(call: Call, self: string): Promise<void> {
  const row = ownInterface(call, self);
  assertManaged(self, row);
  if (row.management) throw new ApiError('PIF_IS_MANAGEMENT_INTERFACE', self);
  assertNoBondPart(self, row);
  assertMayGoDown(call, self, row);
  for (const vlan of row.VLAN_slave_of) {
    const above = call.database.require('VLAN', vlan).untagged_PIF;
    const { currently_attached } = call.database.require('PIF', above);
    if (currently_attached) await unplug(call, above);
  }
  await call.network.unplug(self);
}

async function forget(call: Call, self: string): Promise<void> {
  const row = ownInterface(call, self);
  if (!row.physical) throw new ApiError('PIF_IS_NOT_PHYSICAL', self);
  if (row.bond_slave_of !== nullRef) throw new ApiError('PIF_ALREADY_BONDED', self);
  assertRemovable(call, self, row);
  await call.network.forget(self);
}

/** @throws ApiError MAC_INVALID, DUPLICATE_PIF_DEVICE_NAME, MAC_DOES_NOT_EXIST and another that names both */
async function introduce(call: Call, given: ArgumentsOf<'PIF', 'introduce'>): Promise<string> {
  const { host, device, managed } = given;
  assertOwnHost(call, host);
  const mac = given.MAC.toLowerCase();
  if (!/^[\da-f]{2}(?::[\da-f]{2}){5}$/.test(mac)) throw new ApiError('MAC_INVALID', given.MAC);
  const known = call.database.require('host', host).PIFs.find((pif) => {
    const row = call.database.require('PIF', pif);
    return row.physical && (row.MAC.toLowerCase() === mac || (device !== '' && row.device === device));
  });
  if (known !== undefined) throw new ApiError('DUPLICATE_PIF_DEVICE_NAME', call.database.require('PIF', known).device);
  const pif = await call.network.introduce(mac, device);
  if (pif === undefined && device === '') throw new ApiError('MAC_DOES_NOT_EXIST', mac);
  if (pif === undefined)
    throw new ApiError('COULD_NOT_FIND_NETWORK_INTERFACE_WITH_SPECIFIED_DEVICE_NAME_AND_MAC_ADDRESS', device, mac);
  call.change((tx) => tx.update('PIF', pif, { managed }));
  return pif;
}

export const PIF = implement('PIF', {
  pool_introduce: (call, given) => call.change((tx) => tx.create('PIF', given)),
  plug: (call, { self }) => plug(call, self),
  unplug: (call, { self }) => unplug(call, self),
  reconfigure_ip: reconfigureIp,
  forget: (call, { self }) => forget(call, self),
  introduce,
  scan: (call, { host }) => {
    assertOwnHost(call, host);
    return call.network.scan();
  },
  create_VLAN: (call, { device, network, host, VLAN }) => {
    assertOwnHost(call, host);
    return createVlanInterface(call, carrierOf(call, device), VLAN, network);
  },
  destroy: async (call, { self }) => {
    const { VLAN_master_of: vlan } = ownInterface(call, self);
    if (vlan === nullRef) throw new ApiError('PIF_IS_PHYSICAL', self);
    await destroyVlan(call, vlan);
  },
});
