/** Looks at the directory of a stack. */
import type { Files } from '../world/world.ts';
import type { DirectoryFacts, FileFacts } from './transcript.ts';

/** Longest file that is read to see how it begins; programs may be longer. */
const longestScriptBytes = 1_048_576;
const longestTextBytes = 65_536;

/** @throws FileError when there is no such directory */
export async function readDirectory(files: Files, path: string): Promise<DirectoryFacts> {
  const names = [...(await files.list(path))].sort();
  const status = await files.status(path);
  const entries = await Promise.all(names.map((name) => factsOf(files, path, name)));
  return {
    path,
    mode: status?.mode ?? 0,
    uid: status?.uid ?? 0,
    files: new Map(entries.flatMap((entry) => (entry === undefined ? [] : [[entry.name, entry] as const]))),
    manifest: await textOf(files, `${path}/stack.json`),
    supportedSrs: await textOf(files, `${path}/ha_supported_srs`),
  };
}

async function factsOf(files: Files, path: string, name: string): Promise<FileFacts | undefined> {
  const status = await files.status(`${path}/${name}`);
  if (status === undefined) return undefined;
  const { kind, mode, uid, size } = status;
  const interpreter = kind === 'file' ? await interpreterOf(files, `${path}/${name}`, size) : undefined;
  const program = interpreter?.split(' ', 1)[0];
  const interpreterPresent = program === undefined || (await files.status(program)) !== undefined;
  return { name, kind, mode, uid, size, interpreter, interpreterPresent };
}

/** What follows `#!` in the first line, as it stands there but for spaces around it; a carriage return stays. */
async function interpreterOf(files: Files, path: string, size: number): Promise<string | undefined> {
  if (size === 0 || size > longestScriptBytes) return undefined;
  const bytes = await files.read(path, longestScriptBytes);
  const [first = ''] = new TextDecoder('latin1').decode(bytes.subarray(0, 256)).split('\n', 1);
  return /^#![ \t]*([^\n]*?)[ \t]*$/.exec(first)?.[1];
}

async function textOf(files: Files, path: string): Promise<string | undefined> {
  const status = await files.status(path);
  if (status === undefined || status.kind !== 'file') return undefined;
  if (status.size > longestTextBytes) return '';
  return new TextDecoder().decode(await files.read(path, longestTextBytes));
}
