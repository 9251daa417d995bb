/** What the scripts of a stack write to standard error: logged a line at a time, and its end kept for errors. */
import type { Limits } from '../lib/limits.ts';
import { Lines } from '../lib/lines.ts';
import type { Clock, Log } from '../world/world.ts';

export type SaidLimits = Pick<
  Limits,
  'stackErrorBytes' | 'stackErrorLineBytes' | 'stackLastWords' | 'stackLinesLogged'
>;

const windowMs = 60_000;

/** Standard error of all scripts of one stack. */
export class StackVoice {
  readonly #world: { readonly clock: Clock; readonly log: Log };
  readonly #stack: string;
  readonly #limits: SaidLimits;
  #windowMs = Number.NEGATIVE_INFINITY;
  #logged = 0;
  #unlogged = 0;

  constructor(world: { readonly clock: Clock; readonly log: Log }, stack: string, limits: SaidLimits) {
    this.#world = world;
    this.#stack = stack;
    this.#limits = limits;
  }

  /** For one run of a script; `tooMuch` is called once when it writes more than is read. */
  hear(script: string, tooMuch: () => void): Said {
    return new Said(this.#limits, (line) => this.#log(script, line), tooMuch);
  }

  #log(script: string, line: string): void {
    const nowMs = this.#world.clock.monotonicMs();
    if (nowMs - this.#windowMs >= windowMs) {
      this.#tellUnlogged();
      this.#windowMs = nowMs;
      this.#logged = 0;
    }
    if (++this.#logged > this.#limits.stackLinesLogged) {
      this.#unlogged++;
      return;
    }
    const sentence = `${script} of the cluster stack "${this.#stack}" said: ${line}`;
    this.#world.log.write('info', 'stack-script-said', sentence, { stack: this.#stack, script });
  }

  #tellUnlogged(): void {
    if (this.#unlogged === 0) return;
    const lines = this.#unlogged;
    this.#unlogged = 0;
    const sentence = `Scripts of the cluster stack "${this.#stack}" said ${lines} more lines, which were not logged.`;
    this.#world.log.write('warn', 'stack-script-unlogged', sentence, { stack: this.#stack, lines });
  }
}

/** Standard error of one run of a script. */
export class Said {
  readonly #lines: Lines;
  readonly #most: number;
  readonly #tooMuch: () => void;
  readonly #last: string[] = [];
  #bytes = 0;

  constructor(limits: SaidLimits, told: (line: string) => void, tooMuch: () => void) {
    this.#most = limits.stackErrorBytes;
    this.#tooMuch = tooMuch;
    this.#lines = new Lines(limits.stackErrorLineBytes, (line) => {
      const clean = line.replaceAll(/\p{Cc}/gu, ' ').trim();
      if (clean === '') return;
      told(clean);
      this.#last.push(clean);
      if (this.#last.length > limits.stackLastWords) this.#last.shift();
    });
  }

  add(piece: Uint8Array): void {
    if (this.#bytes > this.#most) return;
    this.#bytes += piece.byteLength;
    if (this.#bytes > this.#most) this.#tooMuch();
    else this.#lines.add(piece);
  }

  /** The last lines, oldest first; after the script has ended. */
  end(): readonly string[] {
    this.#lines.end();
    return this.#last;
  }
}
