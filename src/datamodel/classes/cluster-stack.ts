import { defineClass, extension, op, optional, ro } from '../define.ts';

const since = extension;

export const Cluster_stack = defineClass({
  name: 'Cluster_stack',
  doc: 'A cluster stack on a host: a folder below cluster-stack-root with the scripts that high availability calls. It comes, changes and goes with the folder. Whether it may be used is looked at again right before each call.',
  since,
  storage: 'runtime',
  events: true,
  enumerable: true,
  writeRole: 'pool-operator',
  fields: {
    uuid: ro('string', { since, doc: 'Identifier of the stack; the same for the same host and name, whenever it comes back.' }),
    name_label: ro('string', { since, default: '', doc: 'Name of the stack, which is that of its folder and what pool.ha_cluster_stack says.' }),
    name_description: ro('string', { since, default: '', doc: 'What its stack.json says about it; empty when it says nothing.' }),
    host: ro('host ref', { since, doc: 'Host that the stack is on.' }),
    path: ro('string', { since, default: '', doc: 'Folder of the stack on that host.' }),
    usable: ro('bool', { since, default: false, doc: 'True when the host would run its scripts.' }),
    refusals: ro('string set', { since, default: [], doc: 'Why the host would not run its scripts, each a sentence with the way out; empty when it would.' }),
    scripts: ro('string set', { since, default: [], doc: 'Scripts of the contract that are there.' }),
    contract_version: ro('string', { since, default: '', doc: 'Version of the contract that its stack.json names; empty when it names none.' }),
    capabilities: ro('string set', { since, default: [], doc: 'What it can do beyond the contract, as its stack.json says.' }),
    restricts_srs: ro('bool', { since, default: false, doc: 'True when only some types of storage may hold its statefile: those of ha_supported_srs.' }),
    ha_supported_srs: ro('string set', { since, default: [], doc: 'Types of storage that may hold its statefile, when restricts_srs is true.' }),
    last_changed: ro('datetime', { since, default: '19700101T00:00:00Z', doc: 'When a file of it changed last.' }),
    fingerprint: ro('string', { since, default: '', doc: 'Another one whenever a file of it is changed, replaced, added or taken away, or is given other permissions.' }),
  },
  messages: {
    scan: op({ host: 'host ref' }, 'void', { since, role: 'pool-operator', async: true, doc: 'Looks at the stacks of a host again, and returns when the objects say what is there. The host does so itself whenever something changes.' }),
    query_liveset: op({ self: 'Cluster_stack ref' }, '(string -> string) map', {
      since,
      role: 'pool-operator',
      async: true,
      errors: ['CLUSTER_STACK_FAILED', 'CLUSTER_STACK_REFUSED'],
      doc: 'Asks the stack who is alive, by its ha_query_liveset. Returns status (Online, Starting, Offline) and localhost, and for an Online one, as uuids with spaces between: hosts, live, master, without_statefile, corrupted_statefile, excluded; and warnings, as names.',
    }),
    explain_choice: op({ cluster_stack: optional('string', '') }, '(string -> string) map', {
      since,
      role: 'read-only',
      errors: ['CLUSTER_STACK_CONFLICT', 'CLUSTER_STACK_CONSTRAINT', 'CLUSTER_STACK_REFUSED', 'SR_UNKNOWN_DRIVER', 'UNKNOWN_CLUSTER_STACK'],
      doc: 'Returns which stack pool.enable_ha would use and because of what, or raises what it would raise. With a name: whether that one could be used.',
    }),
  },
});
