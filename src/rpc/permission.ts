import type { Session } from '../api/call.ts';
import { type RoleName, rolesFrom } from '../datamodel/index.ts';

/** True when the session has the least role that is asked for, or a higher one. */
export function permits(session: Session, least: RoleName | 'local-root-only'): boolean {
  if (session.superuser) return true;
  return least !== 'local-root-only' && session.role !== undefined && rolesFrom(least).includes(session.role);
}
