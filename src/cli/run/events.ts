/** Waits for changes, or tells them as they come. */
import { limits } from '../../lib/limits.ts';
import type { EventsCommand, WaitCommand } from '../command.ts';
import { ApiFailure, CommandFailure, Unreachable } from '../failure.ts';
import { collectRefs, printable, showValue } from '../format.ts';
import { classWordOf, wordOf } from '../names.ts';
import { planSource, satisfies } from '../plan.ts';
import type { WireRecord } from '../render.ts';
import type { Context } from './context.ts';
import { learnNames, learnRefs } from './objects.ts';
import { type ApiEvent, type EventBatch, followEvents, takeEvents } from './task.ts';

/** Returns when an object satisfies every condition. */
export async function eventWait(context: Context, command: WaitCommand): Promise<void> {
  const { session, resolver } = context;
  const source = planSource(command.where);
  const one =
    source.by === 'uuid' ? String(await session.call(`${command.class}.get_by_uuid`, source.text)) : undefined;
  const classes = [one === undefined ? command.class : `${command.class}/${one}`];
  const { named, unknown } = await learnNames(context, command.where);
  if (unknown.length > 0) throw new CommandFailure(unknown.join(' '));
  const fields = command.where.map((condition) => condition.field);
  let token = '';
  for (;;) {
    const batch = await followEvents(context, classes, token);
    token = batch.token;
    const snapshots = batch.events.flatMap(({ snapshot }) => (snapshot === undefined ? [] : [snapshot]));
    await learnRefs(context, snapshots, fields);
    const met = (record: WireRecord): boolean =>
      command.where.every((condition) => satisfies(record, condition, resolver.uuids, named));
    if (snapshots.some((record) => met(record))) return;
    if (one !== undefined && batch.events.some((event) => event.operation === 'del' && event.ref === one)) {
      throw new CommandFailure(`The ${command.class} was destroyed before it satisfied the conditions.`);
    }
  }
}

/** What was last seen of objects, so that a line can say what changed. The oldest are forgotten first. */
class Memory {
  readonly #records = new Map<string, WireRecord>();

  /** Keeps a record and returns the one before it. */
  replace(ref: string, record: WireRecord | undefined): WireRecord | undefined {
    const before = this.#records.get(ref);
    this.#records.delete(ref);
    if (record !== undefined) this.#records.set(ref, record);
    const oldest = this.#records.size > limits.cliRememberedRecords ? this.#records.keys().next().value : undefined;
    if (oldest !== undefined) this.#records.delete(oldest);
    return before;
  }
}

/** Prints a line for each change, until the context's signal aborts. */
export async function events(context: Context, command: EventsCommand): Promise<void> {
  const classes = command.classes.length === 0 ? ['*'] : command.classes;
  const memory = new Memory();
  // The pool is one object: the cheapest way to learn where the events are now.
  let { token } = await takeEvents(context, ['pool'], '');
  for (;;) {
    let batch: EventBatch;
    try {
      batch = await takeEvents(context, classes, token);
    } catch (error) {
      if (await hasEnded(context, error)) throw new Unreachable('The agent ended.');
      if (!(error instanceof ApiFailure) || error.code !== 'EVENTS_LOST') throw error;
      context.output.note('Some changes came too fast and are not shown.\n');
      ({ token } = await takeEvents(context, ['pool'], ''));
      continue;
    }
    token = batch.token;
    const now = new Date().toISOString();
    for (const event of batch.events) context.output.write(await line(context, event, memory, now));
  }
}

/** An agent that stops ends every session and then closes the connections. */
async function hasEnded({ session }: Context, error: unknown): Promise<boolean> {
  if (error instanceof Unreachable) return true;
  return error instanceof ApiFailure && error.code === 'SESSION_INVALID' && session.closesWithin(limits.cliLogoutMs);
}

async function line(context: Context, event: ApiEvent, memory: Memory, now: string): Promise<string> {
  const { catalogue, options, output } = context;
  if (options.json) return `${JSON.stringify({ time: now, ...event })}\n`;
  const before = memory.replace(event.ref, event.snapshot);
  const record = event.snapshot ?? before ?? {};
  const className = catalogue.className(event.class);
  const paints = { add: output.paint.green, mod: output.paint.yellow, del: output.paint.red };
  const paint =
    event.operation === 'add' || event.operation === 'mod' || event.operation === 'del'
      ? paints[event.operation]
      : String;
  const uuid = typeof record['uuid'] === 'string' ? record['uuid'] : event.ref;
  const words = [output.paint.dim(now), paint(event.operation), classWordOf(event.class), uuid];
  const label = record['name_label'];
  if (typeof label === 'string' && label !== '') words.push(printable(label));
  if (event.operation === 'mod' && before !== undefined && event.snapshot !== undefined && className !== undefined) {
    words.push(await differences(context, className, before, event.snapshot));
  }
  return `${words.join(' ')}\n`;
}

async function differences(
  context: Context,
  className: string,
  before: WireRecord,
  after: WireRecord,
): Promise<string> {
  const changed = context.catalogue
    .apiClass(className)
    .recordFields.filter(({ name }) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  const wanted = new Map<string, Set<string>>();
  for (const field of changed) collectRefs(after[field.name], field.type, wanted);
  await context.resolver.learn(wanted);
  return changed
    .map(
      (field) => `${wordOf(field.name)}=${printable(showValue(after[field.name], field.type, context.resolver.uuids))}`,
    )
    .join(' ');
}
