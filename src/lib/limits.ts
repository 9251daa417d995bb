/** Every limit of the agent, by name, with its reason. A configuration may lower or raise those that say so. */
export const limits = {
  /** Longest body of a call. Real servers take 300 KiB; a VM record is 12 KiB. */
  requestBodyBytes: 307_200,
  /** All headers of a request together. Node refuses more with 431. */
  requestHeaderBytes: 16_384,
  /** Time for a client to send its headers. */
  headersTimeoutMs: 10_000,
  /** Time for a client to send the whole request. */
  requestTimeoutMs: 30_000,
  /** A connection without a request is closed after this. Clients that poll every minute keep theirs. */
  idleConnectionMs: 120_000,
  /** A client that takes none of its reply for this long is cut off. */
  stalledReplyMs: 60_000,
  /** Connections on the Unix socket. Real servers take as many. */
  unixConnections: 1024,
  /** Connections over TLS from all addresses together. Real servers take as many. */
  tlsConnections: 800,
  /** Connections from one TLS address. */
  tlsConnectionsPerAddress: 128,
  /** Requests of one connection that run at a time; further ones wait in the connection. */
  requestsInFlightPerConnection: 16,
  /** Requests of one connection that wait; beyond it the connection is paused. */
  requestsQueuedPerConnection: 64,
  /** One read of a socket may bring more requests than may wait. A client that sends more than this at once means harm. */
  requestsBurstPerConnection: 512,
  /** Request bodies that are in memory at a time, all connections together; beyond it new ones get 503. */
  requestBytesHeld: 67_108_864,
  /** How long, and for how much, a refused body is still read and thrown away, so that the client sees the answer. */
  lingerMs: 2_000,
  lingerBytes: 4_194_304,
  /** Time for a program to end after SIGTERM, before SIGKILL. */
  programGraceMs: 2_000,
  /** How long the output of a program that has ended is still read, when something in the background holds it open. */
  programOutputMs: 500,
  /** Longest the main loop works on one thing before it lets others run. */
  sliceMs: 4,
  /** The same for making a long reply, where collecting garbage adds up to 5 ms to a turn. */
  encodingSliceMs: 2,
  /** Size of the pieces in which long replies go out. */
  sliceBytes: 65_536,
  /** A reply that turns out no longer than this is made and sent in one piece. */
  wholeReplyBytes: 262_144,
  /** Nesting of a request's values. */
  valueDepth: 64,
  /** Values (scalars, members, elements) in one request. */
  valueCount: 100_000,
  /** Longest text of a filter expression; those of clients have a few hundred characters. */
  expressionBytes: 65_536,
  /** Nesting of a filter expression, so that reading it cannot run out of stack. */
  expressionDepth: 128,
  /** Commits that are remembered for event.from; older tokens get EVENTS_LOST. */
  rememberedCommits: 65_536,
  /** Changes in all remembered commits together: each keeps a row alive, about 1 KB for a VM. */
  rememberedChanges: 65_536,
  /** Generations that are made durable ahead at a time. A start skips what is left of them; 2^53 leaves room for 2^33 starts. */
  generationBlock: 1_048_576,
  /** Changed objects that wait for the disk. A disk that hangs for seconds fills this; then writers are told to come back. */
  waitingChanges: 65_536,
  /** Text of the changed objects that wait for the disk. */
  waitingBytes: 67_108_864,
  /** A journal over plain files is read whole at the start. */
  logJournalBytes: 1_073_741_824,
  /** Sentences about a damaged database; the rest is counted. */
  damageSentences: 1000,
  /** Objects in one segment of a class. */
  segmentRows: 64,
  /** Bytes of encoded replies that are kept for the next caller. */
  encodedCacheBytes: 134_217_728,
  /** Encoded snapshots of the latest changes, kept because a change goes to every subscriber at about the same time. */
  encodedSnapshots: 1024,
  encodedSnapshotBytes: 16_777_216,
  /** Longest text of one string field. */
  stringBytes: 262_144,
  /** A session's `last_active` is written at most this often. */
  sessionActivityStepMs: 600_000,
  /** An unused session ends after this, unless a task of it is pending. */
  sessionIdleMs: 86_400_000,
  /** How often unused sessions are looked for. */
  sessionSweepMs: 60_000,
  /** Sessions of root without an originator, and of other agents; the longest unused goes first. */
  sessionsPerGroup: 400,
  /** Sessions of one user or one originator. */
  sessionsPerUser: 500,
  /** PAM refuses nothing shorter and nobody types more. */
  passwordBytes: 512,
  /** Longest check of one password. PAM answers in two seconds, and a directory server may take longer. */
  passwordCheckMs: 10_000,
  /** A wrong password keeps PAM busy for two seconds; more at once would let strangers use up the machine. */
  passwordChecksAtOnce: 2,
  /** Logins that wait for their check; further ones are told that the agent is too busy. */
  passwordChecksWaiting: 32,
  /** Failed logins from one address or for one user before further ones are refused unseen. */
  loginFailures: 8,
  /** How long such logins are refused. */
  loginPenaltyMs: 60_000,
  /** Addresses and users whose failures are remembered, so that strangers cannot fill the memory. */
  loginFailureRecords: 4096,
  /** Time for the D-Bus daemon to take a connection and greet it. It does so within a millisecond. */
  busConnectMs: 5_000,
  /** Calls over D-Bus that wait for their answer. The daemon allows a connection 128. */
  busCallsInFlight: 112,
  /** Of them, calls to one service, so that one that hangs leaves the others reachable. */
  busCallsPerService: 32,
  /** Calls over D-Bus that wait for their turn. */
  busCallsWaiting: 1024,
  /** Longest message over D-Bus that is read. The daemon allows 128 MiB; listings of libvirt have some. */
  busMessageBytes: 33_554_432,
  /** First and longest pause before D-Bus is tried again. */
  busRetryMs: 250,
  busRetryMostMs: 10_000,
  /** Longest answer of logind, hostnamed and systemd; they answer within milliseconds, and start first when nobody used them. */
  busAnswerMs: 10_000,
  /** Ending cleanly before the host goes down at the agent's own wish: guests may take their time. */
  cleanEndMs: 300_000,
  /** Of the time for ending cleanly, what each later step keeps when an earlier one hangs. */
  cleanStepReserveMs: 1_000,
  /** What logind lets others wait for by default, when it does not say. */
  inhibitDelayMs: 5_000,
  /** A lock that was lost is taken again after this; where that fails again and again, after the longer time. */
  inhibitRetryMs: 5_000,
  inhibitRetryMostMs: 300_000,
  /** A program that answers at once when all is well. */
  quickProgramMs: 30_000,
  /** The kernel keeps at most 16 MiB of its log in practice; the journal is read as far. */
  kernelLogBytes: 16_777_216,
  /** The end of a log that is put into one reply. */
  logReplyBytes: 1_048_576,
  logReplyLines: 10_000,
  /** Keys of the magic system request in one call; there are eight that are sent at all. */
  debugKeys: 16,
  /** Crash dumps that are shown, the newest ones; a program that crashes for ever would fill the database otherwise. */
  crashDumps: 100,
  /** A dump that has just appeared is looked at again after this: it may still be being written. */
  crashDumpSettleMs: 10_000,
  /** Packing one crash dump before it is sent away. */
  packMs: 600_000,
  /** Updates that are shown. A system that was never updated has several hundred. */
  updatesListed: 2_000,
  /** Installed updates that are remembered, the newest ones. */
  updatesKept: 1_000,
  /** Updates are looked for so long after the start, and then once a day; and soon after the system's own lists of packages changed. */
  updatesFirstMs: 300_000,
  updatesEveryMs: 86_400_000,
  updatesSettleMs: 60_000,
  /** Listing updates: the tools read all lists of packages. */
  updatesListMs: 120_000,
  /** Installing one update, downloading included. */
  updateApplyMs: 3_600_000,
  /** Output of a package tool that is kept. */
  updateOutputBytes: 1_048_576,
  /** Output of one tool in a bug report. */
  reportFileBytes: 8_388_608,
  /** Output kept of a small program. */
  smallOutputBytes: 65_536,
  /** Ended tasks are kept this long for their owners to look at. */
  taskKeptMs: 3_900_000,
  /** A pending task without progress is given up after this. */
  taskStaleMs: 86_400_000,
  /** Ended tasks that are kept, the latest ones. */
  tasksKept: 200,
  /** Tasks that are pending at a time. */
  tasksPending: 5_000,
  /** How often ended and stale tasks are looked for. */
  taskSweepMs: 30_000,
  /** Longest wait of event.from; clients ask again. */
  eventWaitMs: 86_400_000,
  /** Calls that wait for events at a time. */
  eventWaiters: 2_000,
  /** Calls of one session that wait for events at a time. */
  eventWaitersPerSession: 100,
  /** Class names in one subscription. */
  eventClasses: 1_000,
  /** Alerts that are kept; the oldest go first. */
  messagesKept: 10_000,
  /** Sending a crash dump away. */
  uploadMs: 3_600_000,
  /** Longest run of a tool that describes the machine. They take milliseconds; one that hangs must not hold up the start. */
  inventoryToolMs: 3_000,
  /** Output of such a tool: a host with a thousand interfaces prints one megabyte. */
  inventoryToolBytes: 16_777_216,
  /** Files of the kernel that describe the machine: with a thousand processors /proc/cpuinfo has two megabytes. */
  inventoryFileBytes: 4_194_304,
  /** Asking firmware and a dozen tools what the machine is, once: usually a quarter of a second. */
  hardwareMs: 10_000,
  /** What they say takes a few kilobytes. */
  hardwareBytes: 262_144,
  /** They are asked so long after the start, which has the processors to itself until then. */
  hardwareDelayMs: 2_000,
  /** Rest before they are asked again when nothing was learnt; doubled each time, up to the longest. */
  hardwareRetryMs: 60_000,
  hardwareLongestRetryMs: 3_600_000,
  /** Rest before a program that tells of changes is started again; doubled each time, up to the longest. */
  inventoryWatchRestMs: 500,
  inventoryWatchLongestRestMs: 60_000,
  /** Longest line that is kept of such a program. */
  inventoryLineBytes: 65_536,
  /** Files of the kernel that hold figures; that of the processors has the interrupts of large machines in it. */
  kernelFileBytes: 4_194_304,
  /** Figures of the host that are archived; each takes 17 KB of memory and on disk. */
  dataSources: 512,
  /** The file in which archives of figures outlive a restart. */
  figuresFileBytes: 16_777_216,
  /** How often archives of figures are written to disk: what a crash can lose of them. */
  figuresSaveMs: 300_000,
  /** A sample says nothing of the time further back, when the agent or the machine stood still. */
  sampleHoldsMs: 30_000,
  /** Delays of the main loop are told of the time since they were last cleared, which is done this often. */
  loopDelayMs: 60_000,
  /** One step of a change of the network; they take milliseconds. */
  networkStepMs: 10_000,
  /** A system that configures the network follows its changed files within a second; on a busy machine it takes its time. */
  networkSettleMs: 30_000,
  /** How long a change of the management interface has to prove itself before it is taken back; a lease takes some seconds. */
  networkProveMs: 20_000,
  /** A neighbour on the network answers within a millisecond; the kernel asks once a second. */
  networkNeighbourMs: 1_500,
  /** Rest between two looks at whether it has. */
  networkProbeRestMs: 250,
  /** Small files that the agent keeps: identity, secret, certificates, settings. */
  smallFileBytes: 1_048_576,
  /** Files of settings in one directory. */
  settingsFiles: 256,
  /** Settings files are read again so long after the last change of one of them: an editor and a package write several. */
  settingsRestMs: 100,
  /** How long a stopping agent lets running calls finish. */
  stopGraceMs: 5_000,
  /** Calls within calls within calls. */
  nestedCalls: 16,
  /** Longest reply that the command line takes; a string of Node holds little more. */
  cliReplyBytes: 500_000_000,
  /** Longest dump that is restored, for the same reason. */
  cliDumpBytes: 500_000_000,
  /** Longest time for one check of the machine by quorate doctor. */
  doctorCheckMs: 10_000,
  /** Output that is read of a program that such a check runs. */
  doctorOutputBytes: 1_048_576,
  /** How long the command line waits for the agent to say how it does. */
  cliStatusMs: 5_000,
  /** A call that has no answer after this long makes the command line ask whether the agent still does anything. */
  cliPatienceMs: 3_000,
  /** While a call goes on, the command line asks so often again. */
  cliLifeMs: 30_000,
  /** The same for one check of the machine while it says how the agent is: what takes longer is left to quorate doctor. */
  cliStatusCheckMs: 1_000,
  /** An agent that takes this long to log the command line in counts as not answering. */
  cliLoginMs: 30_000,
  /** The command line waits so long for its last words (logout, cancelling a task) to be answered. */
  cliLogoutMs: 5_000,
  /** Somebody has pressed TAB and waits. */
  cliCompletionMs: 3_000,
  /** How long one event.from of the command line waits; then it asks again. */
  cliEventSeconds: 30,
  /** Records that `quorate events` remembers to say what changed in them. */
  cliRememberedRecords: 4096,
  /** References of one class that the command line asks for one by one; more, and it fetches the class. */
  cliSingleLookups: 8,
  /** Time for systemd-notify to be taken: it needs 20 ms, and a machine that swaps a good deal more. */
  serviceNotifyMs: 10_000,
  /** How often the status line is looked at when there is no watchdog; otherwise it goes with what feeds the watchdog. */
  serviceStatusMs: 60_000,
  /** A start that takes longer than this says what it does, so that nobody takes it for dead. */
  serviceSlowStartMs: 2_000,
  /** A turn of the main loop that takes longer counts as a fault: slices are 4 ms, and a machine that swaps needs some hundreds. */
  healthLoopMs: 5_000,
  /** The database and the listener have so long to answer when their health is looked at. Less than half of the watchdog's time. */
  healthAnswerMs: 5_000,
  /** Cluster stacks that are looked at; a host has a handful. */
  stacks: 64,
  /** Files of one cluster stack, folders included: each is looked at before each call of a script. */
  stackFiles: 256,
  /** How many folders deep a cluster stack may be. */
  stackDepth: 4,
  /** Names in cluster-stack-root of which stacks are looked for. */
  stackNames: 1024,
  /** A stack.json, or a list of storage types, is a screen or two. */
  stackTextBytes: 65_536,
  /** Reasons against a cluster stack that are told one by one; of more there is only the number. */
  stackRefusals: 16,
  /** Output of a cluster stack's script: more than the longest liveset. A script that prints more is ended. */
  stackOutputBytes: 4_194_304,
  /** What a script writes to standard error before it is ended; what it says is kept and logged a line at a time. */
  stackErrorBytes: 4_194_304,
  /** Longest line of standard error that is kept. */
  stackErrorLineBytes: 1_024,
  /** Last lines of standard error that stand in an error. */
  stackLastWords: 10,
  /** Lines of standard error that one stack may put into the log in a minute; the others are counted. */
  stackLinesLogged: 120,
  /** Longest XML of a stack. Of 64 hosts, each of which lists all in four ways, it is 0.8 MB with its indentation. */
  stackXmlBytes: 4_194_304,
  /** Nesting of its elements; a liveset has four levels. */
  stackXmlDepth: 16,
  /** Elements of it; 64 hosts have 1,300. */
  stackXmlElements: 16_384,
  /** Text of one element; a list of 64 hosts has 3,000 characters with its indentation. */
  stackXmlTextBytes: 65_536,
  /** Hosts of a liveset: the contract's most. */
  stackHosts: 64,
  /** Capabilities that stack.json names, and the longest name. */
  stackCapabilities: 64,
  stackCapabilityBytes: 64,
  /** Description of a stack. */
  stackDescriptionBytes: 4_096,
  /** Queries of one stack that run at a time; those that come then share the next one. */
  stackQueriesAtOnce: 2,
  /** Callers that wait for a script of one stack; further ones are told that it is too busy. */
  stackCallsWaiting: 64,
  /** How often a stack is asked for its liveset when nothing else says that it has changed. */
  stackPollMs: 5_000,
  /** Rest before ha_watch_liveset is started again; doubled each time, up to the longest. */
  stackWatchRestMs: 500,
  stackWatchLongestRestMs: 60_000,
  /** At a stop, a connection that was made and has asked nothing yet has so long to ask: its maker was promised an answer. */
  freshConnectionMs: 500,
  /** Longest file of a stack that is read to see which interpreter it asks for; a longer one is a program of another kind. */
  stackScriptBytes: 1_048_576,
  /** Stories of the conformance kit that are told at the same time; each has a laboratory, and timeouts suffer when the processors do not keep up. */
  conformanceLanes: 6,
  /** Virtual hosts of a laboratory. The contract allows 64; each costs a network, a thread and three processes. */
  laboratoryHosts: 16,
  /** Time for a virtual host to come up; it takes a tenth of a second on a quiet machine. */
  laboratoryStartMs: 30_000,
  /** Time for a laboratory to end its hosts, before all of it is killed. */
  laboratoryCloseMs: 5_000,
  /** How often the watchdogs of virtual hosts are looked at: as exact as their times are. */
  laboratoryWatchMs: 10,
  /** Output kept of one program in a virtual host. */
  laboratoryOutputBytes: 1_048_576,
  /** Size of a statefile, as xapi makes it. */
  statefileBytes: 266_240,
} as const;

export type LimitName = keyof typeof limits;

/** The limits that are in force: the ones above, some of them changed. */
export type Limits = { readonly [name in LimitName]: number };
