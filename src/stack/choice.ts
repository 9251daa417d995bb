/** Which cluster stack high availability uses, and why. Pure: the same facts get the same answer. */
import { ApiError } from '../datamodel/index.ts';

/** A storage repository. */
export interface Storage {
  readonly ref: string;
  readonly type: string;
  /** As people call it. */
  readonly label: string;
}

export interface InstalledStack {
  readonly name: string;
  readonly usable: boolean;
  readonly refusals: readonly string[];
  /** Types of storage that may hold its statefile; undefined: any. */
  readonly supportedSrs: readonly string[] | undefined;
}

export interface ChoiceFacts {
  /** What is attached on the coordinator, in order. */
  readonly storage: readonly Storage[];
  /** Storage drivers, with the stacks of which each needs one; of two of one type the first counts. */
  readonly drivers: readonly { readonly type: string; readonly stacks: readonly string[] }[];
  readonly clusters: readonly { readonly ref: string; readonly stack: string }[];
  /** The setting cluster-stack-default. */
  readonly usual: string;
  readonly installed: readonly InstalledStack[];
}

export interface ChoiceQuestion {
  /** Empty: let the facts decide. */
  readonly asked: string;
  /** Where the statefile is to be; none: not known yet. */
  readonly statefile: readonly Storage[];
}

/** What a stack was chosen for. */
export type Because = 'asked' | 'storage' | 'cluster' | 'default';

export type Choice = {
  /** Sentences that lead to the answer, in order. */
  readonly explanation: readonly string[];
} & (
  | { readonly stack: string; readonly because: Because; readonly objects: readonly string[] }
  | { readonly failure: ApiError }
);

/** An object that a stack must suit. */
interface Demand {
  readonly kind: 'storage' | 'cluster';
  readonly ref: string;
  /** Any one of them, the best first; never empty. */
  readonly stacks: readonly string[];
  readonly label: string;
}

interface Verdict {
  readonly stack: string;
  readonly because: Because;
  /** What demanded it. */
  readonly objects: readonly string[];
}

export function chooseStack(facts: ChoiceFacts, question: ChoiceQuestion): Choice {
  const explanation: string[] = [];
  try {
    const verdict = decide(facts, question.asked, explanation);
    assertInstalled(facts, verdict.stack, explanation);
    assertHolds(facts, verdict.stack, question.statefile, explanation);
    return { ...verdict, explanation };
  } catch (thrown) {
    if (!(thrown instanceof ApiError)) throw thrown;
    return { failure: thrown, explanation };
  }
}

/** In the order of the storage, then the clusters. @throws ApiError SR_UNKNOWN_DRIVER */
function demandsOf({ storage, drivers, clusters }: ChoiceFacts): readonly Demand[] {
  const ofStorage = storage.flatMap(({ ref, type, label }): Demand[] => {
    const driver = drivers.find((one) => one.type === type);
    if (driver === undefined) throw new ApiError('SR_UNKNOWN_DRIVER', type);
    return driver.stacks.length === 0
      ? []
      : [{ kind: 'storage', ref, stacks: driver.stacks, label: `The storage ${label} of the type ${type}` }];
  });
  const ofClusters = clusters.map(
    ({ ref, stack }): Demand => ({ kind: 'cluster', ref, stacks: [stack], label: 'The Cluster of the pool' }),
  );
  return [...ofStorage, ...ofClusters];
}

function decide(facts: ChoiceFacts, asked: string, explanation: string[]): Verdict {
  if (asked !== '') {
    explanation.push(`The caller asks for ${asked}.`);
    if (!facts.installed.some(({ name }) => name === asked)) {
      explanation.push(`There is no cluster stack ${asked} on this host.`);
      throw new ApiError('UNKNOWN_CLUSTER_STACK', asked);
    }
  }
  const demands = demandsOf(facts);
  for (const { label, stacks } of demands) explanation.push(`${label} needs ${inWords(stacks)}.`);
  if (asked !== '') return agreed(asked, demands);
  const [first, ...rest] = demands;
  if (first === undefined) {
    explanation.push(`Nothing demands a stack: ${facts.usual} is the default.`);
    return { stack: facts.usual, because: 'default', objects: [] };
  }
  let left = first.stacks;
  for (const demand of rest) {
    const both = left.filter((stack) => demand.stacks.includes(stack));
    if (both.length === 0) throw conflict(demands, demand, explanation);
    left = both;
  }
  const stack = left[0] ?? '';
  const chosen = left.length > 1 ? `${stack} comes first among those that suit all` : `${stack} suits all`;
  explanation.push(demands.length > 1 || left.length > 1 ? `${chosen}.` : `That is ${stack}.`);
  return { stack, because: first.kind, objects: demands.map(({ ref }) => ref) };
}

function agreed(asked: string, demands: readonly Demand[]): Verdict {
  const against = demands.find(({ stacks }) => !stacks.includes(asked));
  if (against !== undefined) throw new ApiError('CLUSTER_STACK_CONSTRAINT', against.ref, against.stacks[0] ?? '');
  return { stack: asked, because: 'asked', objects: demands.map(({ ref }) => ref) };
}

/** Names the demand that left nothing, and the one before it that it cannot go with. */
function conflict(demands: readonly Demand[], last: Demand, explanation: string[]): ApiError {
  const before = demands.slice(0, demands.indexOf(last));
  const other = before.find(({ stacks }) => !stacks.some((stack) => last.stacks.includes(stack))) ?? before[0] ?? last;
  explanation.push('No stack suits all of them.');
  return new ApiError('CLUSTER_STACK_CONFLICT', other.ref, other.stacks.join(','), last.ref, last.stacks.join(','));
}

/** @throws ApiError UNKNOWN_CLUSTER_STACK, CLUSTER_STACK_REFUSED */
function assertInstalled({ installed }: ChoiceFacts, stack: string, explanation: string[]): void {
  const found = installed.find(({ name }) => name === stack);
  if (found === undefined) {
    explanation.push(`There is no cluster stack ${stack} on this host.`);
    throw new ApiError('UNKNOWN_CLUSTER_STACK', stack);
  }
  if (found.usable) return;
  const reason = found.refusals[0] ?? '';
  explanation.push(`${stack} is refused. ${reason}`);
  throw new ApiError('CLUSTER_STACK_REFUSED', stack, reason);
}

/** @throws ApiError INCOMPATIBLE_STATEFILE_SR */
function assertHolds(
  { installed }: ChoiceFacts,
  stack: string,
  statefile: readonly Storage[],
  explanation: string[],
): void {
  const types = installed.find(({ name }) => name === stack)?.supportedSrs;
  if (types === undefined) return;
  explanation.push(
    `The statefile of ${stack} can be on storage of ${types.length === 0 ? 'no type' : `the type ${inWords(types)}`}.`,
  );
  const wrong = statefile.find(({ type }) => !types.includes(type));
  if (wrong === undefined) return;
  explanation.push(`${wrong.label} is of the type ${wrong.type}.`);
  throw new ApiError('INCOMPATIBLE_STATEFILE_SR', types.join(','));
}

function inWords(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}`;
}

/** @throws ApiError when there is none */
export function chosenStack(choice: Choice): Extract<Choice, { stack: string }> {
  if ('failure' in choice) throw choice.failure;
  return choice;
}

/** What connecting storage would do to high availability that runs. @throws ApiError INCOMPATIBLE_CLUSTER_STACK_ACTIVE */
export function assertPluggable(active: string | undefined, required: readonly string[]): void {
  if (active === undefined || required.length === 0 || required.includes(active)) return;
  throw new ApiError('INCOMPATIBLE_CLUSTER_STACK_ACTIVE', required.join(','));
}
