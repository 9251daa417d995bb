/**
 * One set of changes to the tables, with relations kept true and every step undoable. No checks are made here: the
 * transaction makes them before it changes anything, and restoring what is on disk needs none.
 */
import type { FieldPlan, Forward } from './plan.ts';
import type { Position, Table } from './table.ts';
import type { Tables } from './tables.ts';
import type { Change, Row } from './types.ts';
import { emptySet, nullRef } from './value-checks.ts';
import { sameValue } from './values.ts';

/** What happened to one object so far. */
export interface Touched {
  readonly table: Table;
  readonly ref: string;
  /** The row before the first change; undefined when it was not there. */
  readonly before: Row | undefined;
  changes: number;
  /** A stored field was changed. */
  stored: boolean;
  /** To be reported even when nothing in it changed. */
  announced: boolean;
}

export interface Effect {
  readonly change: Change;
  readonly touched: Touched;
  /** The disk must hear of it. */
  readonly stored: boolean;
}

interface Step {
  readonly table: Table;
  readonly ref: string;
  readonly before: Row | undefined;
  readonly position: Position | undefined;
}

export class Edit {
  readonly #tables: Tables;
  readonly #touched = new Map<string, Touched>();
  readonly #steps: Step[] = [];

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** Adds an object; references in its stored ends reach the computed ends of others. */
  insert(table: Table, ref: string, row: Row): void {
    table.insert(ref, row);
    this.#steps.push({ table, ref, before: undefined, position: undefined });
    this.#touch(table, ref, undefined).stored = true;
    for (const field of table.plan.forwards) this.#relate(field, ref, undefined, row[field.name]);
  }

  /** Changes fields that are known to differ from what they are. */
  set(table: Table, ref: string, before: Row, fields: readonly FieldPlan[], values: readonly unknown[]): void {
    const row: Record<string, unknown> = { ...before };
    let stored = false;
    for (const [index, field] of fields.entries()) {
      row[field.name] = values[index];
      stored ||= field.stored;
    }
    this.#replace(table, ref, before, row, stored);
    for (const [index, field] of fields.entries()) {
      if (field.forward !== undefined) this.#relate(field, ref, before[field.name], values[index]);
    }
  }

  remove(table: Table, ref: string, row: Row): void {
    for (const field of table.plan.forwards) this.#relate(field, ref, row[field.name], undefined);
    const before = table.get(ref) ?? row;
    const position = table.remove(ref);
    this.#steps.push({ table, ref, before, position });
    this.#touch(table, ref, before).stored = true;
  }

  announce(table: Table, ref: string, row: Row): void {
    const touched = this.#touch(table, ref, row);
    touched.changes -= 1;
    touched.announced = true;
  }

  /** Removes a reference from every field that is not stored and holds it. */
  forget(table: Table, ref: string): void {
    for (const field of table.plan.referrers) {
      if (field.stored) continue;
      for (const [referrer, row] of this.referrers(field, table, ref)) {
        const value = field.refs?.without(row[field.name], ref) ?? nullRef;
        this.set(this.#tables.of(field.class), referrer, row, [field], [value]);
      }
    }
  }

  /** Objects that refer to one through a field, as many as are counted there. */
  referrers(field: FieldPlan, table: Table, ref: string): readonly (readonly [string, Row])[] {
    const source = this.#tables.of(field.class);
    if (field.forward !== undefined) {
      const computed = table.get(ref)?.[field.forward.computed] as readonly string[] | undefined;
      return (computed ?? []).flatMap((referrer) => {
        const row = source.get(referrer);
        return row === undefined ? [] : [[referrer, row] as const];
      });
    }
    let left = field.counts?.get(ref) ?? 0;
    if (left === 0) return [];
    const found: (readonly [string, Row])[] = [];
    for (const segment of source.segments()) {
      for (const [index, row] of segment.rows.entries()) {
        let times = 0;
        field.refs?.visit(row[field.name], (target) => {
          if (target === ref) times += 1;
        });
        if (times === 0) continue;
        found.push([segment.refs[index] ?? '', row]);
        left -= times;
        if (left === 0) return found;
      }
    }
    return found;
  }

  /** What it all comes to: one effect for each object that is not as it was. */
  effects(): readonly Effect[] {
    const effects: Effect[] = [];
    for (const touched of this.#touched.values()) {
      const effect = effectOf(touched);
      if (effect !== undefined) effects.push(effect);
    }
    return effects;
  }

  undo(): void {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      const { table, ref, before, position } = step;
      if (before === undefined) table.remove(ref);
      else if (position === undefined) table.replace(ref, before);
      else table.insert(ref, before, position);
    }
    this.settle();
  }

  settle(): void {
    for (const touched of this.#touched.values()) touched.table.settle();
  }

  #replace(table: Table, ref: string, before: Row, row: Row, stored: boolean): void {
    table.replace(ref, row);
    this.#steps.push({ table, ref, before, position: undefined });
    const touched = this.#touch(table, ref, before);
    touched.stored ||= stored;
  }

  #touch(table: Table, ref: string, before: Row | undefined): Touched {
    let touched = this.#touched.get(ref);
    if (touched === undefined) {
      touched = { table, ref, before, changes: 0, stored: false, announced: false };
      this.#touched.set(ref, touched);
    }
    touched.changes += 1;
    return touched;
  }

  /** Carries a change of a stored end over to the computed ends. */
  #relate(field: FieldPlan, ref: string, before: unknown, after: unknown): void {
    const { forward, refs } = field;
    if (forward === undefined || refs === undefined) return;
    const left = new Set<string>();
    const right = new Set<string>();
    if (before !== undefined) refs.visit(before, (target) => left.add(target));
    if (after !== undefined) refs.visit(after, (target) => right.add(target));
    for (const target of left) if (!right.has(target)) this.#setComputed(forward, target, ref, false);
    for (const target of right) if (!left.has(target)) this.#setComputed(forward, target, ref, true);
  }

  #setComputed(forward: Forward, target: string, ref: string, member: boolean): void {
    const table = this.#tables.of(forward.targetClass);
    const before = table.get(target);
    if (before === undefined) return;
    const now = before[forward.computed] as readonly string[];
    const at = now.indexOf(ref);
    if (at >= 0 === member) return;
    const next = member ? [...now, ref] : now.toSpliced(at, 1);
    const row = { ...before, [forward.computed]: next.length === 0 ? emptySet : next };
    this.#replace(table, target, before, row, false);
  }
}

function effectOf(touched: Touched): Effect | undefined {
  const { table, ref, before, announced } = touched;
  const after = table.get(ref);
  const { name, persistent, fields, storedFields } = table.plan;
  if (before === undefined) {
    if (after === undefined) return undefined;
    return { change: { class: name, ref, kind: 'add', row: after }, touched, stored: persistent };
  }
  if (after === undefined) {
    return { change: { class: name, ref, kind: 'del', row: before }, touched, stored: persistent };
  }
  const differs = (field: FieldPlan): boolean => !sameValue(before[field.name], after[field.name]);
  // A single change is known to be one; several may have cancelled each other.
  if (touched.changes > 1 && ![...fields.values()].some(differs)) {
    return announced ? { change: { class: name, ref, kind: 'mod', row: after }, touched, stored: false } : undefined;
  }
  if (touched.changes === 0 && !announced) return undefined;
  const stored = touched.stored && (touched.changes === 1 || storedFields.some(differs));
  return { change: { class: name, ref, kind: 'mod', row: after }, touched, stored };
}
