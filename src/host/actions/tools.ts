import { ApiError } from '../../datamodel/index.ts';
import { limits } from '../../lib/limits.ts';
import { FileError, type ProgramOptions, type ProgramResult, type World } from '../../world/world.ts';

type Options = Partial<Pick<ProgramOptions, 'timeoutMs' | 'maxOutputBytes' | 'signal' | 'input' | 'environment'>>;

/** Runs a tool to its end, whatever that is. Undefined when it is not installed. */
export async function tryTool(
  world: Pick<World, 'programs'>,
  program: string,
  args: readonly string[],
  options: Options = {},
): Promise<ProgramResult | undefined> {
  try {
    return await world.programs.run(program, args, {
      timeoutMs: limits.quickProgramMs,
      maxOutputBytes: limits.smallOutputBytes,
      ...options,
    });
  } catch (thrown) {
    if (thrown instanceof FileError && thrown.code === 'not-found') return undefined;
    throw thrown;
  }
}

/** Why a tool that has ended did not do its work, in its own words where it has any. */
export function failureOf(result: ProgramResult): string {
  if (result.timedOut) return 'it did not end in time';
  return result.stderr.trim() || result.stdout.trim() || `it ended with ${result.exitCode ?? result.signal}`;
}

/**
 * What a tool printed.
 * @throws ApiError INTERNAL_ERROR when it is not installed or failed
 */
export async function useTool(
  world: Pick<World, 'programs'>,
  program: string,
  args: readonly string[],
  options: Options = {},
): Promise<string> {
  const result = await tryTool(world, program, args, options);
  if (result === undefined) throw new ApiError('INTERNAL_ERROR', `${program} is not installed.`);
  if (result.exitCode !== 0) throw new ApiError('INTERNAL_ERROR', `${program} failed: ${failureOf(result)}`);
  return result.stdout;
}
