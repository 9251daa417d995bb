/** What derivation yields: fields and messages with everything that a server needs to know of them. */
import type { ClassSpec, FieldSpec } from './define.ts';
import type { RoleName } from './roles.ts';
import type { ApiType } from './type-expression.ts';

/** What kind of message it is: an operation with an implementation of its own, or one that follows from the fields. */
export type MessageKind =
  | 'op'
  | 'create'
  | 'destroy'
  | 'get'
  | 'set'
  | 'add'
  | 'remove'
  | 'get_by_uuid'
  | 'get_record'
  | 'get_by_name_label'
  | 'get_all'
  | 'get_all_records'
  | 'get_all_records_where';

export interface Param {
  readonly name: string;
  readonly expression: string;
  readonly type: ApiType;
  /** Must stay out of logs, as a whole. */
  readonly secret: boolean;
  /** `extension` when other servers do not take it. */
  readonly since?: string;
  /** Present when the parameter may be left out. */
  readonly default?: unknown;
}

export interface Field {
  readonly class: string;
  readonly name: string;
  readonly spec: FieldSpec;
  readonly type: ApiType;
  /** What a new object has when nobody says otherwise. */
  readonly initial: unknown;
  /** Written to disk. */
  readonly persistent: boolean;
  /** Must stay out of logs. */
  readonly secret: boolean;
}

export interface Message {
  /** `VM.start` */
  readonly name: string;
  readonly class: string;
  readonly message: string;
  readonly kind: MessageKind;
  /** The field that an accessor reads or writes, operations that stand in for an accessor included. */
  readonly field?: Field;
  readonly params: readonly Param[];
  /** How many parameters have no default. */
  readonly required: number;
  readonly resultExpression: string;
  readonly result: ApiType;
  /** Roles that may call it, highest first; empty means local root only. */
  readonly roles: readonly RoleName[];
  readonly role: RoleName | 'local-root-only';
  /** Lower-case wire name: what RBAC_PERMISSION_DENIED names. */
  readonly permission: string;
  readonly async: boolean;
  readonly sessionless: boolean;
  readonly hidden: boolean;
  readonly poolInternal: boolean;
  readonly errors: readonly string[];
  readonly since: string;
  readonly deprecated?: string;
  readonly doc: string;
}

export interface ApiClass {
  readonly name: string;
  readonly spec: ClassSpec;
  readonly fields: ReadonlyMap<string, Field>;
  /** The fields of a record on the wire, in order. */
  readonly recordFields: readonly Field[];
  readonly messages: readonly Message[];
}
