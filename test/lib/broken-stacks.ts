/** Stacks with one fault each: the template with one edit, the check that must notice it, and nothing else may. */
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Group } from '../../src/conformance/groups.ts';

type Edit =
  | { readonly file: string; readonly from: string; readonly to: string }
  | { readonly file: string; readonly mode: number }
  | { readonly file: string; readonly text: string }
  | { readonly remove: string };

export interface BrokenStack {
  /** What is wrong with it. */
  readonly name: string;
  readonly edits: readonly Edit[];
  /** This check fails, and others only of its group. */
  readonly check: string;
  readonly group: Group;
}

/** Makes the stack at `path`, which is not there yet. */
export function makeBroken(template: string, path: string, { edits }: Pick<BrokenStack, 'edits'>): void {
  mkdirSync(path, { mode: 0o755 });
  cpSync(template, path, { recursive: true });
  for (const edit of edits) {
    if ('remove' in edit) {
      rmSync(join(path, edit.remove));
      continue;
    }
    const file = join(path, edit.file);
    if ('mode' in edit) chmodSync(file, edit.mode);
    else if ('text' in edit) writeFileSync(file, edit.text);
    else {
      const text = readFileSync(file, 'utf8');
      // The template has changed: the edit has to follow.
      if (text.split(edit.from).length !== 2) throw new Error(`${edit.file} must have once: ${edit.from}`);
      writeFileSync(
        file,
        text.replace(edit.from, () => edit.to),
      );
    }
  }
}

function broken(group: Group, check: string, name: string, ...edits: readonly Edit[]): BrokenStack {
  return { name, group, check, edits };
}

function edit(file: string, from: string, to: string): Edit {
  return { file, from, to };
}

const common = 'common.sh';
const daemon = 'template-daemon';
const poolState = 'ha_set_pool_state';

const files: readonly BrokenStack[] = [
  broken('presence', 'presence.ha-propose-master', 'a script that cannot be executed', {
    file: 'ha_propose_master',
    mode: 0o644,
  }),
  broken(
    'presence',
    'presence.interpreter',
    'an interpreter that is not there',
    edit('ha_disarm_fencing', '#!/bin/sh', '#!/opt/nowhere/sh'),
  ),
  broken(
    'presence',
    'presence.line-ends',
    'lines that end as on Windows',
    edit('ha_propose_master', '#!/bin/sh\n', '#!/bin/sh\r\n'),
  ),
  broken('presence', 'presence.modes', 'a script that everybody can change', { file: 'ha_stop_daemon', mode: 0o777 }),
  broken('presence', 'presence.claims', 'a claim without its script', { remove: 'ha_watch_liveset' }),
];

const words: readonly BrokenStack[] = [
  broken(
    'arguments',
    'before.unknown-word',
    'any word is a state',
    edit(poolState, '*) fail 1 "', '*) exit 0; echo "'),
  ),
  broken(
    'arguments',
    'before.part-of-a-word',
    'a word that begins with init initialises',
    edit(poolState, 'init)\n    read', 'init*)\n    read'),
  ),
  broken(
    'arguments',
    'weights.weight-too-great',
    'a weight without an upper bound',
    edit('ha_set_host_weight', '-le 65535 ] ||', '-le 99999 ] ||'),
  ),
];

const codes: readonly BrokenStack[] = [
  broken(
    'exit-codes',
    'life.query-initialised',
    'the wrong code for a missing daemon',
    edit(common, 'fail 14', 'fail 3'),
  ),
  broken(
    'exit-codes',
    'life.stop-initialised',
    'stopping nothing is an error',
    edit('ha_stop_daemon', 'daemon_runs || exit 0', 'daemon_runs || fail 14 none'),
  ),
  broken(
    'exit-codes',
    'life.init-online',
    'init under a daemon that runs',
    edit(poolState, "if daemon_runs; then fail 15 'the daemon runs'; fi", ':'),
  ),
  broken(
    'exit-codes',
    'configuration.start-with-another-generation',
    'the generation is not looked at',
    edit(common, '[ "$found" = "$generation" ] || fail 10', 'true || fail 10'),
  ),
  broken(
    'exit-codes',
    'life.disarm',
    'a code that the contract does not know',
    edit('ha_disarm_fencing', 'need_daemon\n[', 'need_daemon\nexit 134\n['),
  ),
  broken(
    'exit-codes',
    'life.propose-online',
    'death by a signal',
    edit('ha_propose_master', 'lock\n#', 'kill -SEGV $$\n#'),
  ),
];

const twice: readonly BrokenStack[] = [
  broken(
    'idempotence',
    'life.disarm-again',
    'disarming twice is an error',
    edit('ha_disarm_fencing', ': >"$run/disarm"', '[ ! -e "$run/disarmed" ] || fail 17 disarmed\n: >"$run/disarm"'),
  ),
  broken(
    'idempotence',
    'exclusion.exclude-again',
    'excluding twice is an error',
    edit('ha_set_excluded', 'excluded=$own', '[ "$excluded" = - ] || fail 11 already\nexcluded=$own'),
  ),
];

const output: readonly BrokenStack[] = [
  broken(
    'output',
    'output.liveset-localhost',
    'HostID is not the first child of localhost',
    edit(
      daemon,
      '<localhost><HostID>$own</HostID><HostIndex>0</HostIndex>',
      '<localhost><HostIndex>0</HostIndex><HostID>$own</HostID>',
    ),
  ),
  broken(
    'output',
    'output.liveset-warnings',
    'a warning is missing',
    edit(daemon, '    <network_bonding_error>FALSE</network_bonding_error>\n', ''),
  ),
  broken(
    'output',
    'output.liveset-xml',
    'text that is not escaped',
    edit(daemon, '<xapi_error_string><', '<xapi_error_string>R&D<'),
  ),
  broken(
    'output',
    'output.liveset-stable',
    'a text that differs each time',
    edit(
      'ha_query_liveset',
      'cat "$run/liveset" 2>/dev/null &&',
      'sed "s/<xapi_error_string>/&p$$/" "$run/liveset" 2>/dev/null &&',
    ),
  ),
  broken(
    'output',
    'output.silent-ha-set-pool-state',
    'a change that talks',
    edit(poolState, 'pool_state=init', 'echo done; pool_state=init'),
  ),
];

const running: readonly BrokenStack[] = [
  broken(
    'calls',
    'calls.at-once',
    'one query at a time',
    edit(
      'ha_query_liveset',
      'need_daemon\ncat',
      'need_daemon\nexec 8>"$run/query"; flock -n 8 || fail 3 busy\nsleep 0.02\ncat',
    ),
  ),
  broken(
    'time',
    'time.ha-query-liveset',
    'a query that hangs',
    edit('ha_query_liveset', 'need_daemon\ncat', 'need_daemon\nsleep 1000\ncat'),
  ),
  broken(
    'environment',
    'environment.poor-ha-set-pool-state',
    'a script that needs HOME',
    edit(common, 'umask 022', ': "${HOME:?}"'),
  ),
  broken(
    'environment',
    'environment.root-directory-ha-set-pool-state',
    'a script that needs its own directory',
    edit(poolState, '. "${0%/*}/common.sh"', '. ./common.sh'),
  ),
  broken(
    'environment',
    'environment.closed-input-ha-query-liveset',
    'a script that needs standard input',
    edit('ha_query_liveset', 'need_daemon\ncat', '[ -e /proc/self/fd/0 ] || exit 2\nneed_daemon\ncat'),
  ),
  broken(
    'privilege',
    'privilege.ha-query-liveset',
    'a stack that serves everybody',
    edit(common, '[ "$(id -u)" = 0 ] ||', 'true ||'),
  ),
  broken(
    'signals',
    'signals.repeat-ha-set-pool-state',
    'a lock that outlives its holder',
    edit(
      poolState,
      'read_configuration\n    lock\n    read_state',
      'read_configuration\n    mkdir "$run/setting" || fail 3 busy\n    trap \'rmdir "$run/setting"\' EXIT\n    sleep 0.2\n    read_state',
    ),
  ),
];

const outcomes: readonly BrokenStack[] = [
  broken(
    'sequences',
    'sequences.lock',
    'a lock that nobody gets',
    edit('ha_propose_master', 'then echo TRUE;', 'then echo FALSE;'),
  ),
  broken(
    'sequences',
    'sequences.disarmed',
    'disarming that does nothing',
    edit(daemon, '    disarm\n    : >', '    : >'),
  ),
  broken(
    'sequences',
    'sequences.stopped',
    'a helper that outlives the daemon',
    edit(daemon, 'arm\nfeed\n', 'arm\nfeed\nsleep 1000 3>&- &\n'),
  ),
  broken(
    'sequences',
    'sequences.invalid-calm',
    'an invalid pool fences its hosts',
    edit(daemon, "  trap '' TERM USR1\n  disarm", '  trap \'\' TERM USR1\n  [ "$1" = 11 ] || disarm'),
  ),
  broken('watch', 'watch.first', 'no empty line after a liveset', edit('ha_watch_liveset', '    echo\n', '')),
  broken(
    'watch',
    'watch.no-daemon',
    'a watch that ends well without a daemon',
    edit('ha_watch_liveset', "fail 14 'the daemon", "exit 0 'the daemon"),
  ),
  broken(
    'watch',
    'watch.ends',
    'a watch that cannot be ended',
    edit('ha_watch_liveset', "last=''\n", "last=''\ntrap '' TERM\n"),
  ),
  broken(
    'cleanliness',
    'cleanliness.own-directory',
    'a file called 1',
    edit('ha_start_daemon', 'cd / || exit 2', 'echo started >"$stack/1"\ncd / || exit 2'),
  ),
  broken(
    'cleanliness',
    'cleanliness.caller',
    'a daemon in the process group of its caller',
    edit('ha_start_daemon', 'setsid "$stack', '"$stack'),
  ),
  broken(
    'cleanliness',
    'cleanliness.pipes',
    "a daemon that holds its caller's pipe",
    edit('ha_start_daemon', '</dev/null >/dev/null 2>"$run/log"', '</dev/null 2>"$run/log"'),
  ),
  broken(
    'cleanliness',
    'cleanliness.processes',
    'a query that leaves a process behind',
    edit('ha_query_liveset', 'need_daemon\ncat', 'need_daemon\nsleep 1000 >/dev/null 2>&1 &\ncat'),
  ),
  broken(
    'fencing',
    'fencing.killed',
    'a watchdog that is never opened',
    edit(daemon, '  exec 3>/dev/watchdog\n  armed=yes\n', '  :\n'),
  ),
  broken('fencing', 'fencing.calm', 'a watchdog that is never fed', edit(daemon, 'then printf . >&3', 'then :')),
];

export const brokenStacks: readonly BrokenStack[] = [
  ...files,
  ...words,
  ...codes,
  ...twice,
  ...output,
  ...running,
  ...outcomes,
];
