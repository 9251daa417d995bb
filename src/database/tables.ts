/** The tables of all classes, and reading from them. */
import { ApiError, type ClassName, type Datamodel, type RecordOf } from '../datamodel/index.ts';
import { planClasses } from './plan.ts';
import { Table } from './table.ts';
import type { Reader } from './types.ts';

export class Tables {
  readonly #byClass: ReadonlyMap<string, Table>;

  constructor(datamodel: Datamodel) {
    this.#byClass = new Map([...planClasses(datamodel)].map(([name, plan]) => [name, new Table(plan)]));
  }

  all(): Iterable<Table> {
    return this.#byClass.values();
  }

  find(className: string): Table | undefined {
    return this.#byClass.get(className);
  }

  of(className: string): Table {
    const table = this.#byClass.get(className);
    if (table === undefined) throw new ApiError('INTERNAL_ERROR', `there are no objects of a class ${className}`);
    return table;
  }

  /** The table that holds a reference, whatever its class. */
  holding(ref: string): Table | undefined {
    for (const table of this.#byClass.values()) if (table.has(ref)) return table;
    return undefined;
  }
}

/** Reading by class and reference. */
export class TablesReader implements Reader {
  protected readonly tables: Tables;

  constructor(tables: Tables) {
    this.tables = tables;
  }

  get<C extends ClassName>(className: C, ref: string): RecordOf<C> | undefined {
    return this.tables.of(className).get(ref) as RecordOf<C> | undefined;
  }

  require<C extends ClassName>(className: C, ref: string): RecordOf<C> {
    const row = this.tables.of(className).get(ref);
    if (row === undefined) throw new ApiError('HANDLE_INVALID', className, ref);
    return row as RecordOf<C>;
  }

  byUuid(className: ClassName, uuid: string): string {
    const ref = this.tables.of(className).byUuid(uuid);
    if (ref === undefined) throw new ApiError('UUID_INVALID', className, uuid);
    return ref;
  }

  byNameLabel(className: ClassName, label: string): readonly string[] {
    return this.tables.of(className).byLabel(label);
  }

  refs(className: ClassName): readonly string[] {
    return this.tables.of(className).refs();
  }

  count(className: ClassName): number {
    return this.tables.of(className).size;
  }
}
