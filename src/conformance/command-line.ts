/** How a story calls a script. */
import type { ScriptName } from '../stack/contract.ts';

export interface CallOptions {
  /** From 1; default 1. */
  readonly host?: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** Only PATH, as the agent calls; otherwise the usual variables of a login are there as well. */
  readonly poor?: boolean;
  readonly unprivileged?: boolean;
  readonly timeoutMs?: number;
  /** A shell script that runs what is meant as `"$@"`, such as `cd / && exec "$@"`. */
  readonly wrapper?: string;
}

/** As an author calls it by hand: from the directory of the stack, with the variables of a login, with no input. */
const comfort =
  'p=$(command -v "$1") && cd "${p%/*}"; export HOME=/root LANG=C.UTF-8 USER=root LOGNAME=root TERM=dumb SHELL=/bin/sh; ';

/** A daemon could hold on to the caller's pipes: its output goes through files, so that only the check of that notices. */
const throughFiles =
  'd=$(mktemp -d /tmp/kit.XXXXXX) || exit 126; "$@" >"$d/out" 2>"$d/err" </dev/null; c=$?; cat "$d/out"; cat "$d/err" >&2; rm -rf "$d"; exit $c';

const straight = 'exec "$@" </dev/null';

/** Program and words that run a script as the options want it. */
export function commandLine(script: ScriptName, args: readonly string[], options: CallOptions): readonly string[] {
  const starts = script === 'ha_start_daemon';
  const bare = options.poor === true || options.environment !== undefined;
  if (bare && options.wrapper === undefined && !starts) return [script, ...args];
  const wrapper = options.wrapper ?? (starts ? throughFiles : straight);
  return ['/bin/sh', '-c', `${bare ? '' : comfort}${wrapper}`, 'kit', script, ...args];
}
