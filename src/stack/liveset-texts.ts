/** A liveset, and what hides one, as they go over the API. */
import { ApiError } from '../datamodel/index.ts';
import type { StackFault } from './fault.ts';
import type { Liveset, LivesetHost, LivesetWarnings } from './liveset.ts';

const warningNames: Readonly<Record<keyof LivesetWarnings, string>> = {
  statefileLost: 'statefile_lost',
  heartbeatApproachingTimeout: 'heartbeat_approaching_timeout',
  statefileApproachingTimeout: 'statefile_approaching_timeout',
  healthCheckApproachingTimeout: 'Xapi_healthcheck_approaching_timeout',
  networkBondingError: 'network_bonding_error',
};

/** Lists are words with spaces between, in the order of the liveset. */
export function livesetTexts({ status, localhost, hosts, warnings }: Liveset): Readonly<Record<string, string>> {
  const whose = (fits: (host: LivesetHost) => boolean): string =>
    hosts
      .filter((host) => fits(host))
      .map(({ hostId }) => hostId)
      .join(' ');
  const own = { status, localhost: localhost.hostId };
  if (status !== 'Online') return own;
  const names = Object.entries(warningNames) as [keyof LivesetWarnings, string][];
  return {
    ...own,
    hosts: whose(() => true),
    live: whose(({ liveness }) => liveness),
    master: whose(({ master }) => master),
    without_statefile: whose(({ statefileAccess }) => !statefileAccess),
    corrupted_statefile: whose(({ statefileCorrupted }) => statefileCorrupted),
    excluded: whose(({ excluded }) => excluded),
    warnings: names
      .filter(([member]) => warnings?.[member] === true)
      .map(([, name]) => name)
      .join(' '),
  };
}

/** What a caller of the API is told of a script that came to nothing. */
export function apiErrorOf(stack: string, { reason, message, details }: StackFault): ApiError {
  if (reason === 'refused') return new ApiError('CLUSTER_STACK_REFUSED', stack, message);
  return new ApiError('CLUSTER_STACK_FAILED', stack, message, details.wayOut ?? 'Try again.');
}
