/** One change goes to many subscribers at once: the encoded snapshots of the latest changes are kept for a while. */
import type { Row } from '../../database/types.ts';

/** Forgets the oldest when it holds too many or too much. A row is never changed in place, so it is its own key. */
export class SnapshotCache {
  readonly #capacityCount: number;
  readonly #capacityBytes: number;
  #usedBytes = 0;
  readonly #snapshots = new Map<Row, Uint8Array>();

  constructor(capacityCount: number, capacityBytes: number) {
    this.#capacityCount = capacityCount;
    this.#capacityBytes = capacityBytes;
  }

  get(row: Row): Uint8Array | undefined {
    return this.#snapshots.get(row);
  }

  put(row: Row, encoded: Uint8Array): void {
    if (encoded.length > this.#capacityBytes || this.#snapshots.has(row)) return;
    this.#snapshots.set(row, encoded);
    this.#usedBytes += encoded.length;
    for (const [oldest, bytes] of this.#snapshots) {
      if (this.#snapshots.size <= this.#capacityCount && this.#usedBytes <= this.#capacityBytes) return;
      this.#snapshots.delete(oldest);
      this.#usedBytes -= bytes.length;
    }
  }
}
