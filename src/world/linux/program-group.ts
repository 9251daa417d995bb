import { systemCode } from './file-errors.ts';

export interface ProgramLimits {
  readonly programGraceMs: number;
  readonly programOutputMs: number;
}

/** What every program sees of the agent's environment. */
export function programEnvironment(): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' };
}

/** SIGTERM to a process group, and SIGKILL when that does not help. */
export class GroupEnd {
  readonly #group: number | undefined;
  readonly #graceMs: number;
  #timer: NodeJS.Timeout | undefined;
  #begun = false;

  constructor(group: number | undefined, graceMs: number) {
    this.#group = group;
    this.#graceMs = graceMs;
  }

  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#send('SIGTERM');
    this.#timer = setTimeout(() => this.#send('SIGKILL'), this.#graceMs);
  }

  /** The program itself has ended; children that did not heed SIGTERM are still there. */
  over(): void {
    clearTimeout(this.#timer);
    if (this.#begun) this.#send('SIGKILL');
  }

  #send(signal: 'SIGTERM' | 'SIGKILL'): void {
    if (this.#group === undefined) return;
    try {
      process.kill(-this.#group, signal);
    } catch (error) {
      if (systemCode(error) !== 'ESRCH' && systemCode(error) !== 'EPERM') throw error;
    }
  }
}
