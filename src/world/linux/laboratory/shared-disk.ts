/** The shared disk: bytes in the memory of the keeper, of which every host sees the same. */
export class SharedDisk {
  readonly capacity: number;
  readonly #bytes: Buffer;
  #length: number;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#bytes = Buffer.alloc(capacity);
    this.#length = capacity;
  }

  get length(): number {
    return this.#length;
  }

  read(offset: number, length: number): Buffer {
    return Buffer.from(this.#bytes.subarray(Math.min(offset, this.#length), Math.min(offset + length, this.#length)));
  }

  /** Returns how many bytes there was room for. */
  write(offset: number, bytes: Uint8Array): number {
    const room = Math.max(0, Math.min(bytes.byteLength, this.capacity - offset));
    this.#bytes.set(bytes.subarray(0, room), Math.min(offset, this.capacity));
    if (room > 0) this.#length = Math.max(this.#length, offset + room);
    return room;
  }

  /** What is cut off is gone; what is added is zeros. */
  truncate(length: number): void {
    const kept = Math.min(length, this.capacity);
    if (kept < this.#length) this.#bytes.fill(0, kept, this.#length);
    this.#length = kept;
  }
}
