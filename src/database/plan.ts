/** What the database needs to know of each class, worked out once from the datamodel. */
import type { ApiClass, Datamodel, Field } from '../datamodel/index.ts';
import type { Row } from './types.ts';
import { type Check, emptyMap, emptySet, fieldCheck } from './value-checks.ts';
import { type RefShape, refShape } from './values.ts';

/** A relation as the class with its stored end sees it. */
export interface Forward {
  readonly targetClass: string;
  /** The computed set in the target. */
  readonly computed: string;
  readonly many: boolean;
}

export interface FieldPlan {
  readonly class: string;
  readonly name: string;
  readonly initial: unknown;
  readonly check: Check;
  /**
   * Written to disk. A reference to an object that lives in memory only is itself kept in memory only: after a start
   * there would be nothing behind it.
   */
  readonly stored: boolean;
  readonly refs: RefShape | undefined;
  /** Set on the stored end of a relation. */
  readonly forward: Forward | undefined;
  /** Set on the computed end: the stored end, as `VBD.VM`. */
  readonly computedFrom: string | undefined;
  /** How many times each object is referred to through this field; only where no computed end tells the same. */
  readonly counts: Map<string, number> | undefined;
}

export interface ClassPlan {
  readonly name: string;
  readonly persistent: boolean;
  readonly fields: ReadonlyMap<string, FieldPlan>;
  /** All fields with their initial values. Rows are copies of it, so that all share one hidden class. */
  readonly template: Row;
  readonly storedFields: readonly FieldPlan[];
  /** Names of the fields that stay off the disk. */
  readonly unstored: readonly string[];
  /** Fields with counts. */
  readonly counted: readonly FieldPlan[];
  readonly forwards: readonly FieldPlan[];
  readonly hasUuid: boolean;
  readonly hasLabel: boolean;
  /** Fields of any class that may refer to an object of this one. Filled when all classes are known. */
  readonly referrers: readonly FieldPlan[];
}

function sharedInitial(field: Field): unknown {
  const { initial } = field;
  if (Array.isArray(initial) && initial.length === 0) return emptySet;
  if (typeof initial === 'object' && initial !== null && Object.keys(initial).length === 0) return emptyMap;
  return initial;
}

function planField(field: Field, datamodel: Datamodel): FieldPlan {
  const isEnd = (end: readonly [string, string]): boolean => end[0] === field.class && end[1] === field.name;
  const from = datamodel.relations.find((relation) => isEnd(relation.from));
  const to = datamodel.relations.find((relation) => isEnd(relation.to));
  const refs = refShape(field.type);
  const runtimeTarget =
    refs?.targets.some((name) => datamodel.classes.get(name)?.spec.storage !== 'persistent') ?? false;
  const initial = sharedInitial(field);
  refs?.visit(initial, (target) => {
    throw new Error(`${field.class}.${field.name} refers by default to ${target}, which no new database has`);
  });
  return {
    class: field.class,
    name: field.name,
    initial,
    check: fieldCheck(field.type, initial, { field: `${field.class}.${field.name}`, enums: datamodel.enums }),
    stored: field.persistent && to === undefined && !runtimeTarget,
    refs,
    forward:
      from === undefined
        ? undefined
        : { targetClass: from.to[0], computed: from.to[1], many: from.kind === 'many-to-many' },
    computedFrom: to === undefined ? undefined : to.from.join('.'),
    counts: refs !== undefined && from === undefined && to === undefined ? new Map() : undefined,
  };
}

function planClass(apiClass: ApiClass, datamodel: Datamodel): ClassPlan & { referrers: FieldPlan[] } {
  const fields = [...apiClass.fields.values()].map((field) => planField(field, datamodel));
  return {
    name: apiClass.name,
    persistent: apiClass.spec.storage === 'persistent',
    fields: new Map(fields.map((field) => [field.name, field])),
    template: Object.fromEntries(fields.map((field) => [field.name, field.initial])),
    storedFields: fields.filter((field) => field.stored),
    unstored: fields.filter((field) => !field.stored).map((field) => field.name),
    counted: fields.filter((field) => field.counts !== undefined),
    forwards: fields.filter((field) => field.forward !== undefined),
    hasUuid: apiClass.fields.has('uuid'),
    hasLabel: apiClass.fields.has('name_label'),
    referrers: [],
  };
}

/** Plans of all classes that have objects. Each call makes new reference counts: a plan belongs to one database. */
export function planClasses(datamodel: Datamodel): ReadonlyMap<string, ClassPlan> {
  const plans = [...datamodel.classes.values()]
    .filter((apiClass) => apiClass.spec.storage !== 'none')
    .map((apiClass) => planClass(apiClass, datamodel));
  const byName = new Map(plans.map((plan) => [plan.name, plan]));
  for (const plan of plans) {
    for (const field of plan.fields.values()) {
      if (field.computedFrom !== undefined || field.refs === undefined) continue;
      for (const target of field.refs.targets) byName.get(target)?.referrers.push(field);
    }
  }
  return byName;
}

/** The stored fields of a row as JSON text. Copying a row and blanking a few fields is far cheaper than picking the rest. */
export function storedText(plan: ClassPlan, row: Row): string {
  const copy: Record<string, unknown> = { ...row };
  for (const name of plan.unstored) copy[name] = undefined;
  return JSON.stringify(copy);
}
