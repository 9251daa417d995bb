/** Names that come out the same at every start, so that an object that comes back is the one that it was. */
import { createHash } from 'node:crypto';
import type { Transaction } from '../../database/types.ts';
import { ApiError, type ClassName } from '../../datamodel/index.ts';

/** The same uuid for the same name at every start and on every host. */
export function uuidOfName(name: string): string {
  const hex = createHash('sha256').update(`quorate:${name}`).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The reference that an object of that name is made with. */
export function refOfName(className: ClassName, name: string): string {
  return `OpaqueRef:${uuidOfName(`${className}/${name}/ref`)}`;
}

/** A reference and a uuid for a new object; undefined where another object has them already: then both are drawn. */
export function identityOf(
  tx: Transaction,
  className: ClassName,
  name: string,
): { readonly ref: string; readonly uuid: string } | undefined {
  const ref = refOfName(className, name);
  const uuid = uuidOfName(`${className}/${name}`);
  if (tx.get(className, ref) !== undefined) return undefined;
  try {
    tx.byUuid(className, uuid);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof ApiError && thrown.code === 'UUID_INVALID') return { ref, uuid };
    throw thrown;
  }
}

/** Destroys an object unless a stored one still refers to it. Returns whether it is gone. */
export function destroyUnused(tx: Transaction, className: ClassName, ref: string): boolean {
  try {
    tx.destroy(className, ref);
    return true;
  } catch (thrown) {
    if (thrown instanceof ApiError && thrown.code === 'OPERATION_NOT_ALLOWED') return false;
    throw thrown;
  }
}

/** The uuid of a host by its machine-id, so that an agent that is installed anew describes the host that it was. */
export function uuidOfMachine(machineId: string): string | undefined {
  return /^[\da-f]{32}$/.test(machineId) && !/^0+$/.test(machineId) ? uuidOfName(`host/${machineId}`) : undefined;
}

/** The reference that refers to nothing. */
export const nullRef = 'OpaqueRef:NULL';
