/** The agent as systemd sees it. */
import { ApiError } from '../../datamodel/index.ts';
import { limits } from '../../lib/limits.ts';
import { BusError, type World } from '../../world/world.ts';
import { busProperty } from './logind.ts';

const service = 'org.freedesktop.systemd1';
const manager = { service, path: '/org/freedesktop/systemd1', interface: 'org.freedesktop.systemd1.Manager' } as const;

async function text(world: Pick<World, 'files'>, path: string): Promise<string> {
  return new TextDecoder().decode(await world.files.read(path, limits.smallFileBytes));
}

/** The unit whose control group this process is in; undefined when that is none of a service. */
export async function ownUnit(world: Pick<World, 'files'>): Promise<string | undefined> {
  const groups = await text(world, '/proc/self/cgroup').catch(() => '');
  // One line a hierarchy; systemd's own is named, or is the only one.
  const line = /^\d+:name=systemd:(.*)$/m.exec(groups) ?? /^0::(.*)$/m.exec(groups);
  const unit = line?.[1]?.split('/').findLast((part) => part.endsWith('.service'));
  return unit === undefined || unit.startsWith('user@') ? undefined : unit;
}

/** This process and the one that started it: a launcher may stand between systemd and the agent. */
async function ownProcesses(world: Pick<World, 'files'>): Promise<readonly number[]> {
  const status = await text(world, '/proc/self/status');
  return [/^Pid:\s*(\d+)$/m, /^PPid:\s*(\d+)$/m].map((pattern) => Number(pattern.exec(status)?.[1] ?? 0));
}

/**
 * Asks systemd to start the agent anew. The reply still goes out: a stopping agent lets running calls finish.
 * @throws ApiError OPERATION_NOT_ALLOWED when systemd did not start the agent, or cannot be asked
 */
export async function restartOwnUnit(world: Pick<World, 'files' | 'bus'>): Promise<void> {
  const unit = await ownUnit(world);
  const alone = 'The agent was not started by systemd; start it anew by the same way as it was started.';
  if (unit === undefined) throw new ApiError('OPERATION_NOT_ALLOWED', alone);
  const call = (member: string, signature: string, args: readonly unknown[]) =>
    world.bus.call({ ...manager, member, signature, args, timeoutMs: limits.busAnswerMs });
  try {
    const [path] = await call('GetUnit', 's', [unit]);
    const main = await busProperty(
      world.bus,
      { service, path: String(path), interface: `${service}.Service` },
      'MainPID',
    );
    // In the group of somebody else's service, such as the one a terminal belongs to.
    if (!(await ownProcesses(world)).includes(Number(main))) throw new ApiError('OPERATION_NOT_ALLOWED', alone);
    await call('RestartUnit', 'ss', [unit, 'replace']);
  } catch (thrown) {
    if (!(thrown instanceof BusError)) throw thrown;
    throw new ApiError('OPERATION_NOT_ALLOWED', `systemd cannot be asked to start the agent anew: ${thrown.message}`);
  }
}

/**
 * Starts a unit anew if it runs.
 * @throws ApiError INTERNAL_ERROR when systemd cannot be asked
 */
export async function tryRestartUnit(world: Pick<World, 'bus' | 'programs'>, unit: string): Promise<void> {
  try {
    await world.bus.call({
      ...manager,
      member: 'TryRestartUnit',
      signature: 'ss',
      args: [unit, 'replace'],
      timeoutMs: limits.busAnswerMs,
    });
  } catch (thrown) {
    if (!(thrown instanceof BusError)) throw thrown;
    if (thrown.errorName.endsWith('.NoSuchUnit')) throw new ApiError('INTERNAL_ERROR', thrown.message);
    const result = await world.programs.run('systemctl', ['try-restart', unit], {
      timeoutMs: limits.quickProgramMs,
      maxOutputBytes: limits.smallOutputBytes,
    });
    if (result.exitCode !== 0) {
      throw new ApiError('INTERNAL_ERROR', `${unit} could not be started anew: ${result.stderr.trim()}`);
    }
  }
}
