/** Which socket to talk to. Pure; what exists is asked through a function. */
import type { GlobalOptions } from './options.ts';

/** Where an installed agent listens. */
export const usualSocket = '/var/lib/xcp/xapi';

/** The agent's socket in its directory. */
const socketName = 'xapi';

export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The directory that holds the program's package.json, when there is one. */
  readonly checkout: string | undefined;
  readonly exists: (path: string) => boolean;
}

/** `--socket`, `--dir`, QUORATE_SOCKET, the checkout's own agent, the installed one: the first that applies. */
export function chooseSocket(options: GlobalOptions, { environment, checkout, exists }: Surroundings): string {
  if (options.socket !== undefined) return options.socket;
  if (options.dir !== undefined) return `${options.dir.replace(/\/+$/, '')}/${socketName}`;
  const named = environment['QUORATE_SOCKET'];
  if (named !== undefined && named !== '') return named;
  const own = checkout === undefined ? undefined : `${checkout}/.run/${socketName}`;
  return own !== undefined && exists(own) ? own : usualSocket;
}
