/** Archives as slowly and plainly as can be: every slot is remembered, and rows are worked out when one ends. */
import { archiveShapes, type Consolidation, slotMs, spans } from '../../src/host/metrics/archive-shape.ts';

interface Piece {
  readonly fromMs: number;
  readonly toMs: number;
  readonly values: ReadonlyMap<string, number>;
}

const plain = {
  AVERAGE: (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length,
  MIN: (values: readonly number[]) => Math.min(...values),
  MAX: (values: readonly number[]) => Math.max(...values),
} as const satisfies Record<Consolidation, unknown>;

export class NaiveArchives {
  #pieces: Piece[] = [];
  /** For each span, the slots that count, by figure. */
  readonly #slots = spans.map(() => new Map<number, Map<string, number>>());
  readonly #rows = new Map<string, Map<number, Map<string, number>>>();
  updatedMs = Number.NaN;

  update(nowMs: number, coveredMs: number, values: ReadonlyMap<string, number>): void {
    if (Number.isNaN(this.updatedMs)) this.updatedMs = nowMs - coveredMs;
    if (nowMs === this.updatedMs) return;
    if (nowMs < this.updatedMs) {
      this.#goBack(nowMs);
      return;
    }
    this.#pieces.push({ fromMs: Math.max(this.updatedMs, nowMs - coveredMs), toMs: nowMs, values });
    const first = Math.floor(this.updatedMs / slotMs) + 1;
    this.updatedMs = nowMs;
    for (let slot = first; slot * slotMs <= nowMs; slot += 1) this.#endSlot(slot);
    this.#pieces = this.#pieces.filter((piece) => piece.toMs > Math.floor(nowMs / slotMs) * slotMs);
  }

  /** The row of an archive that ended with a slot of this number; not a number when it is unknown. */
  value(shape: number, row: number, name: string): number {
    return this.#rows.get(String(shape))?.get(row)?.get(name) ?? Number.NaN;
  }

  #endSlot(slot: number): void {
    const [startMs, endMs] = [(slot - 1) * slotMs, slot * slotMs];
    const held = new Map<string, { sum: number; ms: number }>();
    for (const { fromMs, toMs, values } of this.#pieces) {
      const ms = Math.min(toMs, endMs) - Math.max(fromMs, startMs);
      if (ms <= 0) continue;
      for (const [name, value] of values) {
        if (Number.isNaN(value)) continue;
        const before = held.get(name) ?? { sum: 0, ms: 0 };
        held.set(name, { sum: before.sum + value * ms, ms: before.ms + ms });
      }
    }
    const known = [...held].filter(([, { ms }]) => ms * 2 >= slotMs);
    const values = new Map(known.map(([name, { sum, ms }]) => [name, sum / ms]));
    for (const slots of this.#slots) slots.set(slot, values);
    for (const [index, { slots, rows, consolidation, index: span }] of archiveShapes.entries()) {
      if (slot % slots !== 0) continue;
      const counted = this.#slots[span] ?? new Map<number, Map<string, number>>();
      const byName = new Map<string, number[]>();
      for (let one = slot - slots + 1; one <= slot; one += 1) {
        for (const [name, value] of counted.get(one) ?? []) byName.set(name, [...(byName.get(name) ?? []), value]);
      }
      const done = [...byName].filter(([, all]) => all.length * 2 >= slots);
      const ended = this.#rows.get(String(index)) ?? new Map<number, Map<string, number>>();
      ended.set(slot / slots, new Map(done.map(([name, all]) => [name, plain[consolidation](all)])));
      ended.delete(slot / slots - rows);
      this.#rows.set(String(index), ended);
    }
  }

  #goBack(nowMs: number): void {
    this.updatedMs = nowMs;
    this.#pieces = [];
    const kept = Math.floor(nowMs / slotMs);
    for (const [index, slots] of this.#slots.entries()) {
      const inRow = spans[index]?.slots ?? 1;
      const wholeRows = Math.floor(kept / inRow);
      for (const slot of slots.keys()) if (slot > wholeRows * inRow) slots.delete(slot);
    }
    for (const [index, shape] of archiveShapes.entries()) {
      const ended = this.#rows.get(String(index));
      const wholeRows = Math.floor(kept / shape.slots);
      for (const row of ended?.keys() ?? []) if (row > wholeRows) ended?.delete(row);
    }
  }
}
