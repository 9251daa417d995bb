/** All objects of one class: rows in small blocks, found by reference, uuid and label. Knows nothing of transactions. */
import { limits } from '../lib/limits.ts';
import type { ClassPlan } from './plan.ts';
import type { Row, Segment } from './types.ts';

interface Block {
  refs: string[];
  rows: Row[];
  readonly slots: Slot[];
  /** What was handed out last and still holds. */
  snapshot: Segment | undefined;
  /** Arrays that a snapshot shares are copied before they change. */
  refsShared: boolean;
  rowsShared: boolean;
}

interface Slot {
  block: Block;
  index: number;
}

/** Where a removed row stood, so that undoing puts it back in its place. */
export interface Position {
  readonly block: Block;
  readonly index: number;
}

/** Blocks with fewer rows than this share of a full one look for a neighbour to merge with. */
const sparseRows = limits.segmentRows / 4;
const mergedRowsMax = (limits.segmentRows * 3) / 4;

export class Table {
  readonly plan: ClassPlan;
  readonly #slots = new Map<string, Slot>();
  #blocks: Block[] = [];
  #snapshot: readonly Segment[] | undefined;
  readonly #sparse = new Set<Block>();
  readonly #uuids = new Map<string, string>();
  readonly #labels = new Map<string, string | Set<string>>();

  constructor(plan: ClassPlan) {
    this.plan = plan;
  }

  get size(): number {
    return this.#slots.size;
  }

  has(ref: string): boolean {
    return this.#slots.has(ref);
  }

  get(ref: string): Row | undefined {
    const slot = this.#slots.get(ref);
    return slot?.block.rows[slot.index];
  }

  byUuid(uuid: string): string | undefined {
    return this.#uuids.get(uuid);
  }

  byLabel(label: string): readonly string[] {
    const found = this.#labels.get(label);
    if (found === undefined) return [];
    return typeof found === 'string' ? [found] : [...found];
  }

  refs(): readonly string[] {
    return this.#blocks.flatMap((block) => block.refs);
  }

  segments(): readonly Segment[] {
    this.#snapshot ??= this.#blocks
      .filter((block) => block.refs.length > 0)
      .map((block) => (block.snapshot ??= share(block)));
    return this.#snapshot;
  }

  /** Adds a row at the end, or where it stood before. */
  insert(ref: string, row: Row, position?: Position): void {
    const block = position?.block ?? this.#roomyBlock();
    const index = position?.index ?? block.refs.length;
    this.#own(block);
    block.refs.splice(index, 0, ref);
    block.rows.splice(index, 0, row);
    const slot = { block, index };
    block.slots.splice(index, 0, slot);
    this.#renumber(block, index + 1);
    this.#slots.set(ref, slot);
    this.#index(ref, undefined, row);
  }

  replace(ref: string, row: Row): void {
    const slot = this.#slot(ref);
    const before = slot.block.rows[slot.index];
    this.#ownRows(slot.block);
    slot.block.rows[slot.index] = row;
    this.#index(ref, before, row);
  }

  remove(ref: string): Position {
    const { block, index } = this.#slot(ref);
    const row = block.rows[index];
    this.#own(block);
    block.refs.splice(index, 1);
    block.rows.splice(index, 1);
    block.slots.splice(index, 1);
    this.#renumber(block, index);
    this.#slots.delete(ref);
    if (block.refs.length < sparseRows) this.#sparse.add(block);
    this.#index(ref, row, undefined);
    return { block, index };
  }

  /** Drops empty blocks and merges small ones. Called between transactions: positions do not outlive it. */
  settle(): void {
    for (const block of this.#sparse) {
      const at = this.#blocks.indexOf(block);
      if (at < 0) continue;
      if (block.refs.length === 0) {
        this.#blocks.splice(at, 1);
        this.#snapshot = undefined;
      } else if (block.refs.length < sparseRows) {
        if (!this.#merge(at, at + 1)) this.#merge(at - 1, at);
      }
    }
    this.#sparse.clear();
  }

  #merge(left: number, right: number): boolean {
    const into = this.#blocks[left];
    const from = this.#blocks[right];
    if (into === undefined || from === undefined) return false;
    if (into.refs.length + from.refs.length > mergedRowsMax) return false;
    this.#own(into);
    const start = into.refs.length;
    into.refs.push(...from.refs);
    into.rows.push(...from.rows);
    into.slots.push(...from.slots);
    for (const slot of from.slots) slot.block = into;
    this.#renumber(into, start);
    this.#blocks.splice(right, 1);
    return true;
  }

  #roomyBlock(): Block {
    const last = this.#blocks.at(-1);
    if (last !== undefined && last.refs.length < limits.segmentRows) return last;
    const block: Block = {
      refs: [],
      rows: [],
      slots: [],
      snapshot: undefined,
      refsShared: false,
      rowsShared: false,
    };
    this.#blocks.push(block);
    // Should the insertion be undone, the empty block must not stay.
    this.#sparse.add(block);
    return block;
  }

  #ownRows(block: Block): void {
    this.#snapshot = undefined;
    block.snapshot = undefined;
    if (!block.rowsShared) return;
    block.rows = block.rows.slice();
    block.rowsShared = false;
  }

  #own(block: Block): void {
    this.#ownRows(block);
    if (!block.refsShared) return;
    block.refs = block.refs.slice();
    block.refsShared = false;
  }

  #renumber(block: Block, start: number): void {
    for (let index = start; index < block.slots.length; index += 1) {
      const slot = block.slots[index];
      if (slot !== undefined) slot.index = index;
    }
  }

  #slot(ref: string): Slot {
    const slot = this.#slots.get(ref);
    if (slot === undefined) throw new Error(`${this.plan.name} has no ${ref}`);
    return slot;
  }

  #index(ref: string, before: Row | undefined, after: Row | undefined): void {
    const { plan } = this;
    if (plan.hasUuid && before?.['uuid'] !== after?.['uuid']) {
      const old = before?.['uuid'] as string | undefined;
      if (old !== undefined && this.#uuids.get(old) === ref) this.#uuids.delete(old);
      if (after !== undefined) this.#uuids.set(after['uuid'] as string, ref);
    }
    if (plan.hasLabel && before?.['name_label'] !== after?.['name_label']) {
      if (before !== undefined) this.#unlabel(before['name_label'] as string, ref);
      if (after !== undefined) this.#label(after['name_label'] as string, ref);
    }
    for (const field of plan.counted) {
      const left = before?.[field.name];
      const right = after?.[field.name];
      if (left === right) continue;
      const counts = field.counts ?? new Map<string, number>();
      if (left !== undefined) field.refs?.visit(left, (target) => add(counts, target, -1));
      if (right !== undefined) field.refs?.visit(right, (target) => add(counts, target, 1));
    }
  }

  #label(label: string, ref: string): void {
    const found = this.#labels.get(label);
    if (found === undefined) this.#labels.set(label, ref);
    else if (typeof found === 'string') this.#labels.set(label, new Set([found, ref]));
    else found.add(ref);
  }

  #unlabel(label: string, ref: string): void {
    const found = this.#labels.get(label);
    if (found === ref) this.#labels.delete(label);
    else if (typeof found === 'object' && found.delete(ref) && found.size === 0) this.#labels.delete(label);
  }
}

function share(block: Block): Segment {
  block.refsShared = true;
  block.rowsShared = true;
  return { refs: block.refs, rows: block.rows, encoded: new Map() };
}

function add(counts: Map<string, number>, ref: string, by: number): void {
  const count = (counts.get(ref) ?? 0) + by;
  if (count === 0) counts.delete(ref);
  else counts.set(ref, count);
}
