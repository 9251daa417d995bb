/** What an admin does to a database from outside: look whether it is sound, take it out, put it back, copy it. */
import { deriveDatamodel } from '../datamodel/index.ts';
import type { World } from '../world/world.ts';
import { dumpLines, readDump } from './dump.ts';
import { journalOptions, schemaVersion } from './format.ts';
import { type Journal, JournalError, type JournalObject, loadAll } from './journal.ts';
import { verifyObjects } from './verification.ts';

type ToolWorld = Pick<World, 'files' | 'journals'>;

const objectsPerDelta = 1000;

async function reading<T>(world: ToolWorld, path: string, use: (journal: Journal) => Promise<T>): Promise<T> {
  const journal = await world.journals.open(path, journalOptions({ create: false, readOnly: true }));
  try {
    return await use(journal);
  } finally {
    await journal.close();
  }
}

/**
 * Sentences about everything that is wrong with the file, its objects and their references; none when all is well.
 * Works while an agent runs on it.
 * @throws JournalError when the file cannot even be opened.
 */
export function checkDatabase(world: ToolWorld, path: string): Promise<readonly string[]> {
  return reading(world, path, async (journal) => [
    ...(await journal.check()),
    ...verifyObjects(deriveDatamodel(), await loadAll(journal)),
  ]);
}

/** All stored objects as lines of text, each with its newline. Works while an agent runs on the file. @throws JournalError */
export function dumpDatabase(world: ToolWorld, path: string): Promise<Iterable<string>> {
  return reading(world, path, async (journal) => {
    const header = { schemaVersion: journal.schemaVersion, generationCeiling: await journal.generationCeiling() };
    return dumpLines(deriveDatamodel(), header, await loadAll(journal));
  });
}

/** A consistent copy of the file, for its owner only. Works while an agent runs on it. @throws JournalError */
export function backupDatabase(world: ToolWorld, path: string, options: { readonly to: string }): Promise<void> {
  return reading(world, path, (journal) => journal.backup(options.to));
}

/** A dump that holds what a database may not hold. */
export class RestoreError extends Error {
  readonly sentences: readonly string[];

  constructor(sentences: readonly string[]) {
    super(`the dump was not restored: ${sentences.join('; ')}`);
    this.name = 'RestoreError';
    this.sentences = sentences;
  }
}

/**
 * Makes a new database from a dump. It is checked as a whole first, and the file appears complete or not at all.
 * An existing file is never replaced: whoever wants its place moves it away.
 * @throws DumpError, RestoreError, JournalError
 */
export async function restoreDatabase(
  world: ToolWorld,
  path: string,
  options: { readonly dump: string },
): Promise<number> {
  const { header, objects } = readDump(options.dump);
  if ((await world.files.status(path)) !== undefined) {
    const sentence = `${path} exists already and was left as it is: stop the agent that uses it and move it away, or name another file`;
    throw new JournalError('io', path, sentence);
  }
  const format = journalOptions({ create: true });
  if (header.schemaVersion > schemaVersion) {
    throw new RestoreError([
      `it has schema version ${header.schemaVersion}, this program supports up to ${schemaVersion}: run the newer program`,
    ]);
  }
  const upgraded =
    header.schemaVersion === schemaVersion
      ? objects
      : objects.map((object) => format.upgrade(object, header.schemaVersion)).filter((object) => object !== undefined);
  const sentences = verifyObjects(deriveDatamodel(), upgraded);
  if (sentences.length > 0) throw new RestoreError(sentences);
  await writeNew(world, path, header.generationCeiling, upgraded);
  return upgraded.length;
}

async function writeNew(
  world: ToolWorld,
  path: string,
  ceiling: number,
  objects: readonly JournalObject[],
): Promise<void> {
  const partial = `${path}.restoring`;
  const removePartial = async (): Promise<void> => {
    for (const suffix of ['', '-wal', '-shm', '.lock']) await world.files.remove(`${partial}${suffix}`);
  };
  await removePartial();
  try {
    const journal = await world.journals.open(partial, journalOptions({ create: true }));
    try {
      await journal.raiseGenerationCeiling(ceiling);
      for (let at = 0; at < objects.length; at += objectsPerDelta) {
        await journal.append({ generation: 0, changes: objects.slice(at, at + objectsPerDelta) });
      }
      await journal.backup(path);
    } finally {
      await journal.close();
    }
  } finally {
    await removePartial();
  }
}
