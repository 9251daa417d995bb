/** The cluster stacks of this host. Implemented in src/stack; api only asks. */

/** Which stack high availability would use. */
export interface StackChoice {
  readonly stack: string;
  /** asked: the caller named it. storage, cluster: objects demand it. default: nothing does. */
  readonly because: 'asked' | 'storage' | 'cluster' | 'default';
  /** References of the objects that demand something. */
  readonly objects: readonly string[];
  /** Sentences that lead to it, in order. */
  readonly explanation: readonly string[];
}

export interface StackService {
  /** Looks at the stacks again; resolves when the objects say what is there. Never rejects. */
  scan(): Promise<void>;
  /**
   * Asks a stack for its liveset, as texts by name. Rejects with ApiError CLUSTER_STACK_FAILED or CLUSTER_STACK_REFUSED, or with the
   * reason of the signal.
   */
  queryLiveset(name: string, signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /**
   * @param asked Name of a stack; empty: let the facts decide
   * @param statefile References of the storage that is to hold the statefile; none: not known yet
   * @throws ApiError CLUSTER_STACK_CONFLICT, CLUSTER_STACK_CONSTRAINT, CLUSTER_STACK_REFUSED, INCOMPATIBLE_STATEFILE_SR,
   * SR_UNKNOWN_DRIVER, UNKNOWN_CLUSTER_STACK; HANDLE_INVALID
   */
  choose(asked: string, statefile: readonly string[]): StackChoice;
  /** Whether high availability that runs lets storage be connected. @throws ApiError INCOMPATIBLE_CLUSTER_STACK_ACTIVE */
  assertPluggable(pbd: string): void;
}
