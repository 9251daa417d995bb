/** What crashes have left on this machine, as objects of the API. */
import { join } from 'node:path';
import type { Database, Transaction } from '../../database/types.ts';
import { formatDatetime } from '../../lib/datetime.ts';
import { limits } from '../../lib/limits.ts';
import { type Cancel, type Clock, FileError, type Files, type Log } from '../../world/world.ts';
import { Turns } from '../live/turns.ts';

/** Where dumps are put, and which entries are some. */
const places: readonly { readonly folder: string; readonly fits: (name: string) => boolean }[] = [
  // kdump makes a folder for each crash of the kernel. Files beside them are about programs, and other tools' own.
  { folder: '/var/crash', fits: (name) => !/\.(?:crash|upload|uploaded|lock)$|^(?:kexec_cmd|kdump_lock)$/.test(name) },
  // What the firmware kept over a crash, as systemd-pstore has put it away, and before it has.
  { folder: '/var/lib/systemd/pstore', fits: () => true },
  { folder: '/sys/fs/pstore', fits: (name) => name.startsWith('dmesg-') },
  // Of programs, libvirt's and the agent's among them.
  { folder: '/var/lib/systemd/coredump', fits: (name) => name.startsWith('core.') },
];

export interface CrashDump {
  readonly filename: string;
  readonly timestampMs: number;
  readonly size: number;
}

/** True for paths that only crash dumps have, so that nothing else is ever removed in their name. */
export function isDumpPath(path: string): boolean {
  return places.some(({ folder }) => path.startsWith(`${folder}/`) && !path.split('/').includes('..'));
}

async function namesIn(files: Files, folder: string): Promise<readonly string[]> {
  try {
    return await files.list(folder);
  } catch (thrown) {
    if (thrown instanceof FileError) return [];
    throw thrown;
  }
}

/** A file, or a folder with everything in it. Undefined for what is neither, or has gone meanwhile. */
async function measure(files: Files, path: string, depth: number): Promise<CrashDump | undefined> {
  const status = await files.status(path).catch(() => undefined);
  if (status?.kind === 'file') return { filename: path, timestampMs: status.modifiedMs, size: status.size };
  if (status?.kind !== 'directory' || depth === 0) return undefined;
  const inside = await namesIn(files, path);
  const parts = await Promise.all(
    inside.slice(0, limits.crashDumps).map((name) => measure(files, join(path, name), depth - 1)),
  );
  const there = parts.filter((part) => part !== undefined);
  if (there.length === 0) return undefined;
  const size = there.reduce((sum, part) => sum + part.size, 0);
  return { filename: path, timestampMs: Math.min(...there.map((part) => part.timestampMs)), size };
}

/** The newest dumps of the machine. */
export async function findDumps(files: Files): Promise<readonly CrashDump[]> {
  const found: CrashDump[] = [];
  for (const { folder, fits } of places) {
    const names = (await namesIn(files, folder)).filter((name) => !name.startsWith('.') && fits(name));
    for (const name of names.slice(0, limits.crashDumps)) {
      const dump = await measure(files, join(folder, name), 2);
      if (dump !== undefined) found.push(dump);
    }
  }
  return found.toSorted((a, b) => b.timestampMs - a.timestampMs).slice(0, limits.crashDumps);
}

/** Makes the objects of a host those of its dumps; what stays keeps its reference. */
export function applyDumps(tx: Transaction, host: string, dumps: readonly CrashDump[]): void {
  const wanted = new Map(dumps.map((dump) => [dump.filename, dump]));
  for (const ref of tx.require('host', host).crashdumps) {
    const row = tx.require('host_crashdump', ref);
    const dump = wanted.get(row.filename);
    wanted.delete(row.filename);
    if (dump === undefined) tx.destroy('host_crashdump', ref);
    else if (dump.size !== row.size) tx.update('host_crashdump', ref, { size: dump.size });
  }
  for (const { filename, timestampMs, size } of wanted.values()) {
    tx.create('host_crashdump', { host, filename, size, timestamp: formatDatetime(timestampMs) });
  }
}

export interface CrashDumpWatchOptions {
  readonly world: { readonly files: Files; readonly clock: Clock; readonly log: Log };
  readonly database: Database;
  readonly hostRef: string;
}

/** Keeps the objects true: at the start, and whenever one of the folders changes. */
export class CrashDumpWatch {
  readonly #options: CrashDumpWatchOptions;
  readonly #turns: Turns;
  readonly #stops: Cancel[] = [];
  #again: Cancel = () => {};

  constructor(options: CrashDumpWatchOptions) {
    this.#options = options;
    this.#turns = new Turns(options.world.clock, () => this.#look());
  }

  start(): void {
    const { files, clock } = this.#options.world;
    for (const { folder } of places) {
      if (folder.startsWith('/sys/')) continue;
      const changed = (): void => {
        void this.#turns.ask();
        // A dump is written for a while, and only its folder is watched.
        this.#again();
        this.#again = clock.after(limits.crashDumpSettleMs, () => void this.#turns.ask());
      };
      this.#stops.push(files.watch(folder, changed));
    }
    void this.#turns.ask();
  }

  async stop(): Promise<void> {
    this.#again();
    for (const stop of this.#stops.splice(0)) stop();
    await this.#turns.end();
  }

  async #look(): Promise<void> {
    const { world, database, hostRef } = this.#options;
    try {
      const dumps = await findDumps(world.files);
      await database.transaction((tx) => applyDumps(tx, hostRef, dumps)).durable;
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      world.log.write('warn', 'crash-dumps-unreadable', 'Crash dumps could not be looked for.', { reason });
    }
  }
}
