import { systemCode } from './file-errors.ts';

export interface ProgramLimits {
  readonly programGraceMs: number;
  readonly programOutputMs: number;
}

/** What every program sees of the agent's environment, or one that sees nothing but PATH. */
export function programEnvironment(onlyPathWith?: string): NodeJS.ProcessEnv {
  const path = process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin';
  if (onlyPathWith === undefined) return { PATH: path, LANG: 'C.UTF-8' };
  // Node hands this one on by itself where its own coverage is measured, unless it is named.
  return { PATH: `${path}:${onlyPathWith}`, NODE_V8_COVERAGE: undefined };
}

/** SIGTERM to a process group, and SIGKILL when that does not help. */
export class GroupEnd {
  readonly #group: number | undefined;
  readonly #graceMs: number;
  #timer: NodeJS.Timeout | undefined;
  #begun = false;
  #over = false;

  constructor(group: number | undefined, graceMs: number) {
    this.#group = group;
    this.#graceMs = graceMs;
  }

  begin(): void {
    if (this.#begun || this.#over) return;
    this.#begun = true;
    this.#send('SIGTERM');
    this.#timer = setTimeout(() => this.#send('SIGKILL'), this.#graceMs);
  }

  /** The program itself has ended; children that did not heed SIGTERM are still there. `all`: those that never got it, too. */
  over(all = false): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    if (this.#begun || all) this.#send('SIGKILL');
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
