/** The messages that follow from the datamodel alone: one implementation for every class and field. */
import type { AnyHandler } from '../api/call.ts';
import { constructorFields } from '../api/construct.ts';
import { compileQuery } from '../database/query.ts';
import type { Row, Transaction } from '../database/types.ts';
import {
  type ApiClass,
  ApiError,
  type ClassName,
  type Datamodel,
  type Field,
  type Message,
  type MessageKind,
} from '../datamodel/index.ts';
import { RecordSet, RecordSubset } from './marshal/results.ts';

type Fields = Readonly<Record<string, unknown>>;

function fieldOf(message: Message): Field {
  if (message.field === undefined) throw new Error(`${message.name} is an accessor without a field`);
  return message.field;
}

/** Reads and writes rows by a class that is known only at run time. */
interface Rows {
  require(ref: string): Row;
  update(tx: Transaction, ref: string, fields: Fields): void;
}

function rowsOf(className: ClassName): (database: { require(c: ClassName, ref: string): unknown }) => Rows {
  return (database) => ({
    require: (ref) => database.require(className, ref) as Row,
    update: (tx, ref, fields) => tx.update(className, ref, fields),
  });
}

function setter(message: Message, next: (current: unknown, args: Fields) => unknown): AnyHandler {
  const field = fieldOf(message);
  const rows = rowsOf(message.class as ClassName);
  return (call, args) =>
    call.change((tx) => {
      const ref = String(args['self']);
      const access = rows(tx);
      // Also when nothing is to change: the database knows whether what is there is on disk.
      access.update(tx, ref, { [field.name]: next(access.require(ref)[field.name], args) });
    });
}

function asMap(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(value as Fields));
}

/** A plain object whose keys may have any name, `__proto__` included. */
function fromMap(map: ReadonlyMap<string, unknown>): Fields {
  return Object.fromEntries(map);
}

function adder(message: Message): AnyHandler {
  const field = fieldOf(message);
  if (field.type.kind === 'map') {
    return setter(message, (current, args) => {
      const key = String(args['key']);
      const map = asMap(current);
      // The manual of 2007 says "overwrites"; every server since has refused, and clients rely on it.
      if (map.has(key)) throw new ApiError('MAP_DUPLICATE_KEY', message.class, field.name, String(args['self']), key);
      return fromMap(new Map([...map, [key, args['value']]]));
    });
  }
  return setter(message, (current, args) => {
    const set = current as readonly unknown[];
    return set.includes(args['value']) ? set : [...set, args['value']];
  });
}

function remover(message: Message): AnyHandler {
  if (fieldOf(message).type.kind === 'map') {
    return setter(message, (current, args) => {
      const map = asMap(current);
      const key = String(args['key']);
      return map.has(key) ? fromMap(new Map([...map].filter(([name]) => name !== key))) : current;
    });
  }
  return setter(message, (current, args) => {
    const set = current as readonly unknown[];
    return set.includes(args['value']) ? set.filter((element) => element !== args['value']) : set;
  });
}

type Implementation = (message: Message, apiClass: ApiClass) => AnyHandler;

/** How each kind of derived message is answered. */
const implementations: Readonly<Record<Exclude<MessageKind, 'op'>, Implementation>> = {
  get: (message) => {
    const { name } = fieldOf(message);
    const className = message.class as ClassName;
    return (call, args) => (call.database.require(className, args['self'] as string) as Row)[name];
  },
  set: (message) => setter(message, (_current, args) => args['value']),
  add: adder,
  remove: remover,
  get_by_uuid:
    ({ class: name }) =>
    (call, args) =>
      call.database.byUuid(name as ClassName, args['uuid'] as string),
  get_record:
    ({ class: name }) =>
    (call, args) =>
      call.database.require(name as ClassName, args['self'] as string),
  get_by_name_label:
    ({ class: name }) =>
    (call, args) =>
      call.database.byNameLabel(name as ClassName, args['label'] as string),
  get_all:
    ({ class: name }) =>
    (call) =>
      call.database.refs(name as ClassName),
  get_all_records:
    ({ class: name }) =>
    (call) =>
      new RecordSet(name, call.database.segments(name as ClassName)),
  get_all_records_where:
    ({ class: name }, apiClass) =>
    (call, args) => {
      const matches = compileQuery(apiClass, args['expr'] as string);
      const entries: [string, Row][] = [];
      for (const segment of call.database.segments(name as ClassName)) {
        for (const [index, ref] of segment.refs.entries()) {
          const row = segment.rows[index];
          if (row !== undefined && matches(row, ref)) entries.push([ref, row]);
        }
      }
      return new RecordSubset(name, entries);
    },
  create:
    ({ class: name }, apiClass) =>
    (call, args) => {
      const fields = constructorFields(apiClass, args['args'] as Fields);
      return call.change((tx) => tx.create(name as ClassName, fields));
    },
  destroy:
    ({ class: name }) =>
    (call, args) =>
      call.change((tx) => tx.destroy(name as ClassName, args['self'] as string)),
};

/** The implementation of a derived message. */
export function accessor(message: Message, datamodel: Datamodel): AnyHandler {
  const apiClass = datamodel.classes.get(message.class);
  if (apiClass === undefined || message.kind === 'op') throw new Error(`${message.name} does not follow from a class`);
  return implementations[message.kind](message, apiClass);
}
