/** Stacks tried by the real kit on real virtual hosts. */
import { type Examination, examine, type Findings } from '../../src/conformance/conduct.ts';
import { readDirectory } from '../../src/conformance/directory.ts';
import { limits } from '../../src/lib/limits.ts';
import { createLaboratory } from '../../src/world/linux/laboratory/laboratory.ts';
import type { World } from '../../src/world/world.ts';

/** What the stack at `path` was found to be. */
export async function examineStack(
  { files, clock }: Pick<World, 'files' | 'clock'>,
  path: string,
  examination: Omit<Examination, 'directory'>,
): Promise<Findings> {
  const directory = await readDirectory(files, path, limits);
  const outside = {
    clock,
    openLaboratory: createLaboratory,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  };
  return examine({ directory, ...examination }, outside);
}
