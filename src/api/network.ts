import { ApiError } from '../datamodel/index.ts';
import { type Call, implement } from './call.ts';

export const network = implement('network', {
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
