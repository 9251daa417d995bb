/** The groups of checks, in the order in which they are told. A fault of a stack shows in one of them. */

export const groups = {
  presence: 'The files of the stack: which there are, who may change them, whether they can be run.',
  arguments: 'Words that a script must refuse, and that refusing changes nothing.',
  'exit-codes': 'The exit code of each script in each state.',
  idempotence: 'Repeating a call changes nothing and succeeds.',
  output: 'What scripts print: nothing, one word, or a liveset that is complete and valid.',
  calls: 'Many calls, one after another and at the same time.',
  time: 'No script takes longer than the agent waits.',
  environment: 'Scripts work with nothing but PATH, from any directory, without standard input.',
  privilege: 'Calls of anybody but root are refused.',
  signals: 'Scripts that are killed do no lasting harm.',
  sequences: 'What a sequence of calls leads to.',
  watch: 'ha_watch_liveset tells what has changed.',
  cleanliness: 'Nothing is left behind, and the daemon depends on nobody.',
  fencing: 'The host ends when it must, and only then.',
  forming: 'Several hosts find each other.',
  faults: 'Several hosts lose a host, its network, its statefile or both.',
  lock: 'Several hosts ask for the lock of the master.',
  pool: 'Exclusion and the state of the pool with several hosts.',
} as const satisfies Readonly<Record<string, string>>;

export type Group = keyof typeof groups;

export const groupNames = Object.keys(groups) as readonly Group[];
