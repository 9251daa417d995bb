/** The names of systemd-logind on D-Bus, and the calls that are made to it. */
import type { Ending } from '../../api/host-service.ts';
import { ApiError } from '../../datamodel/index.ts';
import { limits } from '../../lib/limits.ts';
import { type Bus, type BusCall, BusError, type BusMatch, type World } from '../../world/world.ts';

const service = 'org.freedesktop.login1';
const path = '/org/freedesktop/login1';
const manager = 'org.freedesktop.login1.Manager';

export const shutdownSignal: BusMatch = { sender: service, path, interface: manager, member: 'PrepareForShutdown' };

function call(member: string, signature = '', args: readonly unknown[] = []): BusCall {
  return { service, path, interface: manager, member, signature, args, timeoutMs: limits.busAnswerMs };
}

/** One property of a service. Rejects with BusError. */
export async function busProperty(
  bus: Bus,
  owner: { readonly service: string; readonly path: string; readonly interface: string },
  name: string,
): Promise<unknown> {
  const [value] = await bus.call({
    service: owner.service,
    path: owner.path,
    interface: 'org.freedesktop.DBus.Properties',
    member: 'Get',
    signature: 'ss',
    args: [owner.interface, name],
    timeoutMs: limits.busAnswerMs,
  });
  return value;
}

export function logindProperty(bus: Bus, name: string): Promise<unknown> {
  return busProperty(bus, { service, path, interface: manager }, name);
}

/** Who keeps the machine from going down at once. */
export async function delayedBy(bus: Bus): Promise<readonly string[]> {
  const [locks] = await bus.call(call('ListInhibitors'));
  return (locks as readonly (readonly string[])[])
    .filter(([what, , , mode]) => what?.split(':').includes('shutdown') && mode === 'delay')
    .map(([, who = '']) => who);
}

/**
 * Sends the machine down: through logind, or through systemd itself where there is no logind to ask.
 * @throws ApiError OPERATION_NOT_ALLOWED when somebody forbids it, INTERNAL_ERROR when nobody could be asked
 */
export async function sendDown(world: Pick<World, 'bus' | 'programs' | 'log'>, ending: Ending): Promise<void> {
  try {
    await world.bus.call(call(ending === 'poweroff' ? 'PowerOff' : 'Reboot', 'b', [false]));
    return;
  } catch (thrown) {
    if (!(thrown instanceof BusError)) throw thrown;
    // It is going down already, or the answer was lost because it is.
    if (thrown.errorName.endsWith('.OperationInProgress') || thrown.reason === 'lost') return;
    if (/\.(?:BlockedByInhibitorLock|AccessDenied|InteractiveAuthorizationRequired)$/.test(thrown.errorName)) {
      throw new ApiError('OPERATION_NOT_ALLOWED', thrown.message);
    }
    world.log.write(
      'warn',
      'logind-unreachable',
      'logind could not be asked to send the machine down; systemd is asked.',
      {
        reason: thrown.message,
      },
    );
  }
  const result = await world.programs.run('systemctl', ['--no-wall', '--no-block', ending], {
    timeoutMs: limits.quickProgramMs,
    maxOutputBytes: limits.smallOutputBytes,
  });
  if (result.exitCode !== 0) {
    throw new ApiError('INTERNAL_ERROR', `systemctl ${ending} failed: ${result.stderr.trim() || 'no answer in time'}`);
  }
}
