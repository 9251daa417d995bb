/** The name of the machine, through systemd-hostnamed. */
import { ApiError } from '../../datamodel/index.ts';
import { limits } from '../../lib/limits.ts';
import { type Bus, BusError, type BusMatch } from '../../world/world.ts';

const hostnamed = {
  service: 'org.freedesktop.hostname1',
  path: '/org/freedesktop/hostname1',
  interface: 'org.freedesktop.hostname1',
} as const;

/** What is sent when somebody changes the name or the time zone of the machine. */
export const nameSignals: readonly BusMatch[] = ['hostname1', 'timedate1'].map((name) => ({
  sender: `org.freedesktop.${name}`,
  path: `/org/freedesktop/${name}`,
  interface: 'org.freedesktop.DBus.Properties',
  member: 'PropertiesChanged',
}));

/** Linux keeps no longer name. */
const longestName = 64;

/** @throws ApiError HOST_NAME_INVALID */
export function assertHostName(name: string): void {
  const refuse = (reason: string): never => {
    throw new ApiError('HOST_NAME_INVALID', reason);
  };
  if (name === '') refuse('The name is empty.');
  if (name.length > longestName) refuse(`The name is longer than ${longestName} characters.`);
  for (const label of name.split('.')) {
    if (label === '') refuse('There is nothing before, between or after dots.');
    if (!/^[A-Za-z0-9-]+$/.test(label)) refuse('A name has letters, digits, hyphens and dots only.');
    if (label.startsWith('-') || label.endsWith('-')) refuse('A hyphen is neither first nor last.');
  }
}

/**
 * Changes the name that the kernel has and the one that the next start takes.
 * @throws ApiError HOST_NAME_INVALID, or INTERNAL_ERROR when hostnamed cannot be asked
 */
export async function setHostName(bus: Bus, name: string): Promise<void> {
  assertHostName(name);
  try {
    for (const member of ['SetStaticHostname', 'SetHostname']) {
      await bus.call({ ...hostnamed, member, signature: 'sb', args: [name, false], timeoutMs: limits.busAnswerMs });
    }
  } catch (thrown) {
    if (!(thrown instanceof BusError)) throw thrown;
    if (thrown.errorName.endsWith('.InvalidArgs')) throw new ApiError('HOST_NAME_INVALID', thrown.message);
    throw new ApiError('INTERNAL_ERROR', `The name was not changed: ${thrown.message}`);
  }
}
