/** Looks at, takes out, copies and puts back the database of an agent as a file. Needs no agent. */
import { dirname, join } from 'node:path';
import { DumpError } from '../../database/dump.ts';
import { JournalError } from '../../database/journal.ts';
import { backupDatabase, checkDatabase, dumpDatabase, RestoreError, restoreDatabase } from '../../database/tools.ts';
import { limits } from '../../lib/limits.ts';
import { createFiles } from '../../world/linux/files.ts';
import { createRandom } from '../../world/linux/random.ts';
import { sqliteJournals } from '../../world/linux/sqlite-journal.ts';
import { FileError } from '../../world/world.ts';
import { databaseName, ownDirectory } from '../agent-place.ts';
import type { DatabaseCommand } from '../command.ts';
import { CommandFailure } from '../failure.ts';
import { readAll } from '../input.ts';
import type { GlobalOptions } from '../options.ts';
import type { Surroundings } from '../socket.ts';
import type { Output } from './context.ts';

/** Where an installed agent keeps its database. */
const usualDirectory = '/var/lib/quorate';

/** The file that is meant: `file=`, or that of the agent whose directory or socket is named. */
export function databaseFile(
  command: DatabaseCommand,
  options: GlobalOptions,
  socket: string,
  surroundings: Surroundings,
): string {
  return command.file ?? join(ownDirectory(options, socket, surroundings) ?? usualDirectory, databaseName);
}

export async function database(
  command: DatabaseCommand,
  path: string,
  options: GlobalOptions,
  output: Output,
): Promise<void> {
  const world = { files: createFiles(createRandom()), journals: sqliteJournals() };
  try {
    if (command.action !== 'restore' && (await world.files.status(path)) === undefined) {
      throw new CommandFailure(
        `There is no database ${path}. Name the file with file=, or the agent's directory with --dir.`,
      );
    }
    switch (command.action) {
      case 'check':
        return report(await checkDatabase(world, path), path, options, output);
      case 'dump':
        return write(await dumpDatabase(world, path), output);
      case 'backup':
        await backupDatabase(world, path, { to: command.to });
        return output.note(`${path} was copied to ${command.to}.\n`);
      case 'restore':
        break;
    }
    await assertFolder(world.files, dirname(path));
    const dump =
      command.from === '-'
        ? await readAll(process.stdin, limits.cliDumpBytes)
        : await readDumpFile(world, command.from);
    const count = await restoreDatabase(world, path, { dump });
    return output.note(`${count === 1 ? '1 object was' : `${count} objects were`} restored to ${path}.\n`);
  } catch (error) {
    throw explained(error);
  }
}

async function assertFolder(files: ReturnType<typeof createFiles>, folder: string): Promise<void> {
  const status = await files.status(folder);
  if (status?.kind === 'directory') return;
  throw new CommandFailure(
    status === undefined
      ? `There is no directory ${folder} for the database. Make it first, readable for its owner only, or name another file with file=.`
      : `${folder} is not a directory. Name another file with file=, or the agent's directory with --dir.`,
  );
}

async function readDumpFile(
  { files }: { readonly files: ReturnType<typeof createFiles> },
  path: string,
): Promise<string> {
  return new TextDecoder().decode(await files.read(path, limits.cliDumpBytes));
}

function report(sentences: readonly string[], path: string, options: GlobalOptions, output: Output): void {
  if (options.json) output.write(`${JSON.stringify(sentences, undefined, 2)}\n`);
  else
    output.write(
      sentences.length === 0 ? `${path} is sound.\n` : sentences.map((sentence) => `${sentence}\n`).join(''),
    );
  if (sentences.length > 0) {
    throw new CommandFailure(
      `${path} is damaged: ${sentences.length === 1 ? 'one thing is' : `${sentences.length} things are`} wrong with it.`,
    );
  }
}

function write(lines: Iterable<string>, output: Output): void {
  let text = '';
  for (const line of lines) {
    text += line;
    if (text.length < limits.sliceBytes) continue;
    output.write(text);
    text = '';
  }
  output.write(text);
}

/** The sentence of what the tools refuse; anything else as it is. Their sentences end without a full stop. */
function explained(error: unknown): unknown {
  if (error instanceof RestoreError)
    return new CommandFailure(`The dump was not restored: ${error.sentences.join('; ')}.`);
  if (error instanceof DumpError) return new CommandFailure(`The dump cannot be read: ${error.message}.`);
  if (error instanceof JournalError || error instanceof FileError) return new CommandFailure(`${error.message}.`);
  return error;
}
