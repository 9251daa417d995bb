import { ApiError } from '../../datamodel/index.ts';
import { limits } from '../../lib/limits.ts';
import type { World } from '../../world/world.ts';
import { failureOf, tryTool } from './tools.ts';

/** One line of a configuration of curl. */
function line(name: string, value: string): string {
  return `${name} = "${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"\n`;
}

/** @throws ApiError INVALID_VALUE */
export function assertUploadUrl(name: string, url: string): void {
  // Control characters would begin another line, and with it another option.
  const printable = Array.from(url).every((character) => character >= ' ' && character !== '\u007f');
  if (!printable || !/^(?:https?|ftp):\/\/[^/]/.test(url)) throw new ApiError('INVALID_VALUE', name, url);
}

/**
 * Sends a file to a URL. The option `http_proxy` names a proxy. Nothing of it is on a command line, since both may hold a
 * password and everybody on the machine sees command lines.
 * @throws ApiError INVALID_VALUE, or INTERNAL_ERROR when it failed
 */
export async function upload(
  world: Pick<World, 'programs'>,
  path: string,
  url: string,
  options: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  assertUploadUrl('url', url);
  const proxy = options['http_proxy'] ?? '';
  if (proxy !== '') assertUploadUrl('options:http_proxy', proxy);
  const input = line('url', url) + line('upload-file', path) + (proxy === '' ? '' : line('proxy', proxy));
  const args = ['--fail', '--silent', '--show-error', '--proto', '=http,https,ftp', '--config', '-'];
  const result = await tryTool(world, 'curl', args, { input, timeoutMs: limits.uploadMs, signal });
  if (result === undefined) throw new ApiError('INTERNAL_ERROR', 'curl is not installed.');
  signal.throwIfAborted();
  if (result.exitCode !== 0) throw new ApiError('INTERNAL_ERROR', `The upload of ${path} failed: ${failureOf(result)}`);
}
