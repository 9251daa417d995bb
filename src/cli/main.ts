/** The command line: reads what is asked, does it, and answers with an exit code. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { limits } from '../lib/limits.ts';
import { version } from '../lib/version.ts';
import { Catalogue } from './catalogue.ts';
import type { Command } from './command.ts';
import {
  ApiFailure,
  CommandFailure,
  EndedWith,
  exitCodes,
  Interrupted,
  OutputClosed,
  Unreachable,
  UsageError,
} from './failure.ts';
import { helpTopic, parseCommand } from './grammar/index.ts';
import { inputPosition, readAll, readHidden, withInput } from './input.ts';
import { type GlobalOptions, parseOptions, stackCheckOptions } from './options.ts';
import { Resolver } from './resolver.ts';
import { call } from './run/call.ts';
import type { Context, Output } from './run/context.ts';
import { change, get, list } from './run/objects.ts';
import { Session } from './session.ts';
import { chooseSocket, type Surroundings } from './socket.ts';
import { assertWritten, outputLost, terminalOutput } from './terminal.ts';

/** The directory with the program's package.json, above the running file. */
function programRoot(): string | undefined {
  let directory: string = import.meta.dirname;
  for (let steps = 0; steps < 4; steps += 1) {
    if (existsSync(join(directory, 'package.json'))) return directory;
    directory = dirname(directory);
  }
  return undefined;
}

function surroundings(): Surroundings {
  return { environment: process.env, checkout: programRoot(), exists: existsSync };
}

function socketOf(options: GlobalOptions): string {
  return chooseSocket(options, surroundings());
}

/** Runs one command line and resolves with the exit code of the process. Never rejects. */
export async function main(argv: readonly string[]): Promise<number> {
  const catalogue = new Catalogue();
  if (argv[0] === '--complete') {
    const { complete } = await import('./completion/dynamic.ts');
    return complete(catalogue, argv.slice(1), socketOf);
  }
  let output = terminalOutput({ minimal: false, json: false, color: true, help: false, version: false });
  const stop = new AbortController();
  const interrupt = (): void => {
    if (stop.signal.aborted) process.exit(exitCodes.interrupted);
    stop.abort(new Interrupted());
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  process.stdout.on('error', (error) => stop.abort(outputLost(error)));
  // There is nobody left to tell.
  process.stderr.on('error', () => undefined);
  try {
    const [first, ...rest] = argv;
    if ((first === 'install' || first === 'uninstall') && !rest.some((word) => word === '--help' || word === '-h')) {
      const { install, readInstallOptions, uninstall } = await import('./install/command.ts');
      const own = readInstallOptions(first, rest);
      if (first === 'install') install(programRoot(), own, output);
      else uninstall(own, output);
      await assertWritten();
      return exitCodes.ok;
    }
    const checksStack = argv.some((word, index) => word === 'check' && argv[index - 1] === 'stack');
    const { options, words, own } = parseOptions(argv, checksStack ? stackCheckOptions : []);
    output = terminalOutput(options);
    if (options.timeoutMs !== undefined) {
      const seconds = options.timeoutMs / 1000;
      const reason = new CommandFailure(`Gave up after ${seconds} second${seconds === 1 ? '' : 's'}.`);
      setTimeout(() => stop.abort(reason), options.timeoutMs).unref();
    }
    if (checksStack && !options.help && !options.version) {
      const { stackCheck } = await import('./run/stack-check.ts');
      await stackCheck(words.slice(2), own, options, output, stop.signal);
    } else await run(catalogue, options, words, output, stop.signal);
    await assertWritten();
    return exitCodes.ok;
  } catch (error) {
    // A verdict that nobody could read is none.
    const told = error instanceof EndedWith ? await assertWritten().catch((lost: unknown) => lost) : undefined;
    return await report(catalogue, told ?? error, output);
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

async function run(
  catalogue: Catalogue,
  options: GlobalOptions,
  words: readonly string[],
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  if (options.version) return output.write(`quorate ${version}\n`);
  if (options.help || words.length === 0) return help(catalogue, helpTopic(catalogue, words), output);
  const position = inputPosition(words);
  const filled = position === undefined ? words : withInput(words, position, await input(output, signal));
  const command = parseCommand(catalogue, filled);
  if (command.verb === 'db') {
    const { database, databaseFile } = await import('./run/database.ts');
    return database(command, databaseFile(command, options, socketOf(options), surroundings()), options, output);
  }
  if (command.verb !== 'built-in')
    return withSession(catalogue, options, output, signal, (context) => ask(context, command));
  switch (command.name) {
    case 'help':
      return help(catalogue, command.words[0], output);
    case 'version':
      return output.write(`quorate ${version}\n`);
    case 'completion': {
      const { completionScript } = await import('./completion/scripts.ts');
      return output.write(completionScript(catalogue, command.words));
    }
    default:
      return lookAtAgent(catalogue, command, options, output, signal);
  }
}

/** Commands about the agent itself; config and doctor also work when there is none. */
async function lookAtAgent(
  catalogue: Catalogue,
  command: Extract<Command, { verb: 'built-in' }>,
  options: GlobalOptions,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const [{ askStatus }, { placesFor }] = await Promise.all([import('./agent-status.ts'), import('./agent-place.ts')]);
  const socketPath = socketOf(options);
  const agent = await askStatus(socketPath, signal, command.name === 'status');
  const places = (file: string | undefined) => placesFor(options, socketPath, surroundings(), file);
  if (command.name === 'config') {
    const { configShow } = await import('./run/config.ts');
    return configShow(command.words, agent, places, options, output);
  }
  if (command.name === 'doctor') {
    const { doctor } = await import('./run/doctor.ts');
    const question = (file: string | undefined) => ({ agent, socketPath, places: places(file) });
    return doctor(command.words, question, options, output);
  }
  if (command.name === 'stack') {
    const { stack } = await import('./run/stack.ts');
    const inSession = (work: (context: Context) => Promise<void>): Promise<void> =>
      withSession(catalogue, options, output, signal, work);
    const question = { catalogue, agent, places: places(undefined), withSession: inSession };
    return stack(command.words, question, options, output, signal);
  }
  const [{ status }, { quickFindings }] = await Promise.all([import('./run/status.ts'), import('./run/doctor.ts')]);
  return withSession(catalogue, options, output, signal, async (context) => {
    const question = { agent, socketPath, places: places(undefined) };
    return status(context, { socketPath, agent, findings: await quickFindings(question) });
  });
}

/** The argument that is read instead of written: typed unseen at a terminal, else all of standard input. */
async function input(output: Output, signal: AbortSignal): Promise<string> {
  const { stdin } = process;
  const stop = (): void => void stdin.destroy();
  signal.addEventListener('abort', stop);
  try {
    if (!stdin.isTTY) return await readAll(stdin, limits.requestBodyBytes);
    return await readHidden(stdin, () => output.note('Value (it is not shown): '));
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    if (stdin.isTTY) output.note('\n');
  }
}

async function help(catalogue: Catalogue, topic: string | undefined, output: Output): Promise<void> {
  const { helpPage, overview } = await import('./help.ts');
  const style = { bold: output.paint.bold, columns: Math.min(output.columns ?? 100, 100) };
  output.write(topic === undefined ? overview(catalogue, style) : helpPage(catalogue, topic, style));
}

async function withSession(
  catalogue: Catalogue,
  options: GlobalOptions,
  output: Output,
  signal: AbortSignal,
  work: (context: Context) => Promise<void>,
): Promise<void> {
  const session = await Session.open(socketOf(options), signal);
  try {
    const resolver = new Resolver(session, catalogue);
    await work({ catalogue, options, output, session, resolver, signal });
  } finally {
    await session.close();
  }
}

async function ask(context: Context, command: Exclude<Command, { verb: 'built-in' | 'db' }>): Promise<void> {
  switch (command.verb) {
    case 'list':
      return list(context, command);
    case 'get':
      return get(context, command);
    case 'set':
    case 'add':
    case 'remove':
    case 'clear':
      return change(context, command);
    case 'call':
      return call(context, command);
    case 'event-wait':
      return (await import('./run/events.ts')).eventWait(context, command);
    case 'events':
      break;
  }
  return (await import('./run/events.ts')).events(context, command);
}

/** Says on standard error what went wrong and returns the exit code for it. */
async function report(catalogue: Catalogue, error: unknown, output: Output): Promise<number> {
  const say = (sentence: string): void => output.note(`${output.paintNotes.red('Error:')} ${sentence}\n`);
  if (error instanceof OutputClosed) return exitCodes.ok;
  if (error instanceof EndedWith) return error.exitCode;
  if (error instanceof Interrupted) {
    if (error.message !== '') output.note(`${error.message}\n`);
    return exitCodes.interrupted;
  }
  if (error instanceof UsageError) {
    say(`${error.message} See: quorate help${error.topic === undefined ? '' : ` ${error.topic}`}`);
    return exitCodes.usage;
  }
  if (error instanceof Unreachable) {
    say(error.message);
    return exitCodes.unreachable;
  }
  if (error instanceof ApiFailure) {
    const { explain } = await import('./explain.ts');
    say(explain(catalogue, error.code, error.params));
  } else if (error instanceof CommandFailure) say(error.message);
  else
    say(
      `This is a fault of the program itself: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  return exitCodes.failed;
}
