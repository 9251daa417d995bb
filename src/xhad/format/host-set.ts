/** A set of hosts: bit i stands for the host with index i in the sorted list of the configuration. At most 64. */
export type HostSet = bigint;

export const maxHosts = 64;

export const noHosts: HostSet = 0n;

const bits: readonly HostSet[] = Array.from({ length: maxHosts }, (_, index) => 1n << BigInt(index));

/** The set of one host. @throws RangeError for an index that no host can have. */
export function only(index: number): HostSet {
  const bit = bits[index];
  if (bit === undefined) throw new RangeError(`there is no host with the index ${index}`);
  return bit;
}

export function has(set: HostSet, index: number): boolean {
  return (set & only(index)) !== noHosts;
}

/** Is every host of `inner` in `outer`? */
export function within(inner: HostSet, outer: HostSet): boolean {
  return (inner & ~outer) === noHosts;
}

/** The indices, lowest first. */
export function indicesOf(set: HostSet): number[] {
  const found: number[] = [];
  for (let rest = set, index = 0; rest !== noHosts; rest >>= 1n, index += 1)
    if ((rest & 1n) !== noHosts) found.push(index);
  return found;
}

export function countOf(set: HostSet): number {
  let count = 0;
  for (let rest = set; rest !== noHosts; rest &= rest - 1n) count += 1;
  return count;
}
