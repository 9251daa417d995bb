import { ApiError } from '../datamodel/index.ts';
import { type Call, implement } from './call.ts';

/** @throws ApiError NETWORK_UNMANAGED; INVALID_VALUE when the name of the bridge is none for a device */
function attach(call: Call, ref: string, host: string): Promise<void> {
  const { managed, bridge } = call.database.require('network', ref);
  call.database.require('host', host);
  if (host !== call.hostRef) throw new ApiError('NOT_IMPLEMENTED', `${call.message.name} for another host`);
  // What somebody else makes is there when he made it.
  if (!managed) throw new ApiError('NETWORK_UNMANAGED', ref);
  // The kernel has rules for names of devices; an empty one stands for none.
  if (!/^[^\s/:-][^\s/:]{0,14}$/.test(bridge) || bridge.startsWith('.'))
    throw new ApiError('INVALID_VALUE', 'bridge', bridge);
  return call.network.attach(ref);
}

export const network = implement('network', {
  attach: (call, { network: ref, host }) => attach(call, ref, host),
  pool_introduce: (call, given) => call.change((tx) => tx.create('network', given)),
});

/** A name that no network has yet, in the way that clients know from other servers. */
export function freeBridgeName(call: Call): string {
  const { database } = call;
  const taken = new Set(database.refs('network').map((ref) => database.require('network', ref).bridge));
  let number = 0;
  while (taken.has(`xapi${number}`)) number += 1;
  return `xapi${number}`;
}

/** @throws ApiError NETWORK_CONTAINS_VIF, NETWORK_CONTAINS_PIF */
export function assertNetworkEmpty(call: Call, ref: string): void {
  const { VIFs, PIFs } = call.database.require('network', ref);
  if (VIFs.length > 0) throw new ApiError('NETWORK_CONTAINS_VIF', VIFs.join('; '));
  if (PIFs.length > 0) throw new ApiError('NETWORK_CONTAINS_PIF', PIFs.join('; '));
}
