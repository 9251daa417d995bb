/** The contract of cluster stacks, line by line. Every check names the line that it tests; the reference prints both. */

export const sections = {
  files: 'The directory of a stack',
  calling: 'How scripts are called',
  arguments: 'Arguments',
  codes: 'Exit codes, state by state',
  liveset: 'The liveset',
  sequences: 'Sequences',
  fencing: 'Fencing',
  watch: 'ha_watch_liveset',
  pool: 'Several hosts',
} as const satisfies Readonly<Record<string, string>>;

export type Section = keyof typeof sections;

/** Lines by id; the part before the dot is the section. */
export const contractLines = {
  'files.scripts':
    'The directory holds an executable file for each required script. Optional ones may be missing; one that is there must work.',
  'files.interpreter': 'A script names an interpreter that the machine has, and ends its lines as Unix does.',
  'files.owner':
    'Directory and files belong to one owner, and nobody else can write to them: the agent runs them as root, and refuses what others could have changed.',
  'files.supported-srs':
    'ha_supported_srs, when it is there, lists the types of SR that may hold the statefile, separated by white space. Without it every type will do.',
  'files.manifest':
    'stack.json, when it is there, is a JSON object: `contract` ("1.0"), `description`, `capabilities` (a list of words), `fence_within_ms`. Unknown keys are ignored.',
  'files.manifest-true': 'What stack.json claims is so: a capability that needs a script comes with the script.',
  'files.untouched': 'Scripts and daemon write nothing to the directory of the stack.',

  'calling.environment':
    'Scripts are called by root, from any directory, without standard input, and with one variable: PATH, which ends with the directory of the stack.',
  'calling.path': 'Called without its directory in PATH, a script ends with 16, or works.',
  'calling.root': 'Called by anybody but root, a script ends with 16 and changes nothing.',
  'calling.stdout':
    'Standard output carries the answer and nothing else: scripts that answer nothing print nothing there. Words for people go to standard error.',
  'calling.concurrent':
    'Queries may run at any time and in any number, also while another script changes something or waits.',
  'calling.time-limit': 'Every script ends by itself within the time that the agent gives it.',
  'calling.codes': 'A script ends with a code of the table, never by a signal.',
  'calling.killed-query': 'A query that is killed changes nothing.',
  'calling.killed-change': 'A change that is killed can be repeated.',
  'calling.detached':
    'The daemon belongs to nobody: it is in a process group of its own, holds no pipe of its caller and lives on when the caller dies.',
  'calling.clean': 'A script that has ended leaves no process behind but the daemon, and no zombie.',

  'arguments.pool-state': '`ha_set_pool_state` takes one word: init, active or invalid. Anything else ends with 1.',
  'arguments.weight':
    '`ha_set_host_weight` takes a class, of at most 64 printable characters, and a whole number from 0 to 65535. Anything else ends with 1.',
  'arguments.no-effect': 'A call that ends with 1 has changed nothing.',

  'codes.no-daemon':
    'Without a daemon, ha_query_liveset, ha_propose_master and ha_disarm_fencing end with 14, and ha_stop_daemon with 0.',
  'codes.init': '`ha_set_pool_state init` writes a new statefile, whatever was in it, and ends with 0.',
  'codes.init-running':
    '`ha_set_pool_state init` ends with 15 while the daemon of this host runs, and changes nothing: a pool that lives is never initialised.',
  'codes.active': '`ha_set_pool_state active` ends with 0, and again with 0.',
  'codes.invalid': '`ha_set_pool_state invalid` ends with 0, with and without a daemon, and again with 0.',
  'codes.start': 'ha_start_daemon ends with 0 when this host is in the liveset.',
  'codes.start-running': 'ha_start_daemon ends with 15 while the daemon runs.',
  'codes.start-uninitialised': 'ha_start_daemon fails on a statefile that was never initialised, with 8, 9, 10 or 11.',
  'codes.start-invalid': 'ha_start_daemon ends with 11 when the state of the pool is invalid.',
  'codes.start-excluded':
    'ha_start_daemon of an excluded host ends with 18 while nobody else is up, or lets it in again, with 0.',
  'codes.configuration-missing': 'Scripts that need the configuration end with 6 when they cannot read it.',
  'codes.configuration-wrong': 'Scripts that need the configuration end with 7 when it is not what it should be.',
  'codes.statefile': 'ha_start_daemon ends with 8 when the statefile cannot be read or written.',
  'codes.statefile-damaged': 'ha_start_daemon ends with 9 when the statefile is damaged.',
  'codes.generation':
    'ha_start_daemon ends with 10 when the generation in the statefile is another one than in the configuration.',
  'codes.query': 'ha_query_liveset ends with 0 while the daemon runs, whatever it is doing.',
  'codes.propose': 'ha_propose_master ends with 0 while this host is in the liveset, whoever gets the lock.',
  'codes.disarm': 'ha_disarm_fencing ends with 0 while this host is in the liveset, and again with 0.',
  'codes.stop': 'ha_stop_daemon ends with 0 when the daemon has gone, and when there was none.',
  'codes.excluded':
    'ha_set_excluded and ha_clear_excluded end with 0 without a daemon when the state of the pool is active, and again with 0.',
  'codes.excluded-invalid':
    'ha_set_excluded and ha_clear_excluded end with 11 when the state of the pool is not active, or with 0.',
  'codes.weight': 'ha_set_host_weight ends with 0, also when repeated, and without a daemon.',

  'liveset.xml': 'ha_query_liveset prints one XML document in UTF-8, and nothing before or after it.',
  'liveset.root': 'Its root is `ha_liveset_info` with version="1.0".',
  'liveset.status': '`status` is Online when this host is in the liveset, else Starting.',
  'liveset.localhost':
    '`localhost` has `HostID`, which is its first child, with nothing but text, and `HostIndex`. Others read the first child without looking at its name.',
  'liveset.hosts': 'When Online there is one `host` for each host of the configuration, and no other.',
  'liveset.host-fields':
    'A `host` has HostID, HostIndex, liveness, master, statefile_access, statefile_corrupted and excluded.',
  'liveset.index': 'HostIndex is the place of the host in the list of all, sorted by HostID, from 0.',
  'liveset.booleans': 'Truth values are TRUE and FALSE, nothing else.',
  'liveset.integers': 'Numbers are whole, in milliseconds where they are times, and -1 where there is none.',
  'liveset.raw':
    'When Online there is `raw_status_on_local_host` with nine latencies and one `host_raw_data` for each host, with its index, three times, an error string and four lists.',
  'liveset.lists':
    'Lists hold HostIDs of the configuration, separated by white space. Those of this host name it while it is healthy.',
  'liveset.timeouts':
    'When Online, `timeout` has T1, T2, T3, Wh and Ws; they are those of the configuration, in milliseconds.',
  'liveset.warnings': 'When Online, `warning_on_local_host` has its five warnings.',
  'liveset.healthy':
    'While nothing is wrong, this host is alive, reaches the statefile, finds it undamaged, is not excluded, and has no warning but those of a slow disk.',
  'liveset.stable': 'Between two calls, only numbers differ while nothing has happened.',
  'liveset.propose': 'ha_propose_master prints TRUE or FALSE on a line, and nothing else.',

  'sequences.fresh': 'After init nobody is master, nobody is excluded.',
  'sequences.master':
    'Who asks for the lock when nobody has it gets it; who has it gets it again; the liveset names the holder.',
  'sequences.disarm': 'After ha_disarm_fencing the daemon runs on and cannot fence.',
  'sequences.stop': 'After ha_stop_daemon no process of the stack is left and no watchdog is armed.',
  'sequences.restart': 'A daemon that was stopped can be started again, and its host is online again.',
  'sequences.excluded':
    'An excluded host stays so until it is cleared or joins again; a host that is online again is not excluded.',
  'sequences.invalid':
    '`ha_set_pool_state invalid` ends the daemon of every host that reads the statefile, with fencing off: no host is fenced by it.',
  'sequences.reinit': 'After invalid, init makes a pool that can be started again.',
  'sequences.failed-start': 'A start that failed leaves no daemon and no armed watchdog.',
  'sequences.init-again': 'init forgets: a pool that is initialised anew has no master and no excluded host.',

  'fencing.calm': 'While every call is in order and nothing fails, no host is fenced.',
  'fencing.daemon-killed':
    'A daemon that dies while it is armed takes its host with it within the longest watchdog timeout, or is back at work by then.',
  'fencing.daemon-stuck': 'The same holds for a daemon that stands still.',
  'fencing.disarmed': 'After ha_disarm_fencing the end of the daemon does not fence.',

  'watch.first': 'ha_watch_liveset prints the liveset at its start: a whole document, followed by an empty line.',
  'watch.change': 'It prints another one whenever something but a number has changed.',
  'watch.same': 'It prints what ha_query_liveset prints.',
  'watch.no-daemon': 'Without a daemon it ends with 14; and so it does when the daemon ends.',
  'watch.ends': 'It ends when it is told to by SIGTERM or when nobody reads it, and leaves no process.',

  'pool.forming': 'Hosts that start at about the same time form one liveset, and all of them see the same.',
  'pool.join': 'A host that starts later joins the liveset that is there.',
  'pool.lock': 'At most one host holds the lock of the master at any time.',
  'pool.lock-free': 'The lock of a host that has died or stopped can be had again.',
  'pool.loss': 'A host that dies is not alive in the liveset of the others, and they go on.',
  'pool.one-side': 'After any fault at most one side survives; everybody else is fenced within the time announced.',
  'pool.dead-means-dead': 'liveness is FALSE only when that host is known to be dead.',
  'pool.rejoin': 'A host that was fenced can come back.',
  'pool.excluded': 'An excluded host does not hold the others up, and they see that it is excluded.',
  'pool.invalid': 'After `ha_set_pool_state invalid` on one host the daemons of all end without a fence.',
  'pool.statefile-all': 'When all lose the statefile and still hear each other, all survive.',
  'pool.weight': 'When a pool falls in two, the heavier half survives.',
} as const satisfies Readonly<Record<`${Section}.${string}`, string>>;

export type ContractLine = keyof typeof contractLines;
