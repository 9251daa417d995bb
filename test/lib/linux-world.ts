import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { Limits } from '../../src/lib/limits.ts';
import { createLinuxWorld, type LinuxWorld } from '../../src/world/linux/world.ts';

export interface TestWorld {
  readonly world: LinuxWorld;
  /** A directory of its own; goes away with `end`. */
  readonly directory: string;
  /** What was logged, a line each. */
  readonly lines: string[];
  end(): Promise<void>;
}

/** The Linux world with a log that is kept, and a directory. */
export async function linuxTestWorld(limits: Partial<Limits> = {}): Promise<TestWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-'));
  const lines: string[] = [];
  const output = new Writable({
    write(piece: Buffer, _encoding, taken) {
      lines.push(
        ...piece
          .toString()
          .split('\n')
          .filter((line) => line !== ''),
      );
      taken();
    },
  });
  const world = createLinuxWorld({ log: { level: 'debug', output, style: 'plain' }, limits });
  return {
    world,
    directory,
    lines,
    end: async () => {
      await world.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
