/** What systeminformation says of the machine, read in a process of its own. */
import { fileURLToPath } from 'node:url';
import { type HardwareFacts, hardwareFacts } from '../machine-facts.ts';
import { FileError, type Programs } from '../world.ts';

const name = 'systeminformation';

/** Bundled, the reader lies beside the bundle; in the sources, beside this file. */
function readerPath(): string {
  const file = import.meta.url.endsWith('.ts') ? './hardware-reader.ts' : './hardware-reader.js';
  return fileURLToPath(new URL(file, import.meta.url));
}

export interface HardwareLimits {
  readonly hardwareMs: number;
  readonly hardwareBytes: number;
}

/** Takes what was told until then when the time is over. `reader` is a program that tells it. */
export function createHardware(
  programs: Programs,
  limits: HardwareLimits,
  reader: readonly [program: string, ...args: readonly string[]] = [process.execPath, readerPath()],
): (signal: AbortSignal) => Promise<HardwareFacts> {
  const cache = process.env['NODE_COMPILE_CACHE'];
  return async (signal) => {
    const [program, ...args] = reader;
    const result = await programs.run(program, args, {
      timeoutMs: limits.hardwareMs,
      maxOutputBytes: limits.hardwareBytes,
      environment: cache === undefined ? {} : { NODE_COMPILE_CACHE: cache },
      signal,
    });
    signal.throwIfAborted();
    const told = new Map(result.stdout.split('\n').flatMap(partOf));
    if (told.size > 0) return hardwareFacts(told);
    const end = result.timedOut
      ? `it did not end within ${limits.hardwareMs} ms`
      : `it ended with ${result.exitCode ?? result.signal ?? 'nothing'}`;
    throw new FileError('io', name, result.exitCode === 0 ? 'its output is not understood' : end);
  };
}

function partOf(line: string): readonly (readonly [string, unknown])[] {
  try {
    const value: unknown = JSON.parse(line);
    return Array.isArray(value) && typeof value[0] === 'string' ? [[value[0], value[1] as unknown]] : [];
  } catch {
    return [];
  }
}
