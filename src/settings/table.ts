/** Every setting there is: what it is called, what it takes, what it is when nobody says, and when a change counts. Pure. */
import { limits } from '../lib/limits.ts';
import { scriptNames, scripts } from '../stack/contract.ts';
import type { LogFormat } from '../world/log-details.ts';
import type { LogLevel } from '../world/world.ts';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Where an agent keeps its things. Some defaults follow from it. */
export interface Place {
  readonly directory: string;
  /** The directory is the agent's own (--dir): everything lies in it, so that any number run side by side. */
  readonly own: boolean;
}

export interface SettingDefinition {
  /** Settings of one group stand together. */
  readonly group: string;
  /** What is accepted, for people. */
  readonly expects: string;
  readonly accepts: (value: string) => boolean;
  /** The value when nobody gives one; empty for none. */
  readonly initial: (place: Place) => string;
  /** `live`: a reload is enough. `restart`: the agent must be started anew. */
  readonly change: 'live' | 'restart';
  /** What it is for, in whole sentences. */
  readonly doc: string;
  /** What it could look like, where the default is nothing. */
  readonly example?: string;
}

/** Where an agent that is installed on a machine keeps its state. */
export const defaultDirectory = '/var/lib/quorate';

/** Where nobody says otherwise, clients of the API look for the socket. */
const usualSocket = '/var/lib/xcp/xapi';

const levels: readonly string[] = ['error', 'warn', 'info', 'debug'] satisfies LogLevel[];

const formats: readonly string[] = ['auto', 'text', 'json'] satisfies LogFormat[];

const isPath = (value: string): boolean => value.startsWith('/') && !value.includes('\0');
const path = { expects: 'an absolute path', accepts: isPath };
const isFileName = (value: string): boolean => /^[A-Za-z0-9_.-]{1,64}$/.test(value) && !/^\.+$/.test(value);
/** Seconds with up to three decimals, or 0. */
const isInterval = (value: string): boolean =>
  /^\d{1,5}(?:\.\d{1,3})?$/.test(value) && (Number(value) === 0 || (Number(value) >= 0.1 && Number(value) <= 86_400));

/** A whole number from `least` to `most`. */
function whole(least: number, most: number, what: string): Pick<SettingDefinition, 'expects' | 'accepts'> {
  return {
    expects: `${what} from ${least} to ${most}`,
    accepts: (value) => /^\d{1,9}$/.test(value) && Number(value) >= least && Number(value) <= most,
  };
}

/** `host:port`; an IPv6 address stands in brackets. */
export function readAddress(text: string): ListenAddress | undefined {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const host = found?.[1] ?? found?.[2];
  const port = Number(found?.[3]);
  return host === undefined || !(port >= 0 && port <= 65_535) ? undefined : { host, port };
}

const secondsOf = (ms: number): string => String(ms / 1000);

const places = 'Where things are';
const network = 'Serving over the network';
const sessions = 'Sessions and tasks';
const host = 'Following the machine';
const stacks = 'High availability';
const log = 'Log';

/** How long each script of a cluster stack may take. One that goes on as long as the agent has no such time. */
function timeLimits(): Record<string, SettingDefinition> {
  const limited = scriptNames.filter((name) => scripts[name].timeLimitMs > 0);
  const entries = limited.map((name): [string, SettingDefinition] => [
    timeLimitKey(name),
    {
      group: stacks,
      ...whole(1, 86_400, 'seconds'),
      initial: () => secondsOf(scripts[name].timeLimitMs),
      change: 'live',
      doc: `How long ${name} of a cluster stack may take, in seconds; then it is ended with everything that it started. ${scripts[name].timeLimitReason}`,
    },
  ]);
  return Object.fromEntries(entries);
}

/** The setting for the time of a script. */
export function timeLimitKey(script: string): string {
  return `stack-time-limit-${script}`;
}

/** By key, in the order in which people are shown them. */
export const settingDefinitions: Readonly<Record<string, SettingDefinition>> = {
  directory: {
    group: places,
    ...path,
    initial: () => defaultDirectory,
    change: 'restart',
    doc: 'Everything that the agent keeps: database, identity of the host, secret of the pool, certificate.',
  },
  socket: {
    group: places,
    expects: 'an absolute path of at most 107 bytes',
    accepts: (value) => isPath(value) && new TextEncoder().encode(value).length <= 107,
    initial: ({ directory, own }) => (own ? `${directory}/xapi` : usualSocket),
    change: 'restart',
    doc: 'The Unix socket. Clients of the XenAPI look for it where it is by default. Whoever can open it is root for the agent: its mode is 0600.',
  },
  listen: {
    group: network,
    expects: 'addresses such as 0.0.0.0:443 or [::]:443, separated by spaces, or nothing',
    accepts: (value) => value.split(/\s+/).every((item) => item === '' || readAddress(item) !== undefined),
    initial: () => '',
    change: 'live',
    doc: 'Addresses for TLS, separated by spaces, such as 0.0.0.0:443 [::]:443. Nothing: only the socket is served. Connections to an address that stays are kept.',
  },
  certificate: {
    group: network,
    ...path,
    initial: ({ directory }) => `${directory}/tls/certificate.pem`,
    change: 'live',
    doc: 'The certificate for TLS, in PEM, with those of the authorities between. A self-signed pair is made when there is neither certificate nor key. A new certificate at the same place is taken up by itself.',
  },
  key: {
    group: network,
    ...path,
    initial: ({ directory }) => `${directory}/tls/key.pem`,
    change: 'live',
    doc: 'The key that belongs to the certificate, in PEM.',
  },
  'pam-service': {
    group: sessions,
    expects: 'the name of a file in /etc/pam.d',
    accepts: isFileName,
    initial: () => 'xapi',
    change: 'restart',
    doc: 'The PAM service, a file in /etc/pam.d, that decides who may log in with a password.',
  },
  inactive_session_timeout: {
    group: sessions,
    ...whole(60, 31_536_000, 'seconds'),
    initial: () => secondsOf(limits.sessionIdleMs),
    change: 'live',
    doc: 'A session that nobody uses ends after so many seconds, unless a task of it is pending.',
  },
  'sessions-per-user': {
    group: sessions,
    ...whole(1, 10_000, 'a number'),
    initial: () => String(limits.sessionsPerUser),
    change: 'live',
    doc: 'How many sessions one user or one originator may have; the one that was unused longest makes room for one more.',
  },
  'sessions-per-group': {
    group: sessions,
    ...whole(1, 10_000, 'a number'),
    initial: () => String(limits.sessionsPerGroup),
    change: 'live',
    doc: 'The same for root without an originator, and for the other agents of the pool.',
  },
  pending_task_timeout: {
    group: sessions,
    ...whole(60, 31_536_000, 'seconds'),
    initial: () => secondsOf(limits.taskStaleMs),
    change: 'live',
    doc: 'A pending task without progress is given up after so many seconds.',
  },
  completed_task_timeout: {
    group: sessions,
    ...whole(1, 31_536_000, 'seconds'),
    initial: () => secondsOf(limits.taskKeptMs),
    change: 'live',
    doc: 'An ended task is kept for so many seconds, for its owner to look at.',
  },
  'host-figures-interval': {
    group: host,
    expects: 'seconds from 0.1 to 86400, or 0 for never',
    accepts: isInterval,
    initial: () => '1',
    change: 'live',
    doc: 'How often the load and the memory of the host are read, in seconds; 0: never. Small differences are published every five readings.',
  },
  'host-scan-interval': {
    group: host,
    expects: 'seconds from 0.1 to 86400, or 0 to look at the start only',
    accepts: isInterval,
    initial: () => '10',
    change: 'live',
    doc: 'The machine tells of most changes itself. How often it is compared with what the agent knows all the same, in seconds; 0: the machine is described as it was at the start of the agent. Changing from or to 0 counts from the next start on.',
  },
  'network-rollback-time': {
    group: host,
    ...whole(1, 3600, 'seconds'),
    initial: () => secondsOf(limits.networkProveMs),
    change: 'live',
    doc: 'A change of the interface over which the host is reached must prove itself within this many seconds: the address is there, and the gateway answers. Otherwise it is taken back.',
  },
  'cluster-stack-root': {
    group: stacks,
    ...path,
    initial: () => '/usr/libexec/xapi/cluster-stack',
    change: 'live',
    doc: 'The directory with one directory for each cluster stack. Stacks come, change and go there while the agent runs.',
  },
  'cluster-stack-default': {
    group: stacks,
    expects: 'the name of a directory, of letters, digits, - and _',
    accepts: (value) => /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(value),
    initial: () => 'xhad',
    change: 'live',
    doc: 'The cluster stack that high availability uses when neither the storage nor a Cluster nor the caller asks for one.',
  },
  'cluster-stack-scan-interval': {
    group: stacks,
    expects: 'seconds from 0.1 to 86400',
    accepts: (value) => isInterval(value) && Number(value) > 0,
    initial: () => '10',
    change: 'live',
    doc: 'Changes of cluster stacks are noticed as they happen, and looked at again right before each call. How often all of them are read anew all the same, in seconds, for changes that the file system does not tell of.',
  },
  ...timeLimits(),
  'log-level': {
    group: log,
    expects: `one of ${levels.join(', ')}`,
    accepts: (value) => levels.includes(value),
    initial: () => 'info',
    change: 'live',
    doc: 'error, warn, info or debug. Lines go to standard output, which systemd keeps in its journal.',
  },
  'log-format': {
    group: log,
    expects: `one of ${formats.join(', ')}`,
    accepts: (value) => formats.includes(value),
    initial: () => 'auto',
    change: 'restart',
    doc: 'auto: text, in colours on a terminal and with priorities for the journal of systemd. text: never in colours. json: one object a line, in the log file too.',
  },
  'log-file': {
    group: log,
    ...path,
    initial: ({ directory, own }) => (own ? `${directory}/log/quorated.log` : ''),
    change: 'restart',
    doc: 'A file for the log in addition to standard output. At 10 MiB it is renamed; five are kept.',
    example: '/var/log/quorated.log',
  },
};

/** A setting by its key. */
export function settingDefinition(key: string): SettingDefinition | undefined {
  return Object.hasOwn(settingDefinitions, key) ? settingDefinitions[key] : undefined;
}
