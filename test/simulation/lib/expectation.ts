/** What a client knows of its objects: what was acknowledged, and what may or may not have happened. */

/** The fields of a VM that the clients change. */
export interface VmState {
  readonly label: string;
  readonly config: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  readonly appliance: string;
  /** How many interfaces it has. */
  readonly interfaces: number;
}

/** A VM, or undefined when there is none. */
export type MaybeVm = VmState | undefined;

export interface Expected {
  readonly ref: string;
  /** The states it may be in: one when all is known, two when the last call was not answered. */
  states: readonly MaybeVm[];
  /** Counts the calls about it, so that an observer can tell whether one began meanwhile. */
  revision: number;
}

export function isCertain(expected: Expected): boolean {
  return expected.states.length === 1;
}

function sameState(one: MaybeVm, other: MaybeVm): boolean {
  return stateText(one) === stateText(other);
}

export function stateText(state: MaybeVm): string {
  if (state === undefined) return 'gone';
  const config = Object.entries(state.config).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([state.label, config, state.tags.toSorted(), state.appliance, state.interfaces]);
}

/** What the API or the database says of a VM. */
export function stateOf(record: Readonly<Record<string, unknown>>): VmState {
  return {
    label: String(record['name_label']),
    config: record['other_config'] as Readonly<Record<string, string>>,
    tags: record['tags'] as readonly string[],
    appliance: String(record['appliance']),
    interfaces: (record['VIFs'] as readonly string[]).length,
  };
}

/** All that one agent's clients expect of it. */
export class Expectations {
  readonly vms = new Map<string, Expected>();
  /** Labels of VMs whose creation was not answered. */
  readonly unknown = new Set<string>();

  /** A sentence about a VM that is not as expected; undefined when it is. */
  contradiction(expected: Expected, found: MaybeVm): string | undefined {
    if (expected.states.some((state) => sameState(state, found))) return undefined;
    const wanted = expected.states.map(stateText).join(' or ');
    return `VM ${expected.ref} should be ${wanted}, and is ${stateText(found)}`;
  }

  /** A sentence about a VM that nobody made; undefined when somebody did, or may have. */
  ghost(ref: string, state: VmState): string | undefined {
    if (this.vms.has(ref) || this.unknown.has(state.label)) return undefined;
    return `VM ${ref} is there, and nobody made it: ${stateText(state)}`;
  }
}
