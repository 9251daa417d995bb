/** Puts the stored fields of objects in memory back to what is on disk, after the disk refused newer ones. */
import type { Waiting } from './durable-tail.ts';
import type { Edit } from './edit.ts';
import type { FieldPlan } from './plan.ts';
import type { Row } from './types.ts';
import { sameValue } from './values.ts';

/**
 * The objects are all that differ from the disk, so every reference between them comes right once all are done: first
 * the new ones go, then the destroyed ones come back without any references, then all stored fields are set.
 * Fields that are not stored keep what they have.
 */
export function restoreStored(edit: Edit, objects: Iterable<Waiting>): void {
  const list = [...objects];
  for (const { table, ref, onDisk } of list) {
    const row = table.get(ref);
    if (onDisk !== undefined || row === undefined) continue;
    edit.forget(table, ref);
    edit.remove(table, ref, table.get(ref) ?? row);
  }
  for (const { table, ref, onDisk } of list) {
    if (onDisk === undefined || table.has(ref)) continue;
    edit.insert(table, ref, withoutRefs(table.plan.fields.values(), table.plan.template, onDisk));
  }
  for (const { table, ref, onDisk } of list) {
    const row = table.get(ref);
    if (onDisk === undefined || row === undefined) continue;
    const changed = table.plan.storedFields.filter((field) => !sameValue(row[field.name], onDisk[field.name]));
    const values = changed.map((field) => onDisk[field.name]);
    if (changed.length > 0) edit.set(table, ref, row, changed, values);
  }
}

function withoutRefs(fields: Iterable<FieldPlan>, template: Row, row: Row): Row {
  const bare: Record<string, unknown> = { ...template };
  for (const field of fields) if (field.refs === undefined) bare[field.name] = row[field.name];
  return bare;
}
