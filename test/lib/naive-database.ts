/**
 * The database as slow and obvious as it can be: a map that is copied for every transaction and searched from end to
 * end for everything. It knows the rules and no data structure. What the real one does is compared with it.
 */
import type { Datamodel, Field } from '../../src/datamodel/index.ts';

const nullRef = 'OpaqueRef:NULL';

export interface NaiveObject {
  readonly class: string;
  /** Everything but the computed ends. */
  readonly fields: Record<string, unknown>;
}

export type State = Map<string, NaiveObject>;

export class Refused extends Error {}

export class NaiveDatabase {
  state: State = new Map();
  /** What is on disk: stored fields of stored objects. */
  disk: State = new Map();
  readonly #datamodel: Datamodel;

  constructor(datamodel: Datamodel) {
    this.#datamodel = datamodel;
  }

  fieldsOf(className: string): readonly Field[] {
    return [...(this.#datamodel.classes.get(className)?.fields.values() ?? [])];
  }

  isComputed(field: Field): boolean {
    return this.#datamodel.relations.some(({ to }) => to[0] === field.class && to[1] === field.name);
  }

  isStored(field: Field): boolean {
    if (!field.persistent || this.isComputed(field)) return false;
    return refClasses(field).every((name) => this.#datamodel.classes.get(name)?.spec.storage === 'persistent');
  }

  /** Runs the work on a copy, which takes the place of the state unless the work throws. */
  transaction(work: () => void): boolean {
    const before = this.state;
    this.state = copy(before);
    try {
      work();
      return true;
    } catch (thrown) {
      this.state = before;
      if (!(thrown instanceof Refused)) throw thrown;
      return false;
    }
  }

  create(className: string, ref: string, fields: Readonly<Record<string, unknown>>): void {
    if (this.state.has(ref)) throw new Refused('DB_UNIQUENESS_CONSTRAINT_VIOLATION');
    const whole: Record<string, unknown> = {};
    for (const field of this.fieldsOf(className)) {
      if (!this.isComputed(field)) whole[field.name] = fields[field.name] ?? field.initial;
    }
    this.state.set(ref, { class: className, fields: whole });
    this.#check(ref);
  }

  update(className: string, ref: string, fields: Readonly<Record<string, unknown>>): void {
    const object = this.state.get(ref);
    if (object?.class !== className) throw new Refused('HANDLE_INVALID');
    this.state.set(ref, { class: className, fields: { ...object.fields, ...fields } });
    this.#check(ref);
  }

  destroy(className: string, ref: string): void {
    if (this.state.get(ref)?.class !== className) throw new Refused('HANDLE_INVALID');
    for (const [referrer, object] of this.state) {
      if (referrer === ref) continue;
      for (const field of this.fieldsOf(object.class)) {
        if (this.isStored(field) && refsIn(field, object.fields[field.name]).includes(ref)) {
          throw new Refused('OPERATION_NOT_ALLOWED');
        }
      }
    }
    this.state.delete(ref);
    this.#clear(ref);
  }

  /** The disk takes everything. */
  flush(): void {
    this.disk = new Map();
    for (const [ref, object] of this.state) {
      const stored = this.fieldsOf(object.class).filter((field) => this.isStored(field));
      if (stored.length === 0) continue;
      const fields = Object.fromEntries(stored.map((field) => [field.name, object.fields[field.name]]));
      this.disk.set(ref, { class: object.class, fields });
    }
  }

  /** The disk has refused everything since the last flush. */
  refuse(): void {
    const gone = [...this.state].filter(
      ([ref, object]) => !this.disk.has(ref) && this.fieldsOf(object.class).some((field) => this.isStored(field)),
    );
    for (const [ref] of gone) this.state.delete(ref);
    for (const [ref, stored] of this.disk) {
      const fields = this.state.get(ref)?.fields ?? this.#initial(stored.class);
      this.state.set(ref, { class: stored.class, fields: { ...fields, ...stored.fields } });
    }
    for (const [ref] of gone) this.#clear(ref);
  }

  restart(): void {
    this.state = new Map(
      [...this.disk].map(([ref, object]) => [
        ref,
        { class: object.class, fields: { ...this.#initial(object.class), ...object.fields } },
      ]),
    );
  }

  /** A row with its computed ends, members sorted. */
  row(ref: string): Record<string, unknown> {
    const object = this.state.get(ref);
    if (object === undefined) throw new Error(`no ${ref}`);
    const row = { ...object.fields };
    for (const { from, to } of this.#datamodel.relations) {
      if (to[0] !== object.class) continue;
      const members: string[] = [];
      for (const [referrer, other] of this.state) {
        if (other.class !== from[0]) continue;
        const value = other.fields[from[1]];
        if (value === ref || (Array.isArray(value) && value.includes(ref))) members.push(referrer);
      }
      row[to[1]] = members.sort();
    }
    return row;
  }

  #initial(className: string): Record<string, unknown> {
    const fields = this.fieldsOf(className).filter((field) => !this.isComputed(field));
    return Object.fromEntries(fields.map((field) => [field.name, field.initial]));
  }

  #check(ref: string): void {
    const object = this.state.get(ref);
    if (object === undefined) return;
    for (const field of this.fieldsOf(object.class)) {
      const [target] = refClasses(field);
      if (this.isComputed(field) || target === undefined) continue;
      for (const to of refsIn(field, object.fields[field.name])) {
        if (this.state.get(to)?.class !== target) throw new Refused('HANDLE_INVALID');
      }
    }
    for (const [other, { class: className, fields }] of this.state) {
      if (other === ref || className !== object.class) continue;
      if (fields['uuid'] === object.fields['uuid']) throw new Refused('DB_UNIQUENESS_CONSTRAINT_VIOLATION');
    }
  }

  #clear(ref: string): void {
    for (const object of this.state.values()) {
      for (const field of this.fieldsOf(object.class)) {
        if (!this.isComputed(field)) object.fields[field.name] = without(object.fields[field.name], ref);
      }
    }
  }
}

function copy(state: State): State {
  return new Map([...state].map(([ref, object]) => [ref, { class: object.class, fields: { ...object.fields } }]));
}

function refClasses(field: Field): readonly string[] {
  return [...field.spec.type.matchAll(/(\w+) ref/g)].map((match) => match[1] ?? '');
}

function refsIn(field: Field, value: unknown): readonly string[] {
  if (refClasses(field).length === 0) return [];
  const texts =
    typeof value === 'string'
      ? [value]
      : Array.isArray(value)
        ? value.map(String)
        : field.spec.type.includes('ref -> ')
          ? Object.keys(value as object)
          : Object.values(value as object).map(String);
  return texts.filter((text) => text !== nullRef);
}

function without(value: unknown, ref: string): unknown {
  if (value === ref) return nullRef;
  if (Array.isArray(value)) return value.filter((element) => element !== ref);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([key, element]) => key !== ref && element !== ref));
}
