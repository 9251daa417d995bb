/** Fills the tables from the journal: stored fields from disk, all others initial, computed ends rebuilt. */
import { ApiError } from '../datamodel/index.ts';
import type { Clock, Log } from '../world/world.ts';
import { type Journal, JournalError, type JournalObject } from './journal.ts';
import type { FieldPlan } from './plan.ts';
import type { Table } from './table.ts';
import type { Tables } from './tables.ts';
import type { Row } from './types.ts';

export async function loadTables(tables: Tables, journal: Journal, clock: Clock, log: Log): Promise<void> {
  const rows = new Map<Table, [string, Record<string, unknown>][]>();
  for await (const objects of journal.load()) {
    for (const object of objects) {
      const table = tables.find(object.class);
      if (table === undefined || !table.plan.persistent) {
        log.write('warn', 'stored-object-unknown', `${object.class} ${object.ref} is of a class that is not stored`);
        continue;
      }
      let list = rows.get(table);
      if (list === undefined) rows.set(table, (list = []));
      list.push([object.ref, rowOf(table, object, journal.path)]);
    }
  }
  const refs = new Map<string, Table>();
  for (const [table, list] of rows) for (const [ref] of list) refs.set(ref, table);
  for (const [table, list] of rows) for (const [ref, row] of list) dropDangling(table, ref, row, refs, log);
  fillComputedEnds(rows, tables);
  for (const [table, list] of rows) {
    for (const [ref, row] of list) table.insert(ref, row);
    table.settle();
    await clock.yield();
  }
}

function damaged(path: string, object: JournalObject, what: string): JournalError {
  return new JournalError(
    'damaged',
    path,
    `${path} holds ${object.class} ${object.ref} with ${what}; restore a backup or a dump of it`,
  );
}

/** A row with the stored fields of an object. @throws JournalError `damaged` when they are not what the datamodel says. */
function rowOf(table: Table, object: JournalObject, path: string): Record<string, unknown> {
  let stored: unknown;
  try {
    stored = JSON.parse(object.fields);
  } catch {
    throw damaged(path, object, 'fields that are no JSON');
  }
  if (typeof stored !== 'object' || stored === null || Array.isArray(stored)) {
    throw damaged(path, object, 'fields that are no JSON object');
  }
  const row: Record<string, unknown> = { ...table.plan.template };
  const fields = stored as Row;
  for (const { name, check } of table.plan.storedFields) {
    const value = fields[name];
    if (value === undefined) continue;
    try {
      row[name] = check(value);
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      throw damaged(path, object, `a bad field (${thrown.message})`);
    }
  }
  return row;
}

function dropDangling(
  table: Table,
  ref: string,
  row: Record<string, unknown>,
  refs: ReadonlyMap<string, Table>,
  log: Log,
): void {
  for (const field of table.plan.storedFields) {
    if (field.refs === undefined) continue;
    const missing: string[] = [];
    field.refs.visit(row[field.name], (target, targetClass) => {
      if (refs.get(target)?.plan.name !== targetClass) missing.push(target);
    });
    for (const target of missing) {
      const sentence = `${table.plan.name} ${ref} refers in ${field.name} to ${target}, which is not there; it is treated as not set`;
      log.write('warn', 'stored-reference-dangling', sentence);
      row[field.name] = field.refs.without(row[field.name], target);
    }
  }
}

function fillComputedEnds(
  rows: ReadonlyMap<Table, readonly (readonly [string, Record<string, unknown>])[]>,
  tables: Tables,
): void {
  const byRef = new Map<string, Record<string, unknown>>();
  for (const [table, list] of rows) {
    if (![...table.plan.fields.values()].some((field) => field.computedFrom !== undefined)) continue;
    for (const [ref, row] of list) byRef.set(ref, row);
  }
  for (const [table, list] of rows) {
    for (const field of table.plan.forwards) {
      if (field.stored) for (const [ref, row] of list) joinComputed(field, ref, row, byRef, tables);
    }
  }
}

function joinComputed(
  field: FieldPlan,
  ref: string,
  row: Row,
  byRef: ReadonlyMap<string, Record<string, unknown>>,
  tables: Tables,
): void {
  const { forward, refs } = field;
  if (forward === undefined || refs === undefined) return;
  const empty = tables.of(forward.targetClass).plan.template[forward.computed];
  refs.visit(row[field.name], (target) => {
    const targetRow = byRef.get(target);
    if (targetRow === undefined) return;
    const members = targetRow[forward.computed];
    // Nobody has seen these rows yet: their own lists may grow in place.
    if (members === empty) targetRow[forward.computed] = [ref];
    else if (Array.isArray(members) && members.at(-1) !== ref) members.push(ref);
  });
}
