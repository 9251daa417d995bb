/** The datamodel: the XenAPI as data, and what follows from it. Imports nothing from the rest of the house. */
import { classes } from './classes/index.ts';
import type { ClassSpec, ParamSpec, Params } from './define.ts';
import { type ApiClass, deriveClass, type Field, type Message } from './derive.ts';
import { enums } from './enums.ts';
import type { MessageKind } from './model.ts';
import { type Relation, relations } from './relations.ts';
import type { Value } from './type-expression.ts';
import { waiting } from './waiting.ts';

export type Classes = typeof classes;
export type ClassName = keyof Classes;

/** A record as it is kept and sent: every field of the class, by its name on the wire. */
export type RecordOf<C extends ClassName> = {
  readonly [F in keyof Classes[C]['fields']]: Classes[C]['fields'][F] extends { type: infer T extends string }
    ? Value<T>
    : never;
};

type ParamType<P> = P extends string ? Value<P> : P extends ParamSpec<infer T> ? Value<T> : never;

/** What an operation receives: its parameters by name, defaults filled in. */
export type Arguments<P extends Params> = { readonly [N in keyof P]: ParamType<P[N]> };

type MessagesOf<C extends ClassName> = Classes[C]['messages'];

/** `VM.start`, for every operation that is declared. */
export type OperationName = {
  [C in ClassName]: `${C}.${Extract<keyof MessagesOf<C>, string>}`;
}[ClassName];

/** Operations whose implementation is a later piece of work. */
export type WaitingName = (typeof waiting)[number];

export type ArgumentsOf<C extends ClassName, M extends keyof MessagesOf<C>> = MessagesOf<C>[M] extends {
  params: infer P extends Params;
}
  ? Arguments<P>
  : never;

export type ResultOf<C extends ClassName, M extends keyof MessagesOf<C>> = MessagesOf<C>[M] extends {
  result: infer R extends string;
}
  ? Value<R>
  : never;

export interface Datamodel {
  readonly classes: ReadonlyMap<string, ApiClass>;
  readonly messages: ReadonlyMap<string, Message>;
  readonly relations: readonly Relation[];
  readonly enums: Readonly<Record<string, readonly string[]>>;
  readonly waiting: ReadonlySet<string>;
}

/** Derives the whole datamodel. */
export function deriveDatamodel(): Datamodel {
  const derived = Object.values<ClassSpec>(classes).map((spec) => deriveClass(spec));
  return {
    classes: new Map(derived.map((apiClass) => [apiClass.name, apiClass])),
    messages: new Map(derived.flatMap((apiClass) => apiClass.messages.map((message) => [message.name, message]))),
    relations,
    enums,
    waiting: new Set(waiting),
  };
}

export { enums } from './enums.ts';
export { ApiError, asApiError, type ErrorCode, errorCodes } from './errors.ts';
export {
  type HttpAction,
  type HttpActionName,
  httpActions,
  httpPermission,
  roleOfHttpPermission,
} from './http-actions.ts';
export { type RoleName, roleDescriptions, roleNames, rolesFrom } from './roles.ts';
export type { ApiType, Enum, Ref, Value } from './type-expression.ts';
export type { ApiClass, Field, Message, MessageKind, Relation };
