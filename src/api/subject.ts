import { ApiError } from '../datamodel/index.ts';
import { limits } from '../lib/limits.ts';
import { type Call, implement } from './call.ts';
import { isRoleName, role as roles } from './role.ts';

/**
 * Subjects are accounts of the machine: `user:NAME` or `group:NAME`.
 * @throws ApiError SUBJECT_CANNOT_BE_RESOLVED when the machine knows no such account.
 */
export async function assertAccountExists(call: Call, identifier: string): Promise<void> {
  const found = /^(user|group):([^\s:/-][^\s:/]*)$/.exec(identifier);
  if (found?.[1] === undefined || found[2] === undefined) throw new ApiError('SUBJECT_CANNOT_BE_RESOLVED');
  const result = await call.world.programs.run('getent', [found[1] === 'user' ? 'passwd' : 'group', found[2]], {
    timeoutMs: limits.passwordCheckMs,
    maxOutputBytes: limits.smallOutputBytes,
  });
  if (result.exitCode !== 0) throw new ApiError('SUBJECT_CANNOT_BE_RESOLVED');
}

/** @throws ApiError SUBJECT_ALREADY_EXISTS */
export function assertSubjectIsNew(call: Call, identifier: string): void {
  const { database } = call;
  const known = database
    .refs('subject')
    .some((ref) => database.require('subject', ref).subject_identifier === identifier);
  if (known) throw new ApiError('SUBJECT_ALREADY_EXISTS');
}

export const subject = implement('subject', {
  add_to_roles: (call, { self, role }) => {
    const current = call.database.require('subject', self).roles;
    if (!isRoleName(call.database.get('role', role)?.name_label ?? '')) throw new ApiError('ROLE_NOT_FOUND');
    if (current.includes(role)) throw new ApiError('ROLE_ALREADY_EXISTS');
    call.change((tx) => tx.update('subject', self, { roles: [...current, role] }));
  },
  remove_from_roles: (call, { self, role }) => {
    const current = call.database.require('subject', self).roles;
    if (!current.includes(role)) throw new ApiError('ROLE_NOT_FOUND');
    call.change((tx) => tx.update('subject', self, { roles: current.filter((ref) => ref !== role) }));
    // What a session may do is settled at login, so those that logged in with the role log in again.
    call.sessions.logoutSubject(call.database.require('subject', self).subject_identifier);
  },
  get_permissions_name_label: async (call, { self }) => {
    const names = new Set<string>();
    for (const ref of call.database.require('subject', self).roles) {
      for (const name of await roles.get_permissions_name_label(call, { self: ref })) names.add(name);
    }
    return [...names];
  },
});
