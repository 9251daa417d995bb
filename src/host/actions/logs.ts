/** What the kernel and the agent have written down. */
import { ApiError } from '../../datamodel/index.ts';
import { limits } from '../../lib/limits.ts';
import { FileError, type World } from '../../world/world.ts';
import { ownUnit } from './own-unit.ts';
import { useTool } from './tools.ts';

type Machine = Pick<World, 'programs' | 'files'>;

/** The last whole lines of a text, at most so long. */
export function lastLines(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = text.slice(-most);
  return end.slice(end.indexOf('\n') + 1);
}

/** The kernel's log; with `clear`, it is empty afterwards. */
export async function kernelLog(world: Machine, clear: boolean, signal: AbortSignal): Promise<string> {
  const args = clear ? ['--read-clear'] : [];
  const text = await useTool(world, 'dmesg', args, { maxOutputBytes: limits.kernelLogBytes, signal });
  return lastLines(text, limits.logReplyBytes);
}

/** The agent's own log: its file where it has one, the journal of its unit otherwise. */
export async function agentLog(world: Machine, logPath: string | undefined, signal: AbortSignal): Promise<string> {
  const maxOutputBytes = limits.logReplyBytes;
  if (logPath !== undefined) {
    const text = await useTool(world, 'tail', ['-c', String(maxOutputBytes), '--', logPath], {
      maxOutputBytes,
      signal,
    });
    return text.length < maxOutputBytes ? text : lastLines(text, text.length - 1);
  }
  const unit = await ownUnit(world);
  if (unit === undefined) {
    throw new ApiError('OPERATION_NOT_ALLOWED', 'The agent writes its log to the terminal that it was started from.');
  }
  const args = ['--no-pager', '--output=short-iso', `--lines=${limits.logReplyLines}`, `--unit=${unit}`];
  const text = await useTool(world, 'journalctl', args, { maxOutputBytes: limits.kernelLogBytes, signal });
  return lastLines(text, limits.logReplyBytes);
}

/**
 * Keys of the magic system request that only make the kernel print: its help, tasks, blocked tasks, memory, processors,
 * registers, timers and locks. Nothing that ends, restarts, remounts or kills anything.
 */
const harmlessKeys = 'hlmpqtwd';
const trigger = '/proc/sysrq-trigger';

/** @throws ApiError VALUE_NOT_SUPPORTED for keys that do more than print, OPERATION_NOT_ALLOWED when the kernel takes none */
export async function sendDebugKeys(world: Pick<World, 'files'>, keys: string): Promise<void> {
  if (keys === '' || keys.length > limits.debugKeys)
    throw new ApiError('INVALID_VALUE', 'keys', keys.slice(0, limits.debugKeys));
  for (const key of keys) {
    if (harmlessKeys.includes(key)) continue;
    const reason = `Only keys that make the kernel print are sent: ${harmlessKeys.split('').join(', ')}.`;
    throw new ApiError('VALUE_NOT_SUPPORTED', 'keys', key, reason);
  }
  try {
    for (const key of keys) await world.files.append(trigger, new TextEncoder().encode(key), 0o200);
  } catch (thrown) {
    if (!(thrown instanceof FileError)) throw thrown;
    throw new ApiError('OPERATION_NOT_ALLOWED', `The kernel takes no such requests: ${thrown.message}`);
  }
}
