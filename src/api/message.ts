import { compileQuery } from '../database/query.ts';
import { ApiError, type RecordOf } from '../datamodel/index.ts';
import { formatDatetime } from '../lib/datetime.ts';
import { limits } from '../lib/limits.ts';
import { type Call, implement } from './call.ts';

type Messages = Record<string, RecordOf<'message'>>;

/** What `cls` says, as the class that the uuid belongs to. */
const classOf = { VM: 'VM', Host: 'host', SR: 'SR', Pool: 'pool', VDI: 'VDI' } as const;

function select(call: Call, matches: (row: RecordOf<'message'>, ref: string) => boolean): Messages {
  const { database } = call;
  const found: Messages = {};
  for (const ref of database.refs('message')) {
    const row = database.require('message', ref);
    if (matches(row, ref)) found[ref] = row;
  }
  return found;
}

/** Makes an alert and forgets the oldest ones beyond the number that is kept. */
function createMessage(
  call: Call,
  given: Pick<RecordOf<'message'>, 'name' | 'priority' | 'cls' | 'obj_uuid' | 'body'>,
): string {
  return call.change((tx) => {
    const all = tx.refs('message');
    for (const ref of all.slice(0, Math.max(0, all.length - limits.messagesKept + 1))) tx.destroy('message', ref);
    return tx.create('message', { ...given, timestamp: formatDatetime(call.world.clock.nowMs()) });
  });
}

export const message = implement('message', {
  create: (call, given) => {
    const className = Object.hasOwn(classOf, given.cls) ? classOf[given.cls as keyof typeof classOf] : undefined;
    if (className === undefined) throw new ApiError('INVALID_VALUE', 'cls', given.cls);
    call.database.byUuid(className, given.obj_uuid);
    return createMessage(call, given);
  },
  destroy: (call, { self }) => {
    call.change((tx) => tx.destroy('message', self));
  },
  get: (call, { cls, obj_uuid, since }) =>
    select(call, (row) => row.cls === cls && row.obj_uuid === obj_uuid && row.timestamp > since),
  get_since: (call, { since }) => select(call, (row) => row.timestamp > since),
  get_all: (call) => call.database.refs('message'),
  get_all_records: (call) => select(call, () => true),
  get_all_records_where: (call, { expr }) => {
    const apiClass = call.datamodel.classes.get('message');
    if (apiClass === undefined) throw new Error('the datamodel has no class message');
    return select(call, compileQuery(apiClass, expr));
  },
  get_record: (call, { self }) => call.database.require('message', self),
  get_by_uuid: (call, { uuid }) => call.database.byUuid('message', uuid),
});
