/** What operations that wait for their implementation find out all the same: callers learn what stands against them. */
import type { ArgumentsOf } from '../datamodel/index.ts';
import type { Call } from './call.ts';

export const waitingChecks = {
  'pool.enable_ha': async (call: Call, args: ArgumentsOf<'pool', 'enable_ha'>): Promise<void> => {
    await call.stacks.scan();
    call.stacks.choose(args.cluster_stack, args.heartbeat_srs);
  },
  'PBD.plug': (call: Call, { self }: ArgumentsOf<'PBD', 'plug'>): void => call.stacks.assertPluggable(self),
} as const;
