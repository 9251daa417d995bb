/** One figure over time: a ring of rows for each archive, and what gathers for the rows that are open. */
import { type Consolidation, spans } from './archive-shape.ts';

/** Rows lie in their ring at their number modulo its length; the number is that of its last slot through its slots. */
interface Ring {
  readonly rows: number;
  readonly slots: number;
  readonly average: Float64Array;
  /** The same array as `average` where a row is one slot. */
  readonly least: Float64Array;
  readonly most: Float64Array;
  sum: number;
  known: number;
  low: number;
  high: number;
}

export interface RingState {
  readonly average: Float64Array;
  readonly least: Float64Array;
  readonly most: Float64Array;
  readonly sum: number;
  readonly known: number;
  readonly low: number;
  readonly high: number;
}

export interface TrackState {
  readonly name: string;
  /** What gathers for the open slot: value times milliseconds, and how many milliseconds. */
  readonly sum: number;
  readonly knownMs: number;
  /** As `spans`. */
  readonly rings: readonly RingState[];
}

function unknownRows(rows: number): Float64Array {
  return new Float64Array(rows).fill(Number.NaN);
}

function newRing(rows: number, slots: number): Ring {
  const average = unknownRows(rows);
  const [least, most] = slots === 1 ? [average, average] : [unknownRows(rows), unknownRows(rows)];
  return { rows, slots, average, least, most, sum: 0, known: 0, low: Infinity, high: -Infinity };
}

function clear(ring: Ring): void {
  ring.sum = 0;
  ring.known = 0;
  ring.low = Infinity;
  ring.high = -Infinity;
}

/** A row is known when at least half of its slots are. */
function closeRow(ring: Ring, row: number): void {
  const place = row % ring.rows;
  const known = ring.known > 0 && ring.known * 2 >= ring.slots;
  ring.average[place] = known ? ring.sum / ring.known : Number.NaN;
  ring.least[place] = known ? ring.low : Number.NaN;
  ring.most[place] = known ? ring.high : Number.NaN;
  clear(ring);
}

/** Rows from `first` to `last` are unknown. */
function blankRows(ring: Ring, first: number, last: number): void {
  for (let row = Math.max(first, last - ring.rows + 1); row <= last; row += 1) {
    const place = row % ring.rows;
    ring.average[place] = Number.NaN;
    ring.least[place] = Number.NaN;
    ring.most[place] = Number.NaN;
  }
}

/** The array of a ring that holds what a consolidation made. */
export function rowsOf(ring: RingState, consolidation: Consolidation): Float64Array {
  return consolidation === 'AVERAGE' ? ring.average : consolidation === 'MIN' ? ring.least : ring.most;
}

export class Track {
  readonly name: string;
  readonly #rings: readonly Ring[] = spans.map(({ rows, slots }) => newRing(rows, slots));
  #sum = 0;
  #knownMs = 0;

  constructor(name: string) {
    this.name = name;
  }

  get isBlank(): boolean {
    return this.#knownMs === 0 && this.#rings.every((ring) => ring.known === 0 && ring.average.every(Number.isNaN));
  }

  /** The value held for so long within the open slot; not a number when it is unknown. */
  hold(value: number, forMs: number): void {
    if (Number.isNaN(value)) return;
    this.#sum += value * forMs;
    this.#knownMs += forMs;
  }

  /** Ends a slot; it is known when at least half of it is. */
  close(slot: number, slotMs: number): void {
    const known = this.#knownMs * 2 >= slotMs;
    const value = known ? this.#sum / this.#knownMs : Number.NaN;
    this.#sum = 0;
    this.#knownMs = 0;
    for (const ring of this.#rings) {
      if (known) {
        ring.sum += value;
        ring.known += 1;
        if (value < ring.low) ring.low = value;
        if (value > ring.high) ring.high = value;
      }
      if (slot % ring.slots === 0) closeRow(ring, slot / ring.slots);
    }
  }

  /** Ends slots of which nothing is known, however many. */
  closeEmpty(first: number, last: number): void {
    for (const ring of this.#rings) {
      const firstRow = Math.ceil(first / ring.slots);
      const lastRow = Math.floor(last / ring.slots);
      if (firstRow > lastRow) continue;
      closeRow(ring, firstRow);
      blankRows(ring, firstRow + 1, lastRow);
    }
  }

  /** The slots after `kept`, up to `last`, have not been yet. */
  goBack(last: number, kept: number): void {
    this.#sum = 0;
    this.#knownMs = 0;
    for (const ring of this.#rings) {
      clear(ring);
      blankRows(ring, Math.floor(kept / ring.slots) + 1, Math.floor(last / ring.slots));
    }
  }

  state(): TrackState {
    const rings = this.#rings.map((ring) => {
      const average = ring.average.slice();
      return ring.slots === 1
        ? { ...ring, average, least: average, most: average }
        : { ...ring, average, least: ring.least.slice(), most: ring.most.slice() };
    });
    return { name: this.name, sum: this.#sum, knownMs: this.#knownMs, rings };
  }

  static from(state: TrackState): Track {
    const track = new Track(state.name);
    track.#sum = state.sum;
    track.#knownMs = state.knownMs;
    for (const [index, ring] of track.#rings.entries()) {
      const saved = state.rings[index];
      if (saved === undefined) continue;
      ring.average.set(saved.average);
      ring.least.set(saved.least);
      ring.most.set(saved.most);
      ring.sum = saved.sum;
      ring.known = saved.known;
      ring.low = saved.low;
      ring.high = saved.high;
    }
    return track;
  }
}
