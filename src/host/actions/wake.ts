import { ApiError } from '../../datamodel/index.ts';
import type { World } from '../../world/world.ts';
import { failureOf, tryTool } from './tools.ts';

/** Programs that send the packet that network cards wait for, as distributions name them. */
const programs = ['wakeonlan', 'etherwake', 'ether-wake'];

/** @throws ApiError INTERNAL_ERROR when none of the programs is there, or it failed */
export async function wake(world: Pick<World, 'programs'>, mac: string): Promise<void> {
  for (const program of programs) {
    const result = await tryTool(world, program, [mac]);
    if (result === undefined) continue;
    if (result.exitCode === 0) return;
    throw new ApiError('INTERNAL_ERROR', `${program} failed: ${failureOf(result)}`);
  }
  throw new ApiError('INTERNAL_ERROR', `None of ${programs.join(', ')} is installed.`);
}
