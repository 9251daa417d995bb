/** From readings to figures: what is archived, queried and told to Prometheus. */
import { type Combination, combinations, type Family, families, figureName, type Readings } from './families.ts';
import type { Rates } from './rates.ts';

export interface Figure {
  readonly name: string;
  readonly doc: string;
  readonly units: string;
  readonly min: number;
  readonly max: number;
  /** Not a number while it is unknown. */
  readonly value: number;
}

/** The value that a family was read as, before it became a rate. */
export interface RawFigure {
  readonly family: Family;
  readonly instance: string;
  readonly value: number;
}

export function readFamilies(readings: Readings): readonly RawFigure[] {
  return families.flatMap((family) =>
    [...family.read(readings)].map(([instance, value]) => ({ family, instance, value })),
  );
}

/** Timers and ticks do not end together, so that a share can come out a little above the whole. */
function within(value: number, { min, max }: { readonly min: number; readonly max: number }): number {
  return Math.min(max, Math.max(min, value));
}

function combine(combination: Combination, readings: Readings, parts: ReadonlyMap<string, number>): number {
  const among = combination.among?.(readings);
  const values = [...parts].filter(([instance]) => among?.has(instance) ?? true).map(([, value]) => value);
  if (values.length === 0) return Number.NaN;
  const sum = values.reduce((a, b) => a + b, 0);
  return combination.how === 'sum' ? sum : sum / values.length;
}

/** `atMs` is of a clock that is never set. Ends a round of the rates. */
export function figuresOf(readings: Readings, raw: readonly RawFigure[], rates: Rates, atMs: number): Figure[] {
  const parts = new Map<string, Map<string, number>>();
  const figures = raw.map(({ family, instance, value }): Figure => {
    const { pattern, doc, units, min, max, kind, wrapsAt } = family;
    const name = figureName(pattern, instance);
    const current = kind === 'gauge' ? value : rates.rate(name, value, atMs, { wrapsAt, most: max });
    const figure = { name, doc: figureName(doc, instance), units, min, max, value: within(current, family) };
    const siblings = parts.get(pattern) ?? new Map<string, number>();
    parts.set(pattern, siblings.set(instance, figure.value));
    return figure;
  });
  rates.next();
  const combined = combinations.map((combination): Figure => {
    const { name, doc, units, min, max, of } = combination;
    return { name, doc, units, min, max, value: combine(combination, readings, parts.get(of) ?? new Map()) };
  });
  return [...figures, ...combined];
}
