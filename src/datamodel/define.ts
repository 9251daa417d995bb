/**
 * How a class of the API is written down. Everything derivable (accessors, constructors, record types, arity,
 * permissions, pages of the reference) is derived in `derive.ts` and never written a second time.
 */
import type { RoleName } from './roles.ts';

/** Stands in place of a release for what is this server's own: no other one has it. */
export const extension = 'quorate';

/** RW: clients set it. StaticRO: given at creation only. DynamicRO: the server computes it. */
export type Qualifier = 'RW' | 'StaticRO' | 'DynamicRO';

export interface FieldSpec<T extends string = string> {
  /** A type expression; `secret` in front of it keeps the value out of logs. */
  readonly type: T;
  readonly qualifier: Qualifier;
  /** The release that brought it; `rio` and `miami` are the API 1.1 of 2007. */
  readonly since: string;
  /** What a new object has when its creator says nothing. Without one, a constructor must name the field. */
  readonly default?: unknown;
  /** false: a runtime figure, in memory only. Default: as the class is stored. */
  readonly persist?: boolean;
  /** Not in records on the wire. */
  readonly internal?: boolean;
  /** Least role that may write it, where it differs from the class's `writeRole`. */
  readonly role?: RoleName;
  /** Least role that may read it, where it differs from the class's `readRole`. */
  readonly readRole?: RoleName;
  /** Map keys that a lesser role may write. A trailing `*` matches the rest of the key. */
  readonly keyRoles?: Readonly<Record<string, RoleName>>;
  readonly deprecated?: string;
  readonly doc: string;
}

export interface ParamSpec<T extends string = string> {
  readonly type: T;
  /** `extension` for one that other servers do not take. */
  readonly since?: string;
  readonly default: unknown;
}

/** A parameter is its type expression, or an object with a default when callers may leave it out. */
export type Params = Readonly<Record<string, string | ParamSpec>>;

export interface MessageSpec<P extends Params = Params, R extends string = string> {
  readonly params: P;
  readonly result: R;
  readonly since: string;
  /** Least role that may call it; `local-root-only`: only root on the socket and other agents of the pool. */
  readonly role: RoleName | 'local-root-only';
  readonly async?: boolean;
  /** Callable but not advertised in the reference. */
  readonly hidden?: boolean;
  /** Between agents of one pool only. */
  readonly poolInternal?: boolean;
  /** Has no session parameter. */
  readonly sessionless?: boolean;
  readonly errors?: readonly string[];
  readonly deprecated?: string;
  readonly doc: string;
}

export interface ConstructorSpec {
  readonly role: RoleName;
  readonly async: boolean;
  /** What there is to say beyond that an object is made. */
  readonly createDoc?: string;
  /** What there is to say beyond that an object is removed. */
  readonly destroyDoc?: string;
}

export interface ClassSpec {
  readonly name: string;
  readonly doc: string;
  readonly since: string;
  /** persistent: journalled. runtime: in memory. none: records only, no objects. */
  readonly storage: 'persistent' | 'runtime' | 'none';
  /** Changes reach event subscribers. */
  readonly events: boolean;
  /** Has get_all, get_all_records and get_all_records_where. */
  readonly enumerable: boolean;
  /** Least role that may write RW fields. */
  readonly writeRole: RoleName;
  /** Least role that may read objects. Default: read-only. */
  readonly readRole?: RoleName;
  /** false: no getters of single fields, only records. */
  readonly getters?: false;
  /** false: no get_by_name_label although there is a name_label. */
  readonly findByName?: false;
  /** create(record) and destroy(self), generated from the fields. */
  readonly constructible?: ConstructorSpec;
  readonly fields: Readonly<Record<string, FieldSpec>>;
  readonly messages: Readonly<Record<string, MessageSpec>>;
}

type FieldRest = Omit<FieldSpec, 'type' | 'qualifier'>;

/** A field that clients may write. */
export function rw<const T extends string, const R extends FieldRest>(
  type: T,
  rest: R,
): { type: T; qualifier: 'RW' } & R {
  return { type, qualifier: 'RW', ...rest };
}

/** A field given at creation and fixed from then on. */
export function fixed<const T extends string, const R extends FieldRest>(
  type: T,
  rest: R,
): { type: T; qualifier: 'StaticRO' } & R {
  return { type, qualifier: 'StaticRO', ...rest };
}

/** A field that the server computes. */
export function ro<const T extends string, const R extends FieldRest>(
  type: T,
  rest: R,
): { type: T; qualifier: 'DynamicRO' } & R {
  return { type, qualifier: 'DynamicRO', ...rest };
}

/** A parameter that callers may leave out from the tail. */
export function optional<const T extends string>(type: T, value: unknown): { type: T; default: unknown } {
  return { type, default: value };
}

/** The same, for one that other servers do not take: they ignore what follows the last of theirs. */
export function ownParam<const T extends string>(type: T, value: unknown): ParamSpec<T> {
  return { type, default: value, since: extension };
}

/** An operation: a message with an implementation of its own. */
export function op<const P extends Params, const R extends string>(
  params: P,
  result: R,
  rest: Omit<MessageSpec, 'params' | 'result'>,
): MessageSpec<P, R> {
  return { params, result, ...rest };
}

/** Checks the shape of a class and keeps its literal types. */
export function defineClass<const C extends ClassSpec>(spec: C): C {
  return spec;
}
