/** The stacks of this host as objects of the API. */
import type { Transaction } from '../database/types.ts';
import { identityOf } from '../host/objects/identity.ts';
import { formatDatetime } from '../lib/datetime.ts';
import type { StackRecord } from './registry-rules.ts';

/** Makes the objects of one host those of its stacks. One that comes back has the reference and the uuid that it had. */
export function applyStacks(tx: Transaction, host: string, stacks: ReadonlyMap<string, StackRecord>): void {
  const hostUuid = tx.require('host', host).uuid;
  const known = new Map<string, string>();
  for (const ref of tx.refs('Cluster_stack')) {
    const { host: of, name_label } = tx.require('Cluster_stack', ref);
    if (of === host) known.set(name_label, ref);
  }
  for (const stack of stacks.values()) {
    const fields = {
      name_description: stack.manifest.description,
      contract_version: stack.described ? stack.manifest.contract : '',
      capabilities: [...stack.manifest.capabilities],
      path: stack.directory,
      scripts: [...stack.scripts],
      restricts_srs: stack.supportedSrs !== undefined,
      ha_supported_srs: [...(stack.supportedSrs ?? [])],
      usable: stack.usable,
      refusals: [...stack.refusals],
      last_changed: formatDatetime(stack.changedMs),
      fingerprint: stack.fingerprint,
    };
    const ref = known.get(stack.name);
    known.delete(stack.name);
    if (ref !== undefined) {
      tx.update('Cluster_stack', ref, fields);
      continue;
    }
    const identity = identityOf(tx, 'Cluster_stack', `${hostUuid}/${stack.name}`);
    const uuid = identity && { uuid: identity.uuid };
    tx.create('Cluster_stack', { ...fields, name_label: stack.name, host, ...uuid }, identity?.ref);
  }
  for (const ref of known.values()) tx.destroy('Cluster_stack', ref);
}
