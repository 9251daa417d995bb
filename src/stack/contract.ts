/**
 * The contract of cluster stacks as data: which scripts there are, how each is called, what its exit codes mean. The runner, the
 * conformance kit and the reference are derived from these tables. It is xhad's contract, so that a stack written for
 * another server of this API runs unchanged.
 */

/**
 * change: alters the state of the stack; one at a time. query: tells something; never waits behind a change. wait: a change
 * that may block for as long as nobody holds the master lock; no query waits behind it.
 */
export type ScriptKind = 'change' | 'query' | 'wait';

export interface ExitCode {
  /** Name of the code in the original's public header, without its prefix. */
  readonly symbol: string;
  /** What has happened, as a sentence about the script. */
  readonly sentence: string;
  /** What an admin can do about it. */
  readonly wayOut: string;
}

export interface Script {
  readonly kind: ScriptKind;
  /** false: a stack may do without it, and nothing of the agent needs it. */
  readonly required: boolean;
  /** What the agent calls it with, one list of words for each way; `CLASS` and `WEIGHT` stand for what is meant. */
  readonly arguments: readonly (readonly string[])[];
  /** What it prints when it succeeds. */
  readonly output: 'nothing' | 'liveset' | 'TRUE or FALSE' | 'livesets';
  /** Exit codes that the contract names for it; any other is a fault of the stack. 0 is among them. */
  readonly exitCodes: readonly number[];
  /** Codes that mean that what was asked for is so already. */
  readonly alreadySo: readonly number[];
  /** May a caller repeat it without harm? */
  readonly idempotent: boolean;
  /** After this the call is given up and its process group ended. */
  readonly timeLimitMs: number;
  /** Why that long. */
  readonly timeLimitReason: string;
  readonly doc: string;
}

/** Codes that every script may end with: the checks that come before its own work. */
const common = [0, 1, 2, 3, 6, 7, 16] as const;

export const scripts = {
  ha_set_pool_state: {
    kind: 'change',
    required: true,
    arguments: [['init'], ['active'], ['invalid']],
    output: 'nothing',
    exitCodes: [...common, 8, 9, 10, 11, 14, 15, 17],
    alreadySo: [],
    idempotent: true,
    timeLimitMs: 120_000,
    timeLimitReason:
      'It may have to wait for one turn of the statefile on every host, and a slow disk takes tens of seconds.',
    doc: 'Sets the state of the whole pool in the statefile: `init` prepares a new one, `active` allows joining, `invalid` ends high availability on every host.',
  },
  ha_start_daemon: {
    kind: 'change',
    required: true,
    arguments: [[]],
    output: 'nothing',
    exitCodes: [...common, 4, 5, 8, 9, 10, 11, 12, 13, 15, 18, 127],
    alreadySo: [15],
    idempotent: false,
    timeLimitMs: 600_000,
    timeLimitReason:
      'It returns when this host is a member; a stack waits for the others for its own time, which grows with the timeout of the pool.',
    doc: 'Starts the daemon of this host, which arms its fencing, and returns when the host is in the liveset.',
  },
  ha_query_liveset: {
    kind: 'query',
    required: true,
    arguments: [[]],
    output: 'liveset',
    exitCodes: [...common, 14],
    alreadySo: [],
    idempotent: true,
    timeLimitMs: 20_000,
    timeLimitReason: 'It only asks the daemon of this host. Answers older than a turn of the monitor are of no use.',
    doc: 'Prints who is in the liveset, as seen from this host.',
  },
  ha_propose_master: {
    kind: 'wait',
    required: true,
    arguments: [[]],
    output: 'TRUE or FALSE',
    exitCodes: [...common, 14, 17],
    alreadySo: [],
    idempotent: true,
    timeLimitMs: 300_000,
    timeLimitReason:
      'It may wait until the host that held the lock is known to be dead, which is the sum of the timeouts of the stack.',
    doc: 'Asks for the lock of the master. TRUE: this host holds it. FALSE: another one does, or the statefile is out of reach.',
  },
  ha_disarm_fencing: {
    kind: 'change',
    required: true,
    arguments: [[]],
    output: 'nothing',
    exitCodes: [...common, 14, 17],
    alreadySo: [14],
    idempotent: true,
    timeLimitMs: 60_000,
    timeLimitReason: 'It waits until every part of the daemon has confirmed, each within one of its turns.',
    doc: 'Takes away the power to fence from the daemon of this host, so that it can be stopped.',
  },
  ha_stop_daemon: {
    kind: 'change',
    required: true,
    arguments: [[]],
    output: 'nothing',
    exitCodes: [...common],
    alreadySo: [],
    idempotent: true,
    timeLimitMs: 120_000,
    timeLimitReason: 'It waits until the daemon has gone; a daemon that writes to a slow disk needs its time.',
    doc: 'Ends the daemon of this host and waits until it has gone. Succeeds when there is none.',
  },
  ha_set_excluded: {
    kind: 'change',
    required: true,
    arguments: [[]],
    output: 'nothing',
    exitCodes: [...common, 8, 9, 10, 11],
    alreadySo: [],
    idempotent: true,
    timeLimitMs: 60_000,
    timeLimitReason: 'It writes once to the statefile.',
    doc: 'Marks this host as excluded: the others go on without it and without waiting for it.',
  },
  ha_clear_excluded: {
    kind: 'change',
    required: false,
    arguments: [[]],
    output: 'nothing',
    exitCodes: [...common, 8, 9, 10, 11],
    alreadySo: [],
    idempotent: true,
    timeLimitMs: 60_000,
    timeLimitReason: 'It writes once to the statefile.',
    doc: 'Takes the mark of exclusion away from this host.',
  },
  ha_set_host_weight: {
    kind: 'change',
    required: false,
    arguments: [['CLASS', 'WEIGHT']],
    output: 'nothing',
    exitCodes: [...common],
    alreadySo: [],
    idempotent: true,
    timeLimitMs: 20_000,
    timeLimitReason: 'It only tells the daemon of this host.',
    doc: 'Gives this host a weight of a class, from 0 to 65535; when a pool falls in two, the heavier half lives on. 0 removes the class.',
  },
  ha_watch_liveset: {
    kind: 'query',
    required: false,
    arguments: [[]],
    output: 'livesets',
    exitCodes: [...common, 14],
    alreadySo: [],
    idempotent: true,
    timeLimitMs: 0,
    timeLimitReason: 'It runs for as long as the agent does; polling stays underneath.',
    doc: 'Goes on running and prints a whole liveset at its start and whenever it has changed, each followed by an empty line. An addition to the contract; stacks without it are polled.',
  },
} as const satisfies Readonly<Record<string, Script>>;

export type ScriptName = keyof typeof scripts;

export const scriptNames = Object.keys(scripts) as readonly ScriptName[];

export const exitCodes = {
  0: { symbol: 'SUCCESS', sentence: 'It succeeded.', wayOut: 'Nothing is to be done.' },
  1: {
    symbol: 'INVALID_PARAMETER',
    sentence: 'It refused an argument.',
    wayOut: 'The agent and the stack disagree on the contract; run quorate stack check on the stack.',
  },
  2: {
    symbol: 'SYSTEM_ERROR',
    sentence: 'The system failed it for good.',
    wayOut: 'Look at the journal of this host at that time for memory, disk and permissions.',
  },
  3: {
    symbol: 'TRANSIENT_SYSTEM_ERROR',
    sentence: 'The system failed it for a moment.',
    wayOut: 'Try again; if it stays, look at the journal of this host.',
  },
  4: {
    symbol: 'WATCHDOG_ERROR',
    sentence: 'The watchdog of this host cannot be used.',
    wayOut: 'Check with wdctl that there is a watchdog and that no other program holds it.',
  },
  5: {
    symbol: 'IMPROPER_LICENSE',
    sentence: 'The stack says that its licence does not allow this.',
    wayOut: 'Ask the maker of the stack.',
  },
  6: {
    symbol: 'CAN_NOT_READ_CONFIG_FILE',
    sentence: 'It cannot read its configuration.',
    wayOut: 'Enable high availability anew, which writes the file.',
  },
  7: {
    symbol: 'INVALID_CONFIG_FILE',
    sentence: 'Its configuration is wrong.',
    wayOut: 'Enable high availability anew; a file that was changed by hand is replaced.',
  },
  8: {
    symbol: 'CAN_NOT_ACCESS_STATEFILE',
    sentence: 'This host cannot reach the statefile.',
    wayOut: 'Check the storage that holds the statefile and the paths of this host to it.',
  },
  9: {
    symbol: 'INVALID_STATE_FILE',
    sentence: 'What is in the statefile is damaged or of another version.',
    wayOut: 'Disable high availability and enable it anew, which writes a new statefile.',
  },
  10: {
    symbol: 'GENERATION_UUID_MISMATCH',
    sentence: 'The statefile belongs to another enabling of high availability than the configuration of this host.',
    wayOut: 'This host has missed one; disable high availability on it and let it join again.',
  },
  11: {
    symbol: 'INVALID_POOL_STATE',
    sentence: 'The state of the pool in the statefile does not allow this.',
    wayOut: 'High availability was ended for the pool, or is being enabled; look at pool.ha_enabled and try again.',
  },
  12: {
    symbol: 'BOOTJOIN_TIMEOUT',
    sentence: 'This host did not become a member in time.',
    wayOut: 'Check that the other hosts are up and that the network of the heartbeats connects them.',
  },
  13: {
    symbol: 'CAN_NOT_JOIN_EXISTING_LIVESET',
    sentence: 'There is a liveset that this host cannot join.',
    wayOut: 'Check the network of the heartbeats and the statefile between this host and the members.',
  },
  14: {
    symbol: 'DAEMON_IS_NOT_PRESENT',
    sentence: 'The daemon of the stack does not run on this host.',
    wayOut: 'Start it, or find in the journal why it ended.',
  },
  15: {
    symbol: 'DAEMON_IS_PRESENT',
    sentence: 'The daemon of the stack runs on this host already.',
    wayOut: 'Use it as it is, or stop it first.',
  },
  16: {
    symbol: 'INVALID_ENVIRONMENT',
    sentence: 'It was not called by root, or without the directory of the stack in PATH.',
    wayOut: 'Run the agent as root.',
  },
  17: {
    symbol: 'INVALID_LOCALHOST_STATE',
    sentence: 'The daemon runs, and this host is not a member of the liveset.',
    wayOut: 'Wait until it has joined, or find out with ha_query_liveset what keeps it out.',
  },
  18: {
    symbol: 'BOOT_BLOCKED_BY_EXCLUDED',
    sentence: 'This host is excluded and sees no liveset, and another host is not excluded.',
    wayOut: 'Start a host that is not excluded first.',
  },
  19: {
    symbol: 'SET_EXCLUDED',
    sentence: 'The daemon left because this host was excluded while it ran.',
    wayOut: 'Let the host join again when it is fit.',
  },
  127: {
    symbol: 'INTERNAL_BUG',
    sentence: 'The stack met a fault of its own.',
    wayOut: 'Report it to the maker of the stack, with what it wrote to its log.',
  },
} as const satisfies Readonly<Record<number, ExitCode>>;

/** Undefined for a code that the contract does not know. */
export function exitCodeOf(code: number): ExitCode | undefined {
  return (exitCodes as Readonly<Record<number, ExitCode>>)[code];
}
