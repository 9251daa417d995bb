/** What an administrator may choose: in a file of `key = value` lines, and on the command line. */
import { dirname, join, resolve } from 'node:path';
import type { LogLevel } from './world/world.ts';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

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
  /** Name of a file in /etc/pam.d. */
  readonly pamService: string;
  readonly logLevel: LogLevel;
  /** Log file; undefined means standard output only. */
  readonly logPath: string | undefined;
}

/** A setting could not be understood. The sentence names where it stands and what is accepted. */
export class SettingsError extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = 'SettingsError';
  }
}

interface Definition {
  /** What is accepted, for people. */
  readonly expects: string;
  readonly accepts: (value: string) => boolean;
}

/** Where an agent that is installed on a machine keeps its state. */
export const defaultDirectory = '/var/lib/quorate';

const levels: readonly string[] = ['error', 'warn', 'info', 'debug'] satisfies LogLevel[];
/** Seconds with up to three decimals, or 0. */
const isInterval = (value: string): boolean =>
  /^\d{1,5}(?:\.\d{1,3})?$/.test(value) && (Number(value) === 0 || (Number(value) >= 0.1 && Number(value) <= 86_400));
const isPath = (value: string): boolean => value.startsWith('/') && !value.includes('\0');

/** Every key of the settings file. */
export const settingDefinitions: Readonly<Record<string, Definition>> = {
  directory: { expects: 'an absolute path', accepts: isPath },
  socket: { expects: 'an absolute path of at most 107 characters', accepts: (v) => isPath(v) && v.length <= 107 },
  listen: {
    expects: 'addresses such as 0.0.0.0:443 or [::]:443, separated by spaces, or nothing',
    accepts: (value) => value.split(/\s+/).every((item) => item === '' || readAddress(item) !== undefined),
  },
  certificate: { expects: 'an absolute path', accepts: isPath },
  key: { expects: 'an absolute path', accepts: isPath },
  'pam-service': {
    expects: 'the name of a file in /etc/pam.d',
    accepts: (value) => /^[A-Za-z0-9_.-]{1,64}$/.test(value),
  },
  'host-figures-interval': { expects: 'seconds from 0.1 to 86400, or 0 for never', accepts: isInterval },
  'host-scan-interval': { expects: 'seconds from 0.1 to 86400, or 0 to look at the start only', accepts: isInterval },
  'log-level': { expects: `one of ${levels.join(', ')}`, accepts: (value) => levels.includes(value) },
  'log-file': { expects: 'an absolute path', accepts: isPath },
};

/** `host:port`; an IPv6 address stands in brackets. */
function readAddress(text: string): ListenAddress | undefined {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const host = found?.[1] ?? found?.[2];
  const port = Number(found?.[3]);
  return host === undefined || !(port >= 0 && port <= 65_535) ? undefined : { host, port };
}

/**
 * Reads a settings file: one `key = value` a line, `#` begins a comment line; everything after the first `=` is the
 * value, quotes and all.
 * @throws SettingsError that names the file and the line
 */
export function readSettingsText(text: string, path: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const where = `${path}, line ${index + 1}`;
    const equals = line.indexOf('=');
    if (equals < 0) throw new SettingsError(`${where}: expected "key = value", found "${line}".`);
    const key = line.slice(0, equals).trim();
    if (found.has(key)) throw new SettingsError(`${where}: "${key}" is set a second time.`);
    const value = line.slice(equals + 1).trim();
    assertSetting(key, value, where);
    found.set(key, value);
  }
  return found;
}

/** @throws SettingsError */
export function assertSetting(key: string, value: string, where: string): void {
  const definition = Object.hasOwn(settingDefinitions, key) ? settingDefinitions[key] : undefined;
  if (definition === undefined) {
    const known = Object.keys(settingDefinitions).join(', ');
    throw new SettingsError(`${where}: there is no setting "${key}". There are: ${known}.`);
  }
  if (!definition.accepts(value))
    throw new SettingsError(`${where}: "${key}" must be ${definition.expects}, not "${value}".`);
}

/**
 * Settings from keys and values; later maps win.
 * With `ownDirectory` (--dir) everything of the agent lies below that one folder, so that any number run side by side.
 */
export function makeSettings(given: ReadonlyMap<string, string>, ownDirectory: string | undefined): Settings {
  const directory = ownDirectory === undefined ? (given.get('directory') ?? defaultDirectory) : resolve(ownDirectory);
  const own = ownDirectory !== undefined;
  const logPath = given.get('log-file') ?? (own ? join(directory, 'log', 'quorated.log') : undefined);
  return {
    directory,
    socketPath: given.get('socket') ?? (own ? join(directory, 'xapi') : '/var/lib/xcp/xapi'),
    listen: (given.get('listen') ?? '')
      .split(/\s+/)
      .map((item) => readAddress(item))
      .filter((address) => address !== undefined),
    certificatePath: given.get('certificate') ?? join(directory, 'tls', 'certificate.pem'),
    keyPath: given.get('key') ?? join(directory, 'tls', 'key.pem'),
    figuresMs: Number(given.get('host-figures-interval') ?? 1) * 1000,
    scanMs: Number(given.get('host-scan-interval') ?? 10) * 1000,
    pamService: given.get('pam-service') ?? 'xapi',
    logLevel: (given.get('log-level') ?? 'info') as LogLevel,
    logPath,
  };
}

/** Folder that a path needs. */
export function folderOf(path: string): string {
  return dirname(path);
}
