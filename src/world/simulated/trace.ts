import { createHash } from 'node:crypto';
import { detailText, safeDetails } from '../log-details.ts';
import type { Log, LogLevel } from '../world.ts';

/** Everything that was told, in the order of virtual time. */
export class Trace {
  readonly #now: () => number;
  readonly #most: number;
  readonly #lines: string[] = [];
  readonly #hash = createHash('sha256');
  /** Lines that were told, those that are no longer kept included. */
  count = 0;

  /** The latest `most` lines are kept. */
  constructor(now: () => number, most: number) {
    this.#now = now;
    this.#most = most;
  }

  /** The lines, oldest first: virtual milliseconds, who, what. */
  get lines(): readonly string[] {
    return this.#lines.slice(-this.#most);
  }

  /** A digest of all lines: two runs of one seed have the same. */
  get digest(): string {
    return this.#hash.copy().digest('hex');
  }

  tell(who: string, what: string): void {
    const line = `${this.#now().toFixed(3)} ${who} ${what}`;
    this.count++;
    this.#hash.update(`${line}\n`);
    this.#lines.push(line);
    // Cut now and then, not at every line.
    if (this.#lines.length > 2 * this.#most) this.#lines.splice(0, this.#lines.length - this.#most);
  }
}

/** The log of one host, as part of the trace. */
export function traceLog(trace: Trace, who: string, debugOn: boolean, isAlive: () => boolean): Log {
  return {
    debugOn,
    write(level: LogLevel, event, sentence, details) {
      if (!isAlive() || (level === 'debug' && !debugOn)) return;
      trace.tell(who, `${level} ${event}: ${sentence}${details === undefined ? '' : detailText(safeDetails(details))}`);
    },
  };
}
