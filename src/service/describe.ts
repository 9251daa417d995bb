/** How the agent does, in one sentence. */

export interface AgentState {
  readonly addresses: readonly string[];
  readonly sessions: number;
  /** Why the disk refused the last write. */
  readonly notWritable: string | undefined;
}

export function describeAgent({ addresses, sessions, notWritable }: AgentState): string {
  const open = sessions === 1 ? '1 session' : `${sessions} sessions`;
  const serves = `Serving ${open} on ${addresses.join(', ')}.`;
  // What is wrong comes first: the line may be cut.
  return notWritable === undefined ? serves : `Nothing can be changed: ${notWritable}. ${serves}`;
}
