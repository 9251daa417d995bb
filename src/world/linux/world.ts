import type { Journals } from '../../database/journal.ts';
import { type Limits, limits as usualLimits } from '../../lib/limits.ts';
import type { World } from '../world.ts';
import { createBus } from './bus.ts';
import { createCertificates } from './certificates.ts';
import { createClock } from './clock.ts';
import { createFiles } from './files.ts';
import { createHardware } from './hardware.ts';
import { createHttp } from './http.ts';
import { createLog, type LinuxLog, type LogOptions } from './log.ts';
import { createMachine } from './machine.ts';
import { createOwnProcess } from './own-process.ts';
import { createPrograms } from './programs.ts';
import { createRandom } from './random.ts';
import { createService } from './service.ts';
import { sqliteJournals } from './sqlite-journal.ts';

export interface LinuxWorldOptions {
  readonly log: LogOptions;
  /** SQLite journals unless something else is wanted. */
  readonly journals?: Journals;
  /** Limits that differ from the usual ones. */
  readonly limits?: Partial<Limits>;
  /** Address of the system's D-Bus; the usual one, or that of DBUS_SYSTEM_BUS_ADDRESS, unless something else is wanted. */
  readonly busAddress?: string;
}

export interface LinuxWorld extends World {
  readonly log: LinuxLog;
  /** Writes what is left of the log. The last thing before the process ends. */
  close(): Promise<void>;
}

const usualBus = 'unix:path=/run/dbus/system_bus_socket';

/** The world of a real machine. */
export function createLinuxWorld(options: LinuxWorldOptions): LinuxWorld {
  const limits: Limits = { ...usualLimits, ...options.limits };
  const log = createLog(options.log);
  const random = createRandom();
  const clock = createClock();
  const address = options.busAddress ?? process.env['DBUS_SYSTEM_BUS_ADDRESS'] ?? usualBus;
  const ownProcess = createOwnProcess();
  const bus = createBus({ clock, log, limits, address });
  const programs = createPrograms(limits);
  return {
    clock,
    random,
    bus,
    files: createFiles(random),
    programs,
    service: createService({ programs, log, limits, environment: process.env, pid: process.pid }),
    http: createHttp({ limits, log, random }),
    log,
    certificates: createCertificates(),
    journals: options.journals ?? sqliteJournals(),
    process: ownProcess,
    machine: createMachine(),
    hardware: createHardware(programs, limits),
    close: () => {
      ownProcess.close();
      bus.close();
      return log.close();
    },
  };
}
