import { readSync } from 'node:fs';
import { systemCode } from '../file-errors.ts';
import { monotonicMs } from './execute.ts';

const piece = 4096;

/** What a reader of a FIFO finds. `open`: somebody has it open for writing. */
interface Found {
  readonly text: string;
  readonly open: boolean;
}

/** Reads without waiting what was written to a FIFO since the last time; its descriptor does not block. */
export function readFifo(descriptor: number): Found {
  const buffer = Buffer.alloc(piece);
  let text = '';
  for (;;) {
    try {
      const length = readSync(descriptor, buffer, 0, piece, null);
      if (length === 0) return { text, open: false };
      text = (text + buffer.toString('latin1', 0, length)).slice(-piece);
    } catch (error) {
      if (systemCode(error) !== 'EAGAIN') throw error;
      return { text, open: true };
    }
  }
}

/**
 * A watchdog as the kernel's are: opening or writing arms it, every write feeds it, closing leaves it armed unless the last
 * that was written was a `V`. There are no ioctls behind a FIFO, so its time cannot be asked for or changed.
 */
export class Watchdog {
  readonly #timeoutMs: number;
  #fedMs: number | undefined;
  #mayClose = false;
  #open = false;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  get armed(): boolean {
    return this.#fedMs !== undefined;
  }

  reset(): void {
    this.#fedMs = undefined;
    this.#open = false;
    this.#mayClose = false;
  }

  /** Returns whether the host is to end now. */
  look(descriptor: number, nowMs = monotonicMs()): boolean {
    const { text, open } = readFifo(descriptor);
    if (text !== '') this.#mayClose = text.trimEnd().endsWith('V');
    // Opened anew: what was written before the last closing does not count.
    else if (open && !this.#open) this.#mayClose = false;
    if (text !== '' || (open && !this.#open)) this.#fedMs = nowMs;
    this.#open = open;
    if (!open && this.#mayClose) this.#fedMs = undefined;
    return this.#fedMs !== undefined && nowMs - this.#fedMs > this.#timeoutMs;
  }
}
