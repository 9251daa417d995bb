/** What an implementation of a message is given, and the shape it must have. No transport is known here. */
import type { Database, Transaction } from '../database/types.ts';
import type {
  ArgumentsOf,
  Classes,
  ClassName,
  Datamodel,
  Enum,
  Message,
  ResultOf,
  RoleName,
  WaitingName,
} from '../datamodel/index.ts';
import type { Peer, World } from '../world/world.ts';
import type { Figures } from './figures.ts';
import type { HostService } from './host-service.ts';
import type { NetworkService } from './network-service.ts';
import type { StackService } from './stack-service.ts';

export type { Figures };

/** Who a call is made for. */
export interface Session {
  readonly ref: string;
  /** pool: another agent of the pool. local: known on this host only, valid without a database. */
  readonly kind: 'user' | 'pool' | 'local';
  readonly userName: string;
  readonly originator: string;
  /** Root: no permission is asked for. */
  readonly superuser: boolean;
  /** The highest role it has; undefined when it has none. */
  readonly role: RoleName | undefined;
  readonly subjectIdentifier: string;
  /** Aborts when the session ends; everything that waits on its behalf ends with it. */
  readonly signal: AbortSignal;
}

export interface Sessions {
  /** A new session after the name and password were found right. @throws ApiError SESSION_AUTHENTICATION_FAILED */
  login(peer: Peer, userName: string, password: string, originator: string): Promise<string>;
  /** As `login`, kept on this host only. */
  localLogin(peer: Peer, userName: string, password: string): Promise<string>;
  /** A session for another agent that knows the pool's secret. */
  poolLogin(secret: string, kind: 'pool' | 'local', address: string): Promise<string>;
  logout(ref: string): void;
  /** Ends all sessions of one external user; returns how many there were. */
  logoutSubject(subjectIdentifier: string): number;
  subjectIdentifiers(): readonly string[];
  changePassword(session: Session, newPassword: string): Promise<void>;
}

/** A task that something works on. */
export interface RunningTask {
  readonly ref: string;
  readonly signal: AbortSignal;
  /** From 0 to 1; never goes back. */
  progress(fraction: number): void;
}

export interface Tasks {
  create(label: string, description: string, session: Session | undefined): string;
  cancel(ref: string): void;
  destroy(ref: string): void;
  /** Ends a task that a client made. */
  setStatus(ref: string, status: Enum<'task_status_type'>): void;
  setProgress(ref: string, fraction: number): void;
  setResult(ref: string, result: string): void;
  setErrorInfo(ref: string, info: readonly string[]): void;
  /** @throws ApiError RBAC_PERMISSION_DENIED when it is somebody else's task and the session is no pool-operator's. */
  assertOwner(ref: string, session: Session): void;
}

export interface Events {
  register(session: Session, classes: readonly string[]): void;
  unregister(session: Session, classes: readonly string[]): void;
  next(session: Session, signal: AbortSignal): Promise<unknown>;
  /** `signal` is asked for only when there is something to wait for. */
  from(
    session: Session,
    classes: readonly string[],
    token: string,
    timeoutSeconds: number,
    signal: () => AbortSignal,
  ): unknown;
  inject(className: string, ref: string): string;
  currentId(): number;
}

export interface Call {
  readonly message: Message;
  /** The caller's session. Sessionless messages have the one of nobody. */
  readonly session: Session;
  readonly peer: Peer;
  readonly task: RunningTask | undefined;
  /** Aborts when the task is cancelled, the session ends or the client goes away (unless the call runs as a task). */
  readonly signal: AbortSignal;
  readonly world: World;
  readonly datamodel: Datamodel;
  readonly database: Database;
  readonly sessions: Sessions;
  readonly tasks: Tasks;
  readonly events: Events;
  /** The machine under the agent. */
  readonly host: HostService;
  /** Figures of the host over time. */
  readonly figures: Figures;
  /** Its network. */
  readonly network: NetworkService;
  /** Its cluster stacks. */
  readonly stacks: StackService;
  /** This agent's own host. */
  readonly hostRef: string;
  /** Changes the database; the call is answered only after what must be on disk is there. */
  change<T>(work: (tx: Transaction) => T): T;
  /** Calls another message on behalf of the same session, within this call. */
  invoke(name: string, args: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** True when the caller's session has at least this role. */
  permits(least: RoleName): boolean;
}

/** A result in a form that only the encoders read; it stands for whatever the message declares. */
export type OpaqueResult = never;

export type Handler<A, R> = (call: Call, args: A) => R | Promise<R>;

/** An implementation of every operation of a class that is not in the waiting list. */
export type ClassHandlers<C extends ClassName> = {
  readonly [M in Extract<keyof Classes[C]['messages'], string> as `${C}.${M}` extends WaitingName ? never : M]: Handler<
    ArgumentsOf<C, M>,
    ResultOf<C, M>
  >;
};

export type Handlers = { readonly [C in ClassName]: ClassHandlers<C> };

/** An implementation whose parameters are known only at run time. */
export type AnyHandler = Handler<Readonly<Record<string, unknown>>, unknown>;

/** Checks the implementations of one class against its declaration. */
export function implement<C extends ClassName>(_className: C, handlers: ClassHandlers<C>): ClassHandlers<C> {
  return handlers;
}
