/**
 * Why something about a stack came to nothing. refused: its owner said that it must not run now. not-started: the system could
 * not start the script. failed: it ended with an exit code that the contract names. unknown-exit-code: with another one. killed:
 * a signal ended it. timed-out: it took longer than its limit. too-long: it printed more than is read. unreadable: what it
 * printed, or a file of it, is not what the contract says. busy: too many calls wait already. gave-way: a change ended a waiting
 * proposal. closed: the agent stops, or the stack has gone.
 */
export type FaultReason =
  | 'refused'
  | 'not-started'
  | 'failed'
  | 'unknown-exit-code'
  | 'killed'
  | 'timed-out'
  | 'too-long'
  | 'unreadable'
  | 'busy'
  | 'gave-way'
  | 'closed';

export interface FaultDetails {
  /** The script that was called, where one was. */
  readonly script?: string;
  /** Its exit code, where it had one. */
  readonly exitCode?: number;
  /** Name of the code in the contract, such as DAEMON_IS_NOT_PRESENT. */
  readonly symbol?: string;
  readonly signal?: string;
  /** What an admin can do about it. */
  readonly wayOut?: string;
  /** The last lines that the script wrote to standard error, oldest first. */
  readonly lastWords?: readonly string[];
}

/** Something about a stack came to nothing. The message is one sentence or more, for people. */
export class StackFault extends Error {
  readonly reason: FaultReason;
  readonly details: FaultDetails;

  constructor(reason: FaultReason, sentence: string, details: FaultDetails = {}) {
    super(sentence);
    this.name = 'StackFault';
    this.reason = reason;
    this.details = details;
  }
}
