/** The archives that every figure has. */

/** Length of a slot in seconds; the step of the finest archive. */
export const stepSeconds = 5;
export const slotMs = stepSeconds * 1000;

export interface Span {
  readonly rows: number;
  /** Slots in one row. */
  readonly slots: number;
}

/** Ten minutes, two hours, a week and a year. */
export const spans: readonly Span[] = [
  { rows: 120, slots: 1 },
  { rows: 120, slots: 12 },
  { rows: 168, slots: 720 },
  { rows: 366, slots: 17_280 },
];

export const consolidations = ['AVERAGE', 'MIN', 'MAX'] as const;
/** How a row is made of its slots. */
export type Consolidation = (typeof consolidations)[number];

/** One archive of all figures. The finest has averages only: least, most and average of one slot are the same. */
export interface ArchiveShape extends Span {
  readonly consolidation: Consolidation;
  /** Place in `spans`. */
  readonly index: number;
}

export const archiveShapes: readonly ArchiveShape[] = spans.flatMap((span, index) =>
  consolidations
    .filter((consolidation) => consolidation === 'AVERAGE' || span.slots > 1)
    .map((consolidation) => ({ ...span, consolidation, index })),
);
