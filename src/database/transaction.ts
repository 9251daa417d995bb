/** The writing half of the database as its callers see it: every check is made here, before anything is changed. */
import { ApiError, type ClassName } from '../datamodel/index.ts';
import type { Random } from '../world/world.ts';
import type { Edit } from './edit.ts';
import type { FieldPlan } from './plan.ts';
import type { Table } from './table.ts';
import { type Tables, TablesReader } from './tables.ts';
import type { FieldsOf, Row, Transaction } from './types.ts';
import { nullRef } from './value-checks.ts';
import { sameValue } from './values.ts';

const refPrefix = 'OpaqueRef:';

export class OpenTransaction extends TablesReader implements Transaction {
  readonly #edit: Edit;
  readonly #random: Random;
  #ended = false;
  /** Something was asked for that belongs on disk, whether or not it made a difference. */
  #asksForDisk = false;

  constructor(tables: Tables, edit: Edit, random: Random) {
    super(tables);
    this.#edit = edit;
    this.#random = random;
  }

  get asksForDisk(): boolean {
    return this.#asksForDisk;
  }

  /** After this every use is refused: a transaction that was kept would write outside of one. */
  end(): void {
    this.#ended = true;
  }

  create<C extends ClassName>(className: C, fields: FieldsOf<C>, ref?: string): string {
    this.#assertOpen();
    const table = this.tables.of(className);
    const made = ref === undefined ? `${refPrefix}${this.#random.uuid()}` : this.#newRef(className, ref);
    const row: Record<string, unknown> = { ...table.plan.template };
    for (const [name, given] of Object.entries(fields as Row)) {
      if (given === undefined) continue;
      const field = fieldOf(table, name);
      const value = field.check(given);
      if (field.computedFrom !== undefined && !sameValue(value, row[name])) throw computed(field);
      this.#checkRefs(field, value, made);
      row[name] = value;
    }
    if (table.plan.hasUuid) {
      if (row['uuid'] === '') row['uuid'] = this.#random.uuid();
      this.#checkUuid(table, row['uuid'] as string);
    }
    this.#edit.insert(table, made, row);
    return made;
  }

  update<C extends ClassName>(className: C, ref: string, fields: FieldsOf<C>): void {
    this.#assertOpen();
    const table = this.tables.of(className);
    const before = this.require(className, ref) as Row;
    const changed: FieldPlan[] = [];
    const values: unknown[] = [];
    for (const [name, given] of Object.entries(fields as Row)) {
      if (given === undefined) continue;
      const field = fieldOf(table, name);
      const value = field.check(given);
      if (field.stored) this.#asksForDisk = true;
      if (sameValue(value, before[name])) continue;
      if (field.computedFrom !== undefined) throw computed(field);
      this.#checkRefs(field, value, undefined);
      changed.push(field);
      values.push(value);
    }
    // Last, as when an object is made, so that the error of two mistakes does not depend on the order of the fields.
    const uuid = changed.findIndex((field) => field.name === 'uuid');
    if (uuid >= 0) this.#checkUuid(table, values[uuid] as string);
    if (changed.length > 0) this.#edit.set(table, ref, before, changed, values);
  }

  destroy(className: ClassName, ref: string): void {
    this.#assertOpen();
    const table = this.tables.of(className);
    this.require(className, ref);
    for (const field of table.plan.referrers) if (field.stored) this.#refuseReferrer(table, ref, field);
    this.#edit.forget(table, ref);
    // Forgetting may have changed the object itself, where it referred to itself.
    this.#edit.remove(table, ref, this.require(className, ref));
  }

  touch(className: ClassName, ref: string): void {
    this.#assertOpen();
    this.#edit.announce(this.tables.of(className), ref, this.require(className, ref));
  }

  #refuseReferrer(table: Table, ref: string, field: FieldPlan): void {
    const referrer = this.#edit.referrers(field, table, ref).find(([from]) => from !== ref);
    if (referrer === undefined) return;
    throw new ApiError(
      'OPERATION_NOT_ALLOWED',
      `${table.plan.name} ${ref} cannot be destroyed: ${field.class} ${referrer[0]} refers to it in its field ${field.name}`,
    );
  }

  #checkRefs(field: FieldPlan, value: unknown, self: string | undefined): void {
    field.refs?.visit(value, (target, targetClass) => {
      if (target === self && targetClass === field.class) return;
      if (!this.tables.of(targetClass).has(target)) throw new ApiError('HANDLE_INVALID', targetClass, target);
    });
  }

  #checkUuid(table: Table, uuid: string): void {
    if (uuid === '') throw new ApiError('INVALID_VALUE', `${table.plan.name}.uuid`, uuid);
    if (table.byUuid(uuid) === undefined) return;
    throw new ApiError('DB_UNIQUENESS_CONSTRAINT_VIOLATION', table.plan.name, 'uuid', uuid);
  }

  #newRef(className: string, ref: string): string {
    if (!ref.startsWith(refPrefix) || ref === nullRef || ref.length > 256 || !ref.isWellFormed()) {
      throw new ApiError('INVALID_VALUE', 'ref', ref);
    }
    if (this.tables.holding(ref) !== undefined) {
      throw new ApiError('DB_UNIQUENESS_CONSTRAINT_VIOLATION', className, 'ref', ref);
    }
    return ref;
  }

  #assertOpen(): void {
    if (this.#ended) throw new ApiError('INTERNAL_ERROR', 'this transaction has ended: nothing can be changed in it');
  }
}

function fieldOf(table: Table, name: string): FieldPlan {
  const field = table.plan.fields.get(name);
  if (field === undefined) throw new ApiError('INTERNAL_ERROR', `${table.plan.name} has no field ${name}`);
  return field;
}

function computed(field: FieldPlan): ApiError {
  return new ApiError(
    'OPERATION_NOT_ALLOWED',
    `${field.class}.${field.name} is computed from ${field.computedFrom ?? ''}; change that instead`,
  );
}
