/** Where the agent that is meant keeps its things, for commands that also work when it does not run. Pure. */
import { dirname } from 'node:path';
import type { SettingsPlaces } from '../settings/load.ts';
import type { GlobalOptions } from './options.ts';
import { type Surroundings, usualSocket } from './socket.ts';

/** The database's name in the directory of an agent. */
export const databaseName = 'state.db';

/**
 * The directory of its own that the agent has: that of `--dir`, the one beside the socket, or the checkout's own when an
 * agent has run there. Undefined for the installed agent, whose settings say where it is.
 */
export function ownDirectory(options: GlobalOptions, socket: string, surroundings: Surroundings): string | undefined {
  if (options.dir !== undefined) return options.dir;
  if (socket !== usualSocket) return dirname(socket);
  const { checkout, exists } = surroundings;
  const own = checkout === undefined ? undefined : `${checkout}/.run`;
  if (options.socket !== undefined || (surroundings.environment['QUORATE_SOCKET'] ?? '') !== '') return undefined;
  return own !== undefined && exists(`${own}/${databaseName}`) ? own : undefined;
}

/** Where the settings of the agent are looked for when it does not run: what it would be started with, but for its own flags. */
export function placesFor(
  options: GlobalOptions,
  socket: string,
  surroundings: Surroundings,
  file: string | undefined,
): SettingsPlaces {
  const directory = ownDirectory(options, socket, surroundings);
  // The variable that tells the command line which socket to use is no setting of an agent.
  const { QUORATE_SOCKET: _socket, ...environment } = surroundings.environment;
  return { config: file, configNamedBy: 'file=', ownDirectory: directory, environment, flags: new Map() };
}
