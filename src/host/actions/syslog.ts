/** Sends the log of the machine elsewhere, through rsyslog. */
import { ApiError } from '../../datamodel/index.ts';
import { ipVersion } from '../../lib/ip-address.ts';
import { limits } from '../../lib/limits.ts';
import { FileError, type World } from '../../world/world.ts';
import { ownSyslogPart, syslogFolder } from '../inventory/logging.ts';
import { tryRestartUnit } from './own-unit.ts';

interface Destination {
  readonly host: string;
  readonly port: number;
}

/**
 * `name`, `name:port`, an IPv4 address, or an IPv6 address (in brackets when a port follows).
 * @throws ApiError INVALID_VALUE
 */
export function readDestination(text: string): Destination {
  const refuse = (): never => {
    throw new ApiError('INVALID_VALUE', 'logging:syslog_destination', text);
  };
  if (ipVersion(text) === 6) return { host: text, port: 514 };
  const found = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text);
  const host = found?.[1] ?? found?.[2] ?? refuse();
  const port = Number(found?.[3] ?? 514);
  if (port < 1 || port > 65_535) refuse();
  if (found?.[1] !== undefined && ipVersion(host) !== 6) refuse();
  const name = /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$/;
  if (ipVersion(host) === undefined && !name.test(host)) refuse();
  return { host, port };
}

/** What rsyslog is told. Nothing waits when the other side is away: messages are kept in a bounded queue. */
export function forwardingRules({ host, port }: Destination): string {
  return `# Written by quorate from the field "logging" of the host; changes are lost.
*.* action(type="omfwd" target="${host}" port="${port}" protocol="udp"
           queue.type="LinkedList" queue.size="10000" queue.timeoutenqueue="0" action.resumeRetryCount="-1")
`;
}

/**
 * Puts the destination into effect; an empty one ends the forwarding.
 * @throws ApiError INVALID_VALUE, OPERATION_NOT_ALLOWED without rsyslog
 */
export async function configureSyslog(
  world: Pick<World, 'files' | 'bus' | 'programs'>,
  destination: string,
): Promise<void> {
  const wanted = destination === '' ? undefined : forwardingRules(readDestination(destination));
  const present = await readText(world, ownSyslogPart);
  if (present === wanted) return;
  if (wanted === undefined) await world.files.remove(ownSyslogPart);
  else {
    if ((await world.files.status(syslogFolder))?.kind !== 'directory') {
      throw new ApiError('OPERATION_NOT_ALLOWED', 'There is no rsyslog on this host that could send logs elsewhere.');
    }
    await world.files.writeAtomic(ownSyslogPart, wanted, 0o644);
  }
  await tryRestartUnit(world, 'rsyslog.service');
}

async function readText(world: Pick<World, 'files'>, file: string): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await world.files.read(file, limits.smallFileBytes));
  } catch (thrown) {
    if (thrown instanceof FileError && thrown.code === 'not-found') return undefined;
    throw thrown;
  }
}
