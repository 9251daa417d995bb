/** Lists objects, shows and changes their fields. */
import type { Field } from '../../datamodel/model.ts';
import type {
  AddCommand,
  ClearCommand,
  Column,
  Condition,
  GetCommand,
  ListCommand,
  RemoveCommand,
  SetCommand,
} from '../command.ts';
import { ApiFailure, UsageError } from '../failure.ts';
import { collectRefs, printable, showValue } from '../format.ts';
import { wordOf } from '../names.ts';
import { listedColumns, type Named, namedClass, planChanges, planSource, satisfies } from '../plan.ts';
import {
  columnType,
  columnValue,
  columnWord,
  linesOf,
  renderMinimal,
  renderRecord,
  renderRecords,
  type WireRecord,
} from '../render.ts';
import type { Records } from '../resolver.ts';
import type { Context } from './context.ts';

/** Text for where it goes: on a terminal a value must not drive it. */
export function safe(context: Context, text: string): string {
  return context.output.columns === undefined ? text : printable(text, true);
}

/** Learns the uuids of every reference in these fields. */
export async function learnRefs(
  context: Context,
  records: Iterable<WireRecord>,
  fields: readonly Field[],
): Promise<void> {
  const wanted = new Map<string, Set<string>>();
  for (const record of records) for (const field of fields) collectRefs(record[field.name], field.type, wanted);
  await context.resolver.learn(wanted);
}

/** Finds the objects that conditions mean by their names; `unknown` has a sentence for each name that no object has. */
export async function learnNames(
  { resolver }: Context,
  where: readonly Condition[],
): Promise<{ readonly named: Named; readonly unknown: readonly string[] }> {
  const wanted = where.flatMap((condition) => {
    const className = namedClass(condition);
    return className === undefined ? [] : [{ condition, className }];
  });
  const found = await Promise.all(
    wanted.map(async ({ condition, className }) => ({
      condition,
      className,
      refs: await resolver.named(className, condition.text),
    })),
  );
  return {
    named: new Map(found.map(({ condition, refs }) => [condition, new Set(refs)])),
    unknown: found
      .filter(({ refs }) => refs.length === 0)
      .map(({ className, condition }) => `No ${className} is called "${condition.text}".`),
  };
}

async function fetch(context: Context, command: ListCommand): Promise<Records> {
  const { catalogue, session } = context;
  const source = planSource(command.where);
  const { class: className } = command;
  const known =
    source.by === 'uuid' ||
    (source.by === 'name-label' && catalogue.message(className, 'get_by_name_label') !== undefined);
  if (source.by === 'all' || !known) return (await session.call(`${className}.get_all_records`)) as Records;
  try {
    const refs =
      source.by === 'uuid'
        ? [String(await session.call(`${className}.get_by_uuid`, source.text))]
        : ((await session.call(`${className}.get_by_name_label`, source.text)) as readonly string[]);
    const records = refs.map(
      async (ref) => [ref, (await session.call(`${className}.get_record`, ref)) as WireRecord] as const,
    );
    return Object.fromEntries(await Promise.all(records));
  } catch (error) {
    // A list of what is not there is empty.
    if (error instanceof ApiFailure && (error.code === 'UUID_INVALID' || error.code === 'HANDLE_INVALID')) return {};
    throw error;
  }
}

export async function list(context: Context, command: ListCommand): Promise<void> {
  const { catalogue, options, output, resolver } = context;
  const columns = listedColumns(catalogue, command);
  const all = await fetch(context, command);
  resolver.remember(all);
  const compared = command.where.map((condition) => condition.field).filter((field) => field.name !== 'uuid');
  const [{ named, unknown }] = await Promise.all([
    learnNames(context, command.where),
    learnRefs(context, Object.values(all), compared),
  ]);
  for (const sentence of unknown) output.note(`${sentence}\n`);
  const found = Object.entries(all).filter(([, record]) =>
    command.where.every((condition) => satisfies(record, condition, resolver.uuids, named)),
  );
  assertKeys(
    command,
    found.map(([, record]) => record),
  );
  if (options.json) {
    const shown = command.params ?? catalogue.apiClass(command.class).recordFields.map((field) => ({ field }));
    const rows = found.map(([ref, record]) => ({
      ref,
      ...Object.fromEntries(shown.map((column) => [jsonName(column), columnValue(record, column)])),
    }));
    return output.write(`${JSON.stringify(rows, undefined, 2)}\n`);
  }
  const records = found.map(([, record]) => record);
  const first = columns[0];
  const needed = options.minimal && first !== undefined ? [first] : columns;
  await learnRefs(
    context,
    records,
    needed.map(({ field }) => field),
  );
  if (options.minimal) {
    const values = records.map((record) =>
      first === undefined ? '' : showValue(columnValue(record, first), columnType(first), resolver.uuids),
    );
    return output.write(`${renderMinimal(values)}\n`);
  }
  if (records.length === 0) {
    const why = Object.keys(all).length === 0 && command.where.length === 0 ? 'There is no' : 'No';
    const end = why === 'No' ? ' matches.' : '.';
    if (output.columns !== undefined) output.note(`${why} ${command.class}${end}\n`);
    return undefined;
  }
  output.write(await rendered(context, command, columns, records));
}

function jsonName({ field, key }: Column): string {
  return key === undefined ? field.name : `${field.name}:${key}`;
}

/** A key that none of the objects has is a mistake of whoever typed it. @throws UsageError */
function assertKeys({ class: className, params }: ListCommand, records: readonly WireRecord[]): void {
  if (records.length === 0) return;
  for (const column of params ?? []) {
    if (column.key === undefined || records.some((record) => columnValue(record, column) !== undefined)) continue;
    const keys = [...new Set(records.flatMap((record) => Object.keys(record[column.field.name] ?? {})))];
    const has = keys.length === 0 ? 'It is empty.' : `There are: ${keys.join(', ')}.`;
    throw new UsageError(`No ${className} listed has ${columnWord(column)}. ${has}`);
  }
}

/** People at a terminal get a table when it fits; programs, and whoever asks for fields, get records. */
async function rendered(
  context: Context,
  command: ListCommand,
  columns: readonly Column[],
  records: readonly WireRecord[],
): Promise<string> {
  const { catalogue, output, resolver } = context;
  if (output.columns !== undefined && command.params === undefined) {
    const { renderTable } = await import('../table.ts');
    const head = columns.map(columnWord);
    const rows = records.map((record) =>
      columns.map((column) => showValue(columnValue(record, column), columnType(column), resolver.uuids)),
    );
    const table = await renderTable(head, rows, output.columns, output.paint.bold);
    if (table !== undefined) return table;
  }
  return safe(context, renderRecords(records.map((record) => linesOf(catalogue, record, columns, resolver.uuids))));
}

export async function get(context: Context, command: GetCommand): Promise<void> {
  const { catalogue, options, output, resolver, session } = context;
  const ref = await resolver.select(command.select);
  const { field, key } = command;
  if (field === undefined) {
    const record = (await session.call(`${command.class}.get_record`, ref)) as WireRecord;
    if (options.json) return output.write(`${JSON.stringify({ ref, ...record }, undefined, 2)}\n`);
    const fields = catalogue.apiClass(command.class).recordFields;
    if (options.minimal) return output.write(`${String(record['uuid'])}\n`);
    await learnRefs(context, [record], fields);
    const columns = fields.map((each) => ({ field: each }));
    return output.write(safe(context, renderRecord(linesOf(catalogue, record, columns, resolver.uuids))));
  }
  const whole = await session.call(`${command.class}.get_${field.name}`, ref);
  const value = key === undefined ? whole : entryOf(whole, key, field);
  if (options.json) return output.write(`${JSON.stringify(value, undefined, 2)}\n`);
  const type = key !== undefined && field.type.kind === 'map' ? field.type.value : field.type;
  const wanted = new Map<string, Set<string>>();
  collectRefs(value, type, wanted);
  await resolver.learn(wanted);
  const text =
    options.minimal && type.kind === 'set' && Array.isArray(value)
      ? renderMinimal(value.map((element) => showValue(element, type.of, resolver.uuids)))
      : showValue(value, type, resolver.uuids);
  output.write(`${safe(context, text)}\n`);
}

function entryOf(map: unknown, key: string, field: Field): unknown {
  const entries = map as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(entries, key)) return entries[key];
  const keys = Object.keys(entries).join(', ');
  throw new UsageError(`${wordOf(field.name)} has no key ${key}. ${keys === '' ? 'It is empty.' : `It has: ${keys}`}`);
}

export async function change(
  context: Context,
  command: SetCommand | AddCommand | RemoveCommand | ClearCommand,
): Promise<void> {
  const own = await context.resolver.select(command.select);
  const planned = planChanges(context.catalogue, command);
  // Everything is looked up before anything is changed.
  const calls = await Promise.all(
    planned.map(async ({ method, args }) => ({
      method,
      args: (await context.resolver.fill(args, own)) as readonly unknown[],
    })),
  );
  // One after the other: after a refusal nothing more is changed.
  for (const { method, args } of calls) await context.session.call(method, ...args);
}
