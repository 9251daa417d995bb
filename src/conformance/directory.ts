/** Looks at the directory of a stack. */
import type { Limits } from '../lib/limits.ts';
import { StackFault } from '../stack/fault.ts';
import { type ManifestLimits, readManifest } from '../stack/manifest.ts';
import type { Files } from '../world/world.ts';
import type { DirectoryFacts, FileFacts } from './transcript.ts';

export type DirectoryLimits = ManifestLimits & Pick<Limits, 'stackTextBytes' | 'stackScriptBytes'>;

/** @throws FileError when there is no such directory */
export async function readDirectory(files: Files, path: string, limits: DirectoryLimits): Promise<DirectoryFacts> {
  const names = [...(await files.list(path))].sort();
  const status = await files.status(path);
  const entries = await Promise.all(names.map((name) => factsOf(files, path, name, limits)));
  return {
    path,
    mode: status?.mode ?? 0,
    uid: status?.uid ?? 0,
    files: new Map(entries.flatMap((entry) => (entry === undefined ? [] : [[entry.name, entry] as const]))),
    ...claimsOf(await textOf(files, `${path}/stack.json`, limits), limits),
    supportedSrs: await textOf(files, `${path}/ha_supported_srs`, limits),
  };
}

async function factsOf(
  files: Files,
  path: string,
  name: string,
  limits: DirectoryLimits,
): Promise<FileFacts | undefined> {
  const status = await files.status(`${path}/${name}`);
  if (status === undefined) return undefined;
  const { kind, mode, uid, size } = status;
  const interpreter =
    kind === 'file' ? await interpreterOf(files, `${path}/${name}`, size, limits.stackScriptBytes) : undefined;
  const program = interpreter?.split(' ', 1)[0];
  const interpreterPresent = program === undefined || (await files.status(program)) !== undefined;
  return { name, kind, mode, uid, size, interpreter, interpreterPresent };
}

/** What follows `#!` in the first line, as it stands there but for spaces around it; a carriage return stays. */
async function interpreterOf(files: Files, path: string, size: number, mostBytes: number): Promise<string | undefined> {
  if (size === 0 || size > mostBytes) return undefined;
  const bytes = await files.read(path, mostBytes);
  const [first = ''] = new TextDecoder('latin1').decode(bytes.subarray(0, 256)).split('\n', 1);
  return /^#![ \t]*([^\n]*?)[ \t]*$/.exec(first)?.[1];
}

function claimsOf(
  text: string | undefined,
  limits: DirectoryLimits,
): Pick<DirectoryFacts, 'manifest' | 'manifestFault' | 'capabilities' | 'fenceWithinMs'> {
  if (text === undefined) return { manifest: undefined, manifestFault: undefined, capabilities: [] };
  try {
    const { capabilities, fenceWithinMs } = readManifest(text, limits);
    return { manifest: text, manifestFault: undefined, capabilities, fenceWithinMs };
  } catch (thrown) {
    if (thrown instanceof StackFault) return { manifest: text, manifestFault: thrown.message, capabilities: [] };
    throw thrown;
  }
}

/** A longer text than is read is told apart by being too long for those who read it next. */
async function textOf(files: Files, path: string, { stackTextBytes }: DirectoryLimits): Promise<string | undefined> {
  const status = await files.status(path);
  if (status === undefined || status.kind !== 'file') return undefined;
  if (status.size > stackTextBytes) return ' '.repeat(stackTextBytes + 1);
  return new TextDecoder().decode(await files.read(path, stackTextBytes));
}
