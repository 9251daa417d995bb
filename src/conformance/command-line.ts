/** How a story calls a script. */
import type { ScriptName } from '../stack/contract.ts';

export interface CallOptions {
  /** From 1; default 1. */
  readonly host?: number;
  /** Only PATH, as the agent calls; otherwise the usual variables of a login are there as well. */
  readonly poor?: boolean;
  readonly unprivileged?: boolean;
  readonly timeoutMs?: number;
  /** Commands of the shell that come before the call, such as `cd /`. */
  readonly prepare?: string;
  /** Redirection of standard input. Default: from /dev/null. */
  readonly input?: string;
}

/** As an author calls it by hand: from the directory of the stack, with the variables of a login. */
export const comfort =
  'cd "${PATH##*:}"; export HOME=/root LANG=C.UTF-8 USER=root LOGNAME=root TERM=dumb SHELL=/bin/sh';

/** A daemon could hold on to the caller's pipes: its output goes through files, so that only the check of that notices. */
function throughFiles(input: string): string {
  return `"$@" >/tmp/kit.$$ 2>/tmp/kit.$$.2 ${input}; c=$?; cat /tmp/kit.$$; cat /tmp/kit.$$.2 >&2; rm -f /tmp/kit.$$*; exit $c`;
}

/** Program and words that run a script as the options want it. */
export function commandLine(script: ScriptName, args: readonly string[], options: CallOptions): readonly string[] {
  const { poor = false, prepare, input = '</dev/null' } = options;
  const call = script === 'ha_start_daemon' ? throughFiles(input) : `exec "$@" ${input}`;
  const text = [...(poor ? [] : [comfort]), ...(prepare === undefined ? [] : [prepare]), call].join('; ');
  return ['/bin/sh', '-c', text, 'kit', script, ...args];
}
