/** Every method that can be called, by every name that it can be called by, ready to run. */
import type { AnyHandler } from '../api/call.ts';
import { ApiError, type Datamodel, type Message } from '../datamodel/index.ts';
import { accessor } from './accessors.ts';
import { type GuardedKeys, guardedKeys } from './key-roles.ts';
import { type Unmarshal, unmarshalFor } from './marshal/unmarshal.ts';

export interface Method {
  readonly message: Message;
  readonly unmarshal: readonly Unmarshal[];
  readonly run: AnyHandler;
  /** A synchronous call of it is visible as a task while it runs. */
  readonly hasTask: boolean;
  /** Map keys with roles of their own that this method writes. */
  readonly guarded: GuardedKeys | undefined;
}

export interface MethodTable {
  /** By wire name, and by the name with an underscore instead of the dot. */
  readonly methods: ReadonlyMap<string, Method>;
  /** The names that system.listMethods tells. */
  readonly listed: readonly string[];
}

function waitingHandler(message: Message, check: AnyHandler | undefined): AnyHandler {
  const refuse = (): never => {
    throw new ApiError('NOT_IMPLEMENTED', message.name);
  };
  if (check === undefined) return refuse;
  return async (call, args) => {
    await check(call, args);
    refuse();
  };
}

/**
 * @param handlers Implementations by wire name; one for each operation that does not wait.
 * @param overrides Implementations that replace what the datamodel alone would do.
 * @param checks What operations that wait find out all the same, before they answer that they wait.
 */
export function buildMethodTable(
  datamodel: Datamodel,
  handlers: ReadonlyMap<string, AnyHandler>,
  overrides: ReadonlyMap<string, AnyHandler>,
  checks: ReadonlyMap<string, AnyHandler> = new Map(),
): MethodTable {
  const methods = new Map<string, Method>();
  const listed: string[] = ['system.listMethods'];
  for (const name of [...overrides.keys(), ...handlers.keys()]) {
    if (!datamodel.messages.has(name)) throw new Error(`an implementation of ${name}, which is not declared`);
  }
  for (const name of checks.keys()) {
    if (!datamodel.waiting.has(name)) throw new Error(`a check of ${name}, which does not wait`);
  }
  for (const message of datamodel.messages.values()) {
    const run =
      overrides.get(message.name) ??
      (message.kind !== 'op'
        ? accessor(message, datamodel)
        : datamodel.waiting.has(message.name)
          ? waitingHandler(message, checks.get(message.name))
          : handlers.get(message.name));
    if (run === undefined) throw new Error(`no implementation of ${message.name}`);
    const method: Method = {
      message,
      unmarshal: message.params.map((param) => unmarshalFor(param.type, datamodel, param.name)),
      run,
      guarded: guardedKeys(message, datamodel),
      hasTask: message.async && message.class !== 'task' && message.class !== 'event',
    };
    methods.set(message.name, method);
    methods.set(`${message.class}_${message.message}`, method);
    if (!message.hidden) listed.push(message.name);
    if (message.async && !message.hidden) listed.push(`Async.${message.name}`);
  }
  return { methods, listed };
}
