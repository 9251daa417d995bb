/** The daemon: reads its settings, starts one agent in the Linux world and stops it when it is told to. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { type Agent, startAgent } from './agent.ts';
import { JournalError } from './database/journal.ts';
import { version } from './lib/version.ts';
import { assertSetting, makeSettings, readSettingsText, type Settings, SettingsError } from './settings.ts';
import { sqliteJournals } from './world/linux/sqlite-journal.ts';
import { createLinuxWorld, type LinuxWorld } from './world/linux/world.ts';

const usage = `Usage: quorated [options]

  --dir DIR            keep everything of this agent below DIR: socket, database, certificate, log
  --listen HOST:PORT   serve TLS there too; port 0 takes a free one; may be given several times
  --config FILE        read settings from FILE (default: /etc/quorate/xapi.conf when it is there)
  --log-level LEVEL    error, warn, info or debug
  --version            print the version
  --help               print this

Without --dir the socket is /var/lib/xcp/xapi and the state is in /var/lib/quorate.
`;

const defaultConfig = '/etc/quorate/xapi.conf';

const options = {
  dir: { type: 'string' },
  listen: { type: 'string', multiple: true },
  config: { type: 'string' },
  'log-level': { type: 'string' },
  version: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

type Arguments = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

function readFileSettings(args: Arguments): ReadonlyMap<string, string> {
  const path = args.config ?? (args.dir === undefined ? defaultConfig : undefined);
  if (path === undefined) return new Map();
  try {
    return readSettingsText(readFileSync(path, 'utf8'), path);
  } catch (thrown) {
    const missing = thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
    if (missing && args.config === undefined) return new Map();
    if (missing) throw new SettingsError(`There is no file ${path}, which --config names.`);
    throw thrown;
  }
}

function readSettings(args: Arguments): Settings {
  const given = new Map(readFileSettings(args));
  const fromCommandLine: readonly [string, string | undefined][] = [
    ['listen', args.listen?.join(' ')],
    ['log-level', args['log-level']],
  ];
  for (const [key, value] of fromCommandLine) {
    if (value === undefined) continue;
    assertSetting(key, value, `--${key}`);
    given.set(key, value);
  }
  return makeSettings(given, args.dir);
}

/** What a person at a terminal wants to know first. */
function welcome(agent: Agent): string {
  const [socket = '', ...tls] = agent.addresses;
  const shown = relative(process.cwd(), socket);
  const short = shown.startsWith('..') ? socket : shown;
  return [
    `quorate ${version} is up.`,
    `  socket  ${socket}   (whoever can open it is root)`,
    ...tls.map((address) => `  TLS     https://${address}`),
    '',
    'Try, in another shell:',
    '  npx quorate host-list',
    `  curl -s --unix-socket ${short} http://localhost/jsonrpc -d '{"jsonrpc":"2.0","id":1,"method":"session.login_with_password","params":["root",""]}'`,
    'Stop it with Ctrl-C.',
    '',
  ].join('\n');
}

/** Stops at SIGINT and SIGTERM. SIGHUP reloads, except at a terminal, which sends it when it goes away. */
function hearSignals(reload: () => void): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal));
    process.on('SIGHUP', () => (process.stdout.isTTY ? resolve('SIGHUP') : reload()));
  });
}

/** At a reload: what may change while the agent runs. */
function takeUpSettings(world: LinuxWorld, args: Arguments): void {
  try {
    const { logLevel } = readSettings(args);
    world.log.setLevel(logLevel);
    world.log.write('info', 'settings-reloaded', 'The settings were read again; those of the log are in force.', {
      logLevel,
    });
  } catch (thrown) {
    world.log.write('warn', 'settings-refused', 'The settings cannot be used; those before stay in force.', {
      reason: thrown instanceof Error ? thrown.message : String(thrown),
    });
  }
}

function explain(thrown: unknown): string {
  if (thrown instanceof SettingsError || thrown instanceof JournalError) return thrown.message;
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}

/** Runs until it is told to stop. Resolves to the exit code: 0 after a clean stop, 1 when it could not start, 2 for wrong usage. */
export async function main(argv: readonly string[]): Promise<number> {
  let settings: Settings;
  let args: Arguments;
  try {
    args = parseArgs({ args: [...argv], options }).values;
    if (args.help) {
      process.stdout.write(usage);
      return 0;
    }
    if (args.version) {
      process.stdout.write(`${version}\n`);
      return 0;
    }
    settings = readSettings(args);
  } catch (thrown) {
    process.stderr.write(`quorated: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
    return 2;
  }
  const world = createLinuxWorld({
    log: { level: settings.logLevel, ...(settings.logPath === undefined ? {} : { file: settings.logPath }) },
    journals: sqliteJournals(),
  });
  // From now on a signal is heard, also one that comes while the agent starts: it then ends as soon as it is up.
  let running: Agent | undefined;
  const stopped = hearSignals(() => void running?.reload(() => takeUpSettings(world, args)));
  try {
    const agent = await startAgent(world, settings, version);
    running = agent;
    world.log.write('info', 'agent-started', 'The agent is up.', { version, addresses: agent.addresses });
    if (process.stdout.isTTY || settings.logPath !== undefined) process.stdout.write(welcome(agent));
    const signal = await stopped;
    world.log.write('info', 'agent-stopping', 'The agent was told to stop.', { signal });
    await agent.stop();
    return 0;
  } catch (thrown) {
    const sentence = `The agent could not start: ${explain(thrown)}`;
    world.log.write('error', 'agent-failed', sentence);
    await world.service.tell({ status: sentence });
    return 1;
  } finally {
    await world.close();
  }
}
