import type { Journals } from '../../database/journal.ts';
import { type Limits, limits as usualLimits } from '../../lib/limits.ts';
import type { World } from '../world.ts';
import { createCertificates } from './certificates.ts';
import { createClock } from './clock.ts';
import { createFiles } from './files.ts';
import { createHttp } from './http.ts';
import { createLog, type LogOptions } from './log.ts';
import { createMachine } from './machine.ts';
import { createPrograms } from './programs.ts';
import { createRandom } from './random.ts';
import { sqliteJournals } from './sqlite-journal.ts';

export interface LinuxWorldOptions {
  readonly log: LogOptions;
  /** SQLite journals unless something else is wanted. */
  readonly journals?: Journals;
  /** Limits that differ from the usual ones. */
  readonly limits?: Partial<Limits>;
}

export interface LinuxWorld extends World {
  /** Writes what is left of the log. The last thing before the process ends. */
  close(): Promise<void>;
}

/** The world of a real machine. */
export function createLinuxWorld(options: LinuxWorldOptions): LinuxWorld {
  const limits: Limits = { ...usualLimits, ...options.limits };
  const log = createLog(options.log);
  const random = createRandom();
  return {
    clock: createClock(),
    random,
    files: createFiles(random),
    programs: createPrograms(limits),
    http: createHttp({ limits, log, random }),
    log,
    certificates: createCertificates(),
    journals: options.journals ?? sqliteJournals(),
    machine: createMachine(),
    close: () => log.close(),
  };
}
