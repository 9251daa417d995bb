/**
 * Figures over time in a fixed amount of memory: four archives a figure, from fine and short to coarse and long. Time
 * is cut into slots of five seconds that end on multiples of five seconds, and rows of the coarser archives are made of
 * whole slots, so that all archives and all agents agree where a row begins.
 */
import { slotMs } from './archive-shape.ts';
import { Track, type TrackState } from './track.ts';

/** Everything, as it is written to a file. */
export interface ArchivesState {
  readonly updatedMs: number;
  readonly tracks: readonly TrackState[];
}

export class Archives {
  readonly #tracks = new Map<string, Track>();
  #updatedMs = Number.NaN;

  /** Until when the archives know anything, in milliseconds since 1970; not a number before the first update. */
  get updatedMs(): number {
    return this.#updatedMs;
  }

  get names(): readonly string[] {
    return [...this.#tracks.keys()];
  }

  get size(): number {
    return this.#tracks.size;
  }

  has(name: string): boolean {
    return this.#tracks.has(name);
  }

  add(name: string): void {
    if (!this.#tracks.has(name)) this.#tracks.set(name, new Track(name));
  }

  remove(name: string): void {
    this.#tracks.delete(name);
  }

  /** True when no row of any archive has a value. */
  isBlank(name: string): boolean {
    return this.#tracks.get(name)?.isBlank ?? true;
  }

  /**
   * Takes values that held from `coveredMs` ago until `nowMs` (whole milliseconds since 1970). Time before that of
   * which nothing is known stays unknown; so do figures without a value. When the clock was set back, each archive
   * goes back to the last row that was whole by then.
   */
  update(nowMs: number, coveredMs: number, values: ReadonlyMap<string, number>): void {
    if (Number.isNaN(this.#updatedMs)) this.#updatedMs = nowMs - coveredMs;
    if (nowMs <= this.#updatedMs) {
      if (nowMs < this.#updatedMs) this.#goBack(nowMs);
      return;
    }
    this.#skip(Math.max(this.#updatedMs, nowMs - coveredMs));
    const known = [...this.#tracks.values()].map((track) => ({ track, value: values.get(track.name) ?? Number.NaN }));
    while (this.#updatedMs < nowMs) {
      const slot = this.#openSlot;
      const endMs = Math.min(nowMs, slot * slotMs);
      for (const { track, value } of known) track.hold(value, endMs - this.#updatedMs);
      this.#updatedMs = endMs;
      if (endMs === slot * slotMs) for (const { track } of known) track.close(slot, slotMs);
    }
  }

  /** A copy, in the order in which the figures were added. */
  state(): ArchivesState {
    return { updatedMs: this.#updatedMs, tracks: [...this.#tracks.values()].map((track) => track.state()) };
  }

  static from(state: ArchivesState): Archives {
    const archives = new Archives();
    archives.#updatedMs = state.updatedMs;
    for (const track of state.tracks) archives.#tracks.set(track.name, Track.from(track));
    return archives;
  }

  get #openSlot(): number {
    return Math.floor(this.#updatedMs / slotMs) + 1;
  }

  #skip(toMs: number): void {
    if (toMs <= this.#updatedMs) return;
    const first = this.#openSlot;
    this.#updatedMs = toMs;
    const last = this.#openSlot - 1;
    if (last < first) return;
    for (const track of this.#tracks.values()) {
      track.close(first, slotMs);
      if (last > first) track.closeEmpty(first + 1, last);
    }
  }

  #goBack(toMs: number): void {
    const last = this.#openSlot - 1;
    this.#updatedMs = toMs;
    const kept = this.#openSlot - 1;
    for (const track of this.#tracks.values()) track.goBack(last, kept);
  }
}
