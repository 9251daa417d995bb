/** Runs a message as a task: shows how far it is, and cancels it on ctrl-C. */
import { limits } from '../../lib/limits.ts';
import { ApiFailure, CommandFailure, Interrupted } from '../failure.ts';
import { printable } from '../format.ts';
import type { WireRecord } from '../render.ts';
import { parseXmlValue } from '../xml-value.ts';
import type { Context } from './context.ts';

export interface ApiEvent {
  readonly class: string;
  readonly operation: string;
  readonly ref: string;
  readonly snapshot?: WireRecord;
}

export interface EventBatch {
  readonly events: readonly ApiEvent[];
  readonly token: string;
}

/** One event.from. @throws ApiFailure, EVENTS_LOST when the token is too old to go on from. */
export async function takeEvents(context: Context, classes: readonly string[], token: string): Promise<EventBatch> {
  const seconds = token === '' ? 0 : limits.cliEventSeconds;
  return (await context.session.call('event.from', classes, token, seconds)) as EventBatch;
}

/** The same, starting afresh with every object as it is now when changes were lost. */
export async function followEvents(context: Context, classes: readonly string[], token: string): Promise<EventBatch> {
  try {
    return await takeEvents(context, classes, token);
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.code !== 'EVENTS_LOST' || token === '') throw error;
    return takeEvents(context, classes, '');
  }
}

/** `[#####     ]  50% VM.start`, at most `columns` wide. */
function progressBar(fraction: number, label: string, columns: number): string {
  const width = 24;
  const part = Math.min(1, Math.max(0, Number.isFinite(fraction) ? fraction : 0));
  const full = Math.floor(part * width);
  const percent = `${Math.floor(part * 100)}`.padStart(3);
  return `[${'#'.repeat(full)}${' '.repeat(width - full)}] ${percent}% ${printable(label)}`.slice(
    0,
    Math.max(0, columns),
  );
}

/** The end of a line on a terminal that is drawn again and again. */
const clearLine = '\r\u001b[K';

/** Starts `Async.<method>`, waits, and returns what the task resulted in. @throws ApiFailure as the task ended. */
export async function runTask(context: Context, method: string, args: readonly unknown[]): Promise<unknown> {
  const { session, output } = context;
  const ref = String(await session.call(`Async.${method}`, ...args));
  const draw = (task: WireRecord): void => {
    if (!output.notesOnTerminal || context.options.json || context.options.minimal) return;
    output.note(clearLine + progressBar(Number(task['progress']), method, 79));
  };
  try {
    const task = await ended(context, ref, draw);
    await session.call('task.destroy', ref).catch(() => undefined);
    return resultOf(task, method);
  } catch (error) {
    if (context.signal.aborted) await giveUp(context, ref, error);
    throw error;
  } finally {
    if (output.notesOnTerminal) output.note(clearLine);
  }
}

async function ended(context: Context, ref: string, draw: (task: WireRecord) => void): Promise<WireRecord> {
  let token = '';
  for (;;) {
    const batch = await followEvents(context, [`task/${ref}`], token);
    token = batch.token;
    for (const event of batch.events) {
      if (event.class.toLowerCase() !== 'task' || event.ref !== ref) continue;
      const { snapshot } = event;
      if (event.operation === 'del' || snapshot === undefined) {
        throw new CommandFailure('The task is gone, so how it ended is not known. The log of the agent says.');
      }
      if (snapshot['status'] !== 'pending' && snapshot['status'] !== 'cancelling') return snapshot;
      draw(snapshot);
    }
  }
}

function resultOf(task: WireRecord, method: string): unknown {
  if (task['status'] === 'success') {
    const text = String(task['result']);
    try {
      return parseXmlValue(text);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CommandFailure(`${method} succeeded, but its result cannot be read: ${reason}.`);
    }
  }
  const [code = 'TASK_CANCELLED', ...params] = (task['error_info'] ?? []) as readonly string[];
  throw new ApiFailure(code, params);
}

/** After ctrl-C the task is cancelled; after a time limit it goes on. Says which. */
async function giveUp(context: Context, ref: string, error: unknown): Promise<void> {
  const uuid = await context.session.finalCall('task.get_uuid', ref).catch(() => undefined);
  const how = typeof uuid === 'string' ? ` See it with: quorate task-list uuid=${uuid}` : '';
  if (!(error instanceof Interrupted)) throw new CommandFailure(`${(error as Error).message} The task goes on.${how}`);
  try {
    await context.session.finalCall('task.cancel', ref);
  } catch (refusal) {
    const why = refusal instanceof ApiFailure ? refusal.code : 'the agent does not answer';
    throw new Interrupted(`The task could not be cancelled (${why}) and goes on.${how}`);
  }
  throw new Interrupted(`The task is being cancelled.${how}`);
}
