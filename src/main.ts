/** The daemon: reads its settings, starts one agent in the Linux world and stops it when it is told to. */
import { dirname, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { type Agent, startAgent } from './agent.ts';
import { daemonUsage } from './daemon-options.ts';
import { JournalError } from './database/journal.ts';
import { version } from './lib/version.ts';
import { SettingsKeeper } from './settings/keeper.ts';
import { type Configuration, loadConfiguration, type SettingsPlaces } from './settings/load.ts';
import { SettingsError } from './settings/sources.ts';
import { createFiles } from './world/linux/files.ts';
import { createRandom } from './world/linux/random.ts';
import { sqliteJournals } from './world/linux/sqlite-journal.ts';
import { createLinuxWorld } from './world/linux/world.ts';
import { FileError } from './world/world.ts';

const options = {
  dir: { type: 'string' },
  listen: { type: 'string', multiple: true },
  config: { type: 'string' },
  'log-level': { type: 'string' },
  version: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

type Arguments = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

/** Where this process looks for its settings. */
function placesOf(args: Arguments): SettingsPlaces {
  const flags = new Map<string, string>();
  if (args.listen !== undefined) flags.set('listen', args.listen.join(' '));
  if (args['log-level'] !== undefined) flags.set('log-level', args['log-level']);
  return { config: args.config, ownDirectory: args.dir, environment: process.env, flags };
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

/** What to tell of a failed start. Only what nobody foresaw has a stack. */
function explain(thrown: unknown): string {
  // What the system said, without its name for it and the call that it refused.
  if (thrown instanceof FileError) {
    const plain = thrown.message
      .replace(/\bE[A-Z]{3,}: /g, '')
      .replace(/, (?:mkdir|open|stat|lstat|scandir) '[^']*'$/, '');
    return /[.?!]$/.test(plain) ? plain : `${plain}.`;
  }
  if (thrown instanceof SettingsError || thrown instanceof JournalError) return thrown.message;
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}

/** Runs until it is told to stop. Resolves to the exit code: 0 after a clean stop, 1 when it could not start, 2 for wrong usage. */
export async function main(argv: readonly string[]): Promise<number> {
  let started: Configuration;
  let places: SettingsPlaces;
  try {
    const args = parseArgs({ args: [...argv], options }).values;
    if (args.help) {
      process.stdout.write(daemonUsage());
      return 0;
    }
    if (args.version) {
      process.stdout.write(`${version}\n`);
      return 0;
    }
    places = placesOf(args);
    started = await loadConfiguration(createFiles(createRandom()), places);
  } catch (thrown) {
    const sentences = thrown instanceof Error ? thrown.message : String(thrown);
    for (const sentence of sentences.split('\n')) process.stderr.write(`quorated: ${sentence}\n`);
    return 2;
  }
  const { settings } = started;
  try {
    // Before there is a log to tell it in.
    if (settings.logPath !== undefined) {
      await createFiles(createRandom()).makeDirectory(dirname(settings.logPath), 0o700);
    }
  } catch (thrown) {
    process.stderr.write(`quorated: The agent could not start: ${explain(thrown)}\n`);
    return 1;
  }
  const world = createLinuxWorld({
    log: {
      level: settings.logLevel,
      format: settings.logFormat,
      ...(settings.logPath === undefined ? {} : { file: settings.logPath }),
    },
    journals: sqliteJournals(),
  });
  // From now on a signal is heard, also one that comes while the agent starts: it then ends as soon as it is up.
  let reload = (): void => {};
  const stopped = hearSignals(() => reload());
  try {
    let keeper: SettingsKeeper | undefined;
    const agent = await startAgent(world, settings, version, undefined, () => keeper?.report);
    world.log.write('info', 'agent-started', 'The agent is up.', { version, addresses: agent.addresses });
    const settingsKeeper = new SettingsKeeper({
      world,
      places,
      started,
      apply: async (next) => {
        await agent.apply(next);
        world.log.setLevel(next.logLevel);
      },
    });
    keeper = settingsKeeper;
    reload = () => void agent.reload(() => settingsKeeper.reload());
    const unwatch = settingsKeeper.watch();
    if (process.stdout.isTTY || settings.logPath !== undefined) process.stdout.write(welcome(agent));
    const signal = await stopped;
    unwatch();
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
