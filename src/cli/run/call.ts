/** Calls a message of the API and prints what it returns. */
import type { CallCommand } from '../command.ts';
import { collectRefs } from '../format.ts';
import { minimalResult, renderResult } from '../render.ts';
import type { Context } from './context.ts';
import { safe } from './objects.ts';
import { runTask } from './task.ts';

export async function call(context: Context, command: CallCommand): Promise<void> {
  const { catalogue, options, output, resolver } = context;
  const { message } = command;
  const own = command.select === undefined ? [] : [await resolver.select(command.select)];
  const given = (await resolver.fill(command.args, undefined)) as readonly unknown[];
  const value = await send(context, command, [...own, ...given]);
  if (options.json) return output.write(`${JSON.stringify(value, undefined, 2)}\n`);
  const wanted = new Map<string, Set<string>>();
  collectRefs(value, message.result, wanted, (className) => catalogue.apiClass(className).recordFields);
  // Whoever logs in needs what calls are made with.
  wanted.delete('session');
  await resolver.learn(wanted);
  const text = options.minimal
    ? minimalResult(catalogue, value, message.result, resolver.uuids)
    : renderResult(catalogue, value, message.result, resolver.uuids);
  if (text !== '') output.write(safe(context, text));
}

function send(context: Context, { message, async }: CallCommand, args: readonly unknown[]): Promise<unknown> {
  if (async) return runTask(context, message.name, args);
  return message.sessionless
    ? context.session.callWithoutSession(message.name, ...args)
    : context.session.call(message.name, ...args);
}
