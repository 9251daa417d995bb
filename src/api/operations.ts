/**
 * Operations that an object permits (`allowed_operations`) and those that run on it (`current_operations`), for every
 * class that has both. One question decides the hint and the refusal, so that they never contradict each other.
 */
import type { Reader, Transaction } from '../database/types.ts';
import { ApiError, type ClassName, type RecordOf } from '../datamodel/index.ts';
import type { Call } from './call.ts';

/** The classes that have both fields. */
export type GuardedClass = {
  [C in ClassName]: RecordOf<C> extends {
    readonly allowed_operations: readonly string[];
    readonly current_operations: Readonly<Record<string, string>>;
  }
    ? C
    : never;
}[ClassName];

export type OperationOf<C extends GuardedClass> = RecordOf<C>['allowed_operations'][number];

export interface OperationRules<C extends GuardedClass> {
  readonly className: C;
  /** All operations, in the order in which they are listed. */
  readonly operations: readonly OperationOf<C>[];
  /** Why the state of the object forbids an operation; undefined when it permits it. */
  refusal(reader: Reader, ref: string, operation: OperationOf<C>): ApiError | undefined;
  /** Whether an operation may begin while another one runs. */
  together(running: OperationOf<C>, wanted: OperationOf<C>): boolean;
}

export class Operations<C extends GuardedClass> {
  readonly #rules: OperationRules<C>;

  constructor(rules: OperationRules<C>) {
    this.#rules = rules;
  }

  /** Why an operation cannot begin now; undefined when it can. */
  refusal(reader: Reader, ref: string, operation: OperationOf<C>): ApiError | undefined {
    const { className } = this.#rules;
    for (const [task, running] of Object.entries(this.#running(reader, ref))) {
      if (this.#rules.together(running, operation)) continue;
      return new ApiError('OTHER_OPERATION_IN_PROGRESS', className, ref, running, task);
    }
    return this.#rules.refusal(reader, ref, operation);
  }

  /** Brings the hint up to date. To be called in every transaction that changes what `refusal` looks at. */
  refresh(tx: Transaction, ref: string): void {
    const allowed = this.#rules.operations.filter((operation) => this.refusal(tx, ref, operation) === undefined);
    const { allowed_operations: before } = tx.require(this.#rules.className, ref) as {
      allowed_operations: readonly string[];
    };
    if (allowed.length === before.length && allowed.every((operation, index) => operation === before[index])) return;
    this.#update(tx, ref, { allowed_operations: allowed });
  }

  /**
   * Does `work` as one of the object's operations: refused when it cannot begin, listed while it runs.
   * @throws ApiError OTHER_OPERATION_IN_PROGRESS, or what the rules say
   */
  async run<T>(call: Call, ref: string, operation: OperationOf<C>, work: () => Promise<T> | T): Promise<T> {
    // A call within a call shares its task, and the object lists both.
    const base = call.task?.ref ?? `DummyRef:|${call.world.random.uuid()}|${call.message.name}`;
    const key = Object.hasOwn(this.#running(call.database, ref), base) ? `${base}|${operation}` : base;
    call.change((tx) => {
      const refusal = this.refusal(tx, ref, operation);
      if (refusal !== undefined) throw refusal;
      this.#update(tx, ref, { current_operations: { ...this.#running(tx, ref), [key]: operation } });
      this.refresh(tx, ref);
    });
    try {
      return await work();
    } finally {
      call.change((tx) => {
        // The work may have been to remove the object.
        if (tx.get(this.#rules.className, ref) === undefined) return;
        const { [key]: _ended, ...others } = this.#running(tx, ref);
        this.#update(tx, ref, { current_operations: others });
        this.refresh(tx, ref);
      });
    }
  }

  #running(reader: Reader, ref: string): Readonly<Record<string, OperationOf<C>>> {
    const row = reader.require(this.#rules.className, ref) as {
      readonly current_operations: Readonly<Record<string, OperationOf<C>>>;
    };
    return row.current_operations;
  }

  #update(tx: Transaction, ref: string, fields: object): void {
    tx.update(this.#rules.className, ref, fields);
  }
}
