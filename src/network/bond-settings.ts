/** Bonds in the API's words and in the kernel's. */
import { ApiError, type Enum } from '../datamodel/index.ts';
import type { BondFacts } from '../host/inventory/links.ts';

const isTime = (value: string): boolean => /^\d{1,5}$/.test(value);

const hashes: Readonly<Record<string, string>> = { src_mac: 'vlan+srcmac', tcpudp_ports: 'layer3+4' };

/** Properties that a bond can have: how they are said to the kernel. Undefined for a value that they cannot have. */
const readers: Readonly<Record<string, (value: string) => readonly [string, string] | undefined>> = {
  miimon: (value) => (isTime(value) ? ['miimon', value] : undefined),
  updelay: (value) => (isTime(value) ? ['updelay', value] : undefined),
  downdelay: (value) => (isTime(value) ? ['downdelay', value] : undefined),
  'lacp-time': (value) => (value === 'fast' || value === 'slow' ? ['ad_lacp_rate', value] : undefined),
  hashing_algorithm: (value) => {
    const policy = Object.hasOwn(hashes, value) ? hashes[value] : undefined;
    return policy === undefined ? undefined : ['xmit_hash_policy', policy];
  },
};

/**
 * balance-slb needs no help from the switch: each guest's address stays on one part. The kernel does that with a hash of
 * the source address alone.
 */
const modes: Readonly<Record<Enum<'bond_mode'>, BondFacts>> = {
  'balance-slb': { mode: 'balance-xor', properties: { miimon: '100', xmit_hash_policy: 'vlan+srcmac' } },
  'active-backup': { mode: 'active-backup', properties: { miimon: '100' } },
  lacp: { mode: '802.3ad', properties: { miimon: '100', xmit_hash_policy: 'layer3+4', ad_lacp_rate: 'slow' } },
};

/** @throws ApiError INVALID_VALUE for a property that there is not, or a value that it cannot have */
export function bondFacts(mode: Enum<'bond_mode'>, properties: Readonly<Record<string, string>>): BondFacts {
  const base = modes[mode];
  const given = Object.entries(properties).map(([key, value]) => {
    const said = Object.hasOwn(readers, key) ? readers[key]?.(value) : undefined;
    const [name] = said ?? [];
    const fits = name === 'ad_lacp_rate' ? mode === 'lacp' : name !== 'xmit_hash_policy' || mode !== 'active-backup';
    if (said === undefined || !fits) throw new ApiError('INVALID_VALUE', `properties:${key}`, value);
    return said;
  });
  return { mode: base.mode, properties: { ...base.properties, ...Object.fromEntries(given) } };
}
