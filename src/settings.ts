/** What an administrator may choose, as the agent uses it. */
import { resolve } from 'node:path';
import type { SessionBounds } from './rpc/sessions.ts';
import type { TaskBounds } from './rpc/tasks.ts';
import {
  defaultDirectory,
  type ListenAddress,
  type Place,
  readAddress,
  settingDefinitions,
  timeLimitKey,
} from './settings/table.ts';
import { type ScriptName, scriptNames } from './stack/contract.ts';
import type { LogFormat } from './world/log-details.ts';
import type { LogLevel } from './world/world.ts';

export interface Settings {
  /** Everything that an agent keeps lies here: database, certificate, identity, secret. */
  readonly directory: string;
  readonly socketPath: string;
  /** Addresses for TLS; none means that only the socket is served. */
  readonly listen: readonly ListenAddress[];
  readonly certificatePath: string;
  readonly keyPath: string;
  /** How often load and memory of the host are read; 0 for never. */
  readonly figuresMs: number;
  /** How often the rest of the inventory is compared with the machine, for changes that nobody told of; 0 not to follow it at all. */
  readonly scanMs: number;
  /** How long a change of the management interface has to prove itself before it is taken back. */
  readonly rollbackMs: number;
  /** Name of a file in /etc/pam.d. */
  readonly pamService: string;
  /** The folder with one folder for each cluster stack. */
  readonly stackRoot: string;
  /** The cluster stack that is used when nothing demands another one. */
  readonly stackDefault: string;
  /** How often the stacks are looked at, for changes that nobody told of. */
  readonly stackScanMs: number;
  /** How long each script of a stack may take; undefined: as long as the agent runs. */
  readonly stackTimeLimitsMs: Readonly<Partial<Record<ScriptName, number>>>;
  readonly sessions: SessionBounds;
  readonly tasks: TaskBounds;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  /** Log file; undefined means standard output only. */
  readonly logPath: string | undefined;
}

/** Where the agent of some settings lives. With `ownDirectory` (--dir) everything of it lies below that one folder. */
export function placeOf(directory: string | undefined, ownDirectory: string | undefined): Place {
  return ownDirectory === undefined
    ? { directory: directory ?? defaultDirectory, own: false }
    : { directory: resolve(ownDirectory), own: true };
}

/** The value of every setting as text, in the order of the table: what is given, else the default of the place. */
export function allValues(given: ReadonlyMap<string, string>, place: Place): ReadonlyMap<string, string> {
  const values = Object.entries(settingDefinitions).map(
    ([key, definition]) => [key, given.get(key) ?? definition.initial(place)] as const,
  );
  return new Map(values).set('directory', place.directory);
}

/** Settings from keys and values. The values have been accepted by the table. */
export function makeSettings(given: ReadonlyMap<string, string>, ownDirectory: string | undefined): Settings {
  const values = allValues(given, placeOf(given.get('directory'), ownDirectory));
  const text = (key: string): string => values.get(key) ?? '';
  const milliseconds = (key: string): number => Math.round(Number(text(key)) * 1000);
  return {
    directory: text('directory'),
    socketPath: text('socket'),
    listen: text('listen')
      .split(/\s+/)
      .map((item) => readAddress(item))
      .filter((address) => address !== undefined),
    certificatePath: text('certificate'),
    keyPath: text('key'),
    figuresMs: milliseconds('host-figures-interval'),
    scanMs: milliseconds('host-scan-interval'),
    rollbackMs: milliseconds('network-rollback-time'),
    stackRoot: text('cluster-stack-root'),
    stackDefault: text('cluster-stack-default'),
    stackScanMs: milliseconds('cluster-stack-scan-interval'),
    stackTimeLimitsMs: Object.fromEntries(
      scriptNames
        .filter((name) => values.has(timeLimitKey(name)))
        .map((name) => [name, milliseconds(timeLimitKey(name))]),
    ),
    pamService: text('pam-service'),
    sessions: {
      idleMs: milliseconds('inactive_session_timeout'),
      perUser: Number(text('sessions-per-user')),
      perGroup: Number(text('sessions-per-group')),
    },
    tasks: { staleMs: milliseconds('pending_task_timeout'), keptMs: milliseconds('completed_task_timeout') },
    logLevel: text('log-level') as LogLevel,
    logFormat: text('log-format') as LogFormat,
    logPath: text('log-file') || undefined,
  };
}
