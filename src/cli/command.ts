/** What a command line meant, as plain data: the grammar makes it, the plan turns it into calls. */
import type { Field, Message } from '../datamodel/model.ts';
import type { Lookup } from './values.ts';

/** The one host or pool there is. */
export interface TheOnly {
  readonly only: string;
}

/** Which object a command is about. */
export type Selector = Lookup | TheOnly;

/** A condition on a field, or on one key of a map. Text is compared with the value as it is shown. */
export interface Condition {
  readonly field: Field;
  readonly key?: string;
  readonly text: string;
  readonly negated: boolean;
}

/** What a list shows of an object: a field, or what a map has for one key. */
export interface Column {
  readonly field: Field;
  readonly key?: string;
}

export interface FieldChange {
  readonly field: Field;
  /** The key to set, in a map; without one the whole field is set. */
  readonly key?: string;
  readonly value: unknown;
}

export interface ListCommand {
  readonly verb: 'list';
  readonly class: string;
  readonly where: readonly Condition[];
  /** What to show; undefined is the usual choice for the class. */
  readonly params?: readonly Column[];
}

export interface GetCommand {
  readonly verb: 'get';
  readonly class: string;
  readonly select: Selector;
  /** Without a field: all of them. */
  readonly field?: Field;
  readonly key?: string;
}

export interface SetCommand {
  readonly verb: 'set';
  readonly class: string;
  readonly select: Selector;
  readonly changes: readonly FieldChange[];
}

export interface AddCommand {
  readonly verb: 'add';
  readonly class: string;
  readonly select: Selector;
  readonly field: Field;
  /** `[key, value]` for a map, `[value]` for a set. */
  readonly entries: readonly (readonly unknown[])[];
}

export interface RemoveCommand {
  readonly verb: 'remove';
  readonly class: string;
  readonly select: Selector;
  readonly field: Field;
  /** The key of a map or the element of a set. */
  readonly key: unknown;
}

export interface ClearCommand {
  readonly verb: 'clear';
  readonly class: string;
  readonly select: Selector;
  readonly field: Field;
}

export interface CallCommand {
  readonly verb: 'call';
  readonly message: Message;
  /** As a task that is waited for. */
  readonly async: boolean;
  /** Selects the first argument, when it is not in `args`. */
  readonly select?: Selector;
  readonly args: readonly unknown[];
}

export interface WaitCommand {
  readonly verb: 'event-wait';
  readonly class: string;
  readonly where: readonly Condition[];
}

export interface EventsCommand {
  readonly verb: 'events';
  /** Empty: every class. */
  readonly classes: readonly string[];
}

/** The stored database as a file. Without `file`: that of the agent whose directory or socket is named. */
export type DatabaseCommand = { readonly verb: 'db'; readonly file?: string } & (
  | { readonly action: 'check' | 'dump' }
  | { readonly action: 'backup'; readonly to: string }
  | { readonly action: 'restore'; readonly from: string }
);

export interface BuiltIn {
  readonly verb: 'built-in';
  readonly name: string;
  readonly words: readonly string[];
}

export type Command =
  | ListCommand
  | GetCommand
  | SetCommand
  | AddCommand
  | RemoveCommand
  | ClearCommand
  | CallCommand
  | WaitCommand
  | EventsCommand
  | DatabaseCommand
  | BuiltIn;
