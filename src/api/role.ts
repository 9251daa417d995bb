import type { Reader } from '../database/types.ts';
import { type RoleName, roleNames, roleOfHttpPermission, rolesFrom } from '../datamodel/index.ts';
import { type Call, implement } from './call.ts';

/** The role objects: the six roles, and one for each permission, which is a role that nobody is given by itself. */
export function isRoleName(name: string): name is RoleName {
  return (roleNames as readonly string[]).includes(name);
}

function labels(database: Reader, refs: readonly string[]): string[] {
  return refs.map((ref) => database.require('role', ref).name_label);
}

/** Permissions of a role, its own and those of the roles below it. */
function permissionsOf(database: Reader, ref: string): string[] {
  const { name_label, subroles } = database.require('role', ref);
  if (!isRoleName(name_label)) return [ref];
  return subroles.flatMap((sub) => permissionsOf(database, sub));
}

/** The names of all permissions that somebody with a role has. */
export function permissionNames(database: Reader, role: RoleName): readonly string[] {
  return labels(
    database,
    database.byNameLabel('role', role).flatMap((ref) => permissionsOf(database, ref)),
  );
}

/** The names of the roles that have a permission, highest first. */
function rolesWith(call: Call, permission: string): string[] {
  const message = [...call.datamodel.messages.values()].find((m) => m.permission === permission);
  const least = message?.role ?? roleOfHttpPermission(permission);
  if (least === undefined || least === 'local-root-only') return [];
  const names: ReadonlySet<string> = new Set(rolesFrom(least));
  return call.database.refs('role').filter((ref) => names.has(call.database.require('role', ref).name_label));
}

export const role = implement('role', {
  get_permissions: (call, { self }) => permissionsOf(call.database, self),
  get_permissions_name_label: (call, { self }) => labels(call.database, permissionsOf(call.database, self)),
  get_by_permission: (call, { permission }) => rolesWith(call, call.database.require('role', permission).name_label),
  get_by_permission_name_label: (call, { label }) => rolesWith(call, label),
});
