/** What is served over HTTP beside calls: the published names, paths and least roles, for those that there are here. */
import type { RoleName } from './roles.ts';

export interface HttpAction {
  readonly method: 'GET';
  readonly path: string;
  readonly role: RoleName;
  readonly doc: string;
}

export const httpActions = {
  host_rrd: {
    method: 'GET',
    path: '/host_rrd',
    role: 'read-only',
    doc: 'Returns all archives of figures of the host, as XML that rrdtool restores; with json=true as JSON.',
  },
  rrd_updates: {
    method: 'GET',
    path: '/rrd_updates',
    role: 'read-only',
    doc: 'Returns figures since the time start, in rows that are at least interval seconds apart, consolidated by cf (AVERAGE, MIN, MAX); with host=true those of the host, with json=true as JSON.',
  },
  get_metrics: {
    method: 'GET',
    path: '/metrics',
    role: 'read-only',
    doc: 'Returns the latest figures of the host and of the agent as text for Prometheus.',
  },
  get_agent_status: {
    method: 'GET',
    path: '/agent_status',
    role: 'pool-operator',
    doc: 'Returns how the agent does, as JSON: version, addresses, what is wrong, and its settings with where each comes from.',
  },
} as const satisfies Readonly<Record<string, HttpAction>>;

export type HttpActionName = keyof typeof httpActions;

/** Name of the permission to do it. */
export function httpPermission(name: HttpActionName): string {
  return `http/${name}`;
}

/** The least role that has a permission to do one of them; undefined when it is none of theirs. */
export function roleOfHttpPermission(permission: string): RoleName | undefined {
  const actions: Readonly<Record<string, HttpAction>> = httpActions;
  return Object.entries(actions).find(([name]) => httpPermission(name as HttpActionName) === permission)?.[1].role;
}
