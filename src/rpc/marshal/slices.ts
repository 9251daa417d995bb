/** Long replies in pieces, made as fast as they are taken and never for long at a time. */
import { limits } from '../../lib/limits.ts';
import type { Clock } from '../../world/world.ts';
import { Bytes } from './bytes.ts';

/** Collects what a reply is made of into slices of about `limits.sliceBytes`. */
export class Slices {
  /** Small pieces are written here; `settle` makes slices of them. */
  readonly out = new Bytes();
  /** For putting together what is not a slice yet. */
  readonly scratch = new Bytes();
  #ready: Uint8Array[] = [];
  #readyBytes = 0;

  /** Bytes that were made since the last `take`. */
  get bytes(): number {
    return this.#readyBytes + this.out.at + this.scratch.at;
  }

  /** Adds bytes that stay as they are: long ones become slices without being copied. */
  add(bytes: Uint8Array): void {
    if (bytes.length < limits.sliceBytes / 2) {
      this.out.bytes(bytes);
      this.settle();
      return;
    }
    this.flush();
    for (let at = 0; at < bytes.length; at += limits.sliceBytes) this.#push(bytes.subarray(at, at + limits.sliceBytes));
  }

  /** Makes a slice of what was written, when it is enough for one. */
  settle(): void {
    if (this.out.at >= limits.sliceBytes) this.flush();
  }

  /** Makes a slice of what was written, however little. */
  flush(): void {
    if (this.out.at === 0) return;
    this.#push(this.out.copy());
    this.out.clear();
  }

  /** The slices that are ready, which are the caller's now. */
  take(): readonly Uint8Array[] {
    const ready = this.#ready;
    this.#ready = [];
    this.#readyBytes = 0;
    return ready;
  }

  #push(slice: Uint8Array): void {
    this.#ready.push(slice);
    this.#readyBytes += slice.length;
  }
}

/** Work on a reply, in steps that are short beside `limits.encodingSliceMs`. */
export type Work = Iterator<void, void, void>;

/** Does the work at once while it is short (a few hundred kilobytes take a millisecond); longer work goes on as slices. */
export function reply(work: Work, slices: Slices, clock: Clock): string | Uint8Array | AsyncIterable<Uint8Array> {
  while (slices.bytes <= limits.wholeReplyBytes) {
    if (work.next().done === true) {
      const [only, ...more] = slices.take();
      if (only === undefined) return slices.out.toString();
      slices.flush();
      return Buffer.concat([only, ...more, ...slices.take()]);
    }
  }
  return goOn(work, slices, clock);
}

async function* goOn(work: Work, slices: Slices, clock: Clock): AsyncGenerator<Uint8Array, void, undefined> {
  await clock.yield();
  let started = clock.monotonicMs();
  for (let done = false; !done; ) {
    done = work.next().done === true;
    if (done) slices.flush();
    yield* slices.take();
    if (clock.monotonicMs() - started >= limits.encodingSliceMs) {
      await clock.yield();
      started = clock.monotonicMs();
    }
  }
}
