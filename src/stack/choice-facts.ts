/** What the choice of a stack depends on, from the database. */
import type { Reader } from '../database/types.ts';
import type { ChoiceFacts, InstalledStack, Storage } from './choice.ts';

/** @throws ApiError HANDLE_INVALID */
export function storageOf(database: Reader, ref: string): Storage {
  const { uuid, name_label, type } = database.require('SR', ref);
  return { ref, type, label: name_label === '' ? uuid : name_label };
}

function stacksOfType(database: Reader): ChoiceFacts['drivers'] {
  return database.refs('SM').map((ref) => {
    const { type, required_cluster_stack } = database.require('SM', ref);
    return { type, stacks: required_cluster_stack };
  });
}

/** What is attached on the coordinator counts: it is there that high availability is enabled. */
export function choiceFacts(database: Reader, usual: string, installed: readonly InstalledStack[]): ChoiceFacts {
  const [pool] = database.refs('pool');
  const master = pool === undefined ? undefined : database.require('pool', pool).master;
  const attached = database
    .refs('PBD')
    .map((ref) => database.require('PBD', ref))
    .filter(({ host, currently_attached }) => currently_attached && host === master);
  const refs = new Set(attached.map(({ SR }) => SR).filter((ref) => database.get('SR', ref) !== undefined));
  return {
    storage: [...refs].map((ref) => storageOf(database, ref)),
    drivers: stacksOfType(database),
    clusters: database.refs('Cluster').map((ref) => ({ ref, stack: database.require('Cluster', ref).cluster_stack })),
    usual,
    installed,
  };
}

/** The stack that runs, and those of which the storage of a connection needs one. @throws ApiError HANDLE_INVALID */
export function plugFacts(
  database: Reader,
  pbd: string,
): { readonly active: string | undefined; readonly required: readonly string[] } {
  const { SR } = database.require('PBD', pbd);
  const type = database.get('SR', SR)?.type;
  const required = stacksOfType(database).find((driver) => driver.type === type)?.stacks ?? [];
  const [pool] = database.refs('pool');
  const { ha_enabled, ha_cluster_stack } =
    pool === undefined ? { ha_enabled: false, ha_cluster_stack: '' } : database.require('pool', pool);
  return { active: ha_enabled ? ha_cluster_stack : undefined, required };
}
