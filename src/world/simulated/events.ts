/** What happens at a virtual time. Among those of one time the one that was added first goes first. */
export interface Happening {
  readonly atMs: number;
  readonly sequence: number;
  readonly happen: () => void;
  cancelled: boolean;
}

/** A binary heap of what is still to happen. */
export class Happenings {
  readonly #heap: Happening[] = [];
  #sequence = 0;

  get nextMs(): number | undefined {
    this.#dropCancelled();
    return this.#heap[0]?.atMs;
  }

  add(atMs: number, happen: () => void): Happening {
    const added: Happening = { atMs, sequence: this.#sequence++, happen, cancelled: false };
    const heap = this.#heap;
    let index = heap.length;
    heap.push(added);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!earlier(added, heap[parent] as Happening)) break;
      heap[index] = heap[parent] as Happening;
      index = parent;
    }
    heap[index] = added;
    return added;
  }

  take(): Happening | undefined {
    this.#dropCancelled();
    return this.#pop();
  }

  #dropCancelled(): void {
    while (this.#heap[0]?.cancelled === true) this.#pop();
  }

  #pop(): Happening | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && earlier(heap[child + 1] as Happening, heap[child] as Happening)) child++;
      if (!earlier(heap[child] as Happening, last)) break;
      heap[index] = heap[child] as Happening;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function earlier(one: Happening, other: Happening): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.sequence < other.sequence);
}
