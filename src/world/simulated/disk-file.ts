import type { Seeded } from './seeded.ts';

/** What a disk writes whole or not at all. */
const sectorBytes = 512;

/**
 * A file whose contents are on disk only up to the last sync. Programs see everything that was written; a power loss leaves
 * some of what was not synced, in pieces of whole sectors.
 */
export class DiskFile {
  mode: number;
  modifiedMs: number;
  /** The directory entry is not on disk yet: a power loss may take the whole file. */
  entryIsNew: boolean;
  #bytes: Uint8Array;
  #length: number;
  /** What is on disk is `#bytes` up to here, and then `#durableTail`. */
  #common = 0;
  #durableTail = new Uint8Array(0);
  /** Where a failed sync let the kernel forget that something was still to be written. */
  #lost: { from: number; to: number } | undefined;

  constructor(mode: number, modifiedMs: number, contents: Uint8Array, durable: boolean) {
    this.mode = mode;
    this.modifiedMs = modifiedMs;
    this.entryIsNew = !durable;
    this.#bytes = contents.slice();
    this.#length = contents.byteLength;
    if (durable) this.#common = this.#length;
  }

  get length(): number {
    return this.#length;
  }

  /** A copy of what programs see. */
  get contents(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  append(piece: Uint8Array): void {
    const length = this.#length + piece.byteLength;
    if (length > this.#bytes.byteLength) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#bytes.byteLength));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(piece, this.#length);
    this.#length = length;
  }

  truncate(length: number): void {
    if (length >= this.#length) return;
    if (length < this.#common) {
      this.#durableTail = Buffer.concat([this.#bytes.subarray(length, this.#common), this.#durableTail]);
      this.#common = length;
    }
    this.#length = length;
    if (this.#lost !== undefined) {
      this.#lost =
        this.#lost.from >= length ? undefined : { from: this.#lost.from, to: Math.min(this.#lost.to, length) };
    }
  }

  sync(): void {
    this.#common = this.#length;
    this.#durableTail = new Uint8Array(0);
    this.entryIsNew = false;
  }

  /**
   * A sync that failed: as on Linux, what it should have written counts as clean afterwards, and a later sync that succeeds
   * does not write it either.
   */
  syncFailed(): void {
    if (this.#length > this.#common) {
      this.#lost = { from: Math.min(this.#common, this.#lost?.from ?? this.#common), to: this.#length };
    }
  }

  /** Flips one bit of what is on disk and of what programs see. */
  rot(chance: Seeded): void {
    const at = chance.integer(Math.max(1, this.#length));
    this.#bytes[at] = (this.#bytes[at] ?? 0) ^ (1 << chance.integer(8));
  }

  /** Power is lost: makes what is on disk what programs will see. Returns how it came out. */
  crash(chance: Seeded): 'whole' | 'old' | 'prefix' | 'torn' {
    const durable = Buffer.concat([this.#bytes.subarray(0, this.#common), this.#durableTail]);
    const seen = this.contents;
    if (this.#lost !== undefined) {
      const { from, to } = this.#lost;
      for (const bytes of [durable, seen])
        bytes.fill(0, Math.min(from, bytes.byteLength), Math.min(to, bytes.byteLength));
    }
    if (durable.equals(seen)) {
      this.#settle(seen);
      return 'whole';
    }
    const outcome = (['whole', 'old', 'prefix', 'torn'] as const)[chance.integer(4)] ?? 'whole';
    if (outcome === 'whole') this.#settle(seen);
    else if (outcome === 'old') this.#settle(durable);
    else if (outcome === 'prefix') this.#settle(prefix(durable, seen, this.#common, chance));
    else this.#settle(torn(durable, seen, this.#common, chance));
    return outcome;
  }

  #settle(contents: Uint8Array): void {
    this.#bytes = contents.slice();
    this.#length = contents.byteLength;
    this.#lost = undefined;
    this.sync();
  }
}

/** The first of what was written has reached the disk, down to the byte. */
function prefix(durable: Uint8Array, seen: Uint8Array, from: number, chance: Seeded): Uint8Array {
  const upTo = from + chance.integer(Math.max(0, seen.byteLength - from) + 1);
  return Buffer.concat([seen.subarray(0, upTo), durable.subarray(upTo)]);
}

/** Some sectors have reached the disk, in no order; those of a longer file that have not are full of zeros. */
function torn(durable: Uint8Array, seen: Uint8Array, from: number, chance: Seeded): Uint8Array {
  const length = chance.chance(0.5) ? seen.byteLength : Math.max(durable.byteLength, from);
  const result = new Uint8Array(length);
  result.set(durable.subarray(0, length));
  for (let start = from - (from % sectorBytes); start < length; start += sectorBytes) {
    if (chance.chance(0.5)) continue;
    const end = Math.min(start + sectorBytes, length);
    result.fill(0, start, end);
    result.set(seen.subarray(start, end), start);
  }
  return result;
}
