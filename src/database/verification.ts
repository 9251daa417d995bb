/** Whether stored objects are what the datamodel says, and whether what they refer to is there. */
import { ApiError, type Datamodel } from '../datamodel/index.ts';
import { limits } from '../lib/limits.ts';
import type { JournalObject } from './journal.ts';
import { type ClassPlan, planClasses } from './plan.ts';
import type { Row } from './types.ts';

/** Collects sentences, no more than anybody reads. */
class Sentences {
  readonly list: string[] = [];
  #more = 0;

  add(sentence: string): void {
    if (this.list.length < limits.damageSentences) this.list.push(sentence);
    else this.#more += 1;
  }

  all(): readonly string[] {
    return this.#more === 0 ? this.list : [...this.list, `and ${this.#more} more of the kind`];
  }
}

function fieldsOf(object: JournalObject): Row | undefined {
  try {
    const value: unknown = JSON.parse(object.fields);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Row) : undefined;
  } catch {
    return undefined;
  }
}

function verifyFields(plan: ClassPlan, object: JournalObject, fields: Row, sentences: Sentences): void {
  for (const [name, value] of Object.entries(fields)) {
    const field = plan.fields.get(name);
    if (field?.stored !== true) {
      sentences.add(`${object.class} ${object.ref} has a field ${name}, which is not stored or not known`);
      continue;
    }
    try {
      field.check(value);
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      sentences.add(`${object.class} ${object.ref} has a bad value: ${thrown.message}`);
    }
  }
}

function verifyRefs(
  plan: ClassPlan,
  object: JournalObject,
  fields: Row,
  classes: ReadonlyMap<string, string>,
  sentences: Sentences,
): void {
  for (const { name, refs } of plan.storedFields) {
    const value = fields[name];
    if (refs === undefined || !refs.fits(value)) continue;
    refs.visit(value, (target, targetClass) => {
      const found = classes.get(target);
      if (found === targetClass) return;
      const what = found === undefined ? 'which is not there' : `which is a ${found} and no ${targetClass}`;
      sentences.add(`${object.class} ${object.ref} refers in its field ${name} to ${target}, ${what}`);
    });
  }
}

/** Sentences about everything that is wrong with the objects; none when they are as they should be. */
export function verifyObjects(datamodel: Datamodel, objects: Iterable<JournalObject>): readonly string[] {
  const plans = planClasses(datamodel);
  const sentences = new Sentences();
  const classes = new Map<string, string>();
  const uuids = new Map<string, string>();
  const sound: (readonly [ClassPlan, JournalObject, Row])[] = [];
  for (const object of objects) {
    const plan = plans.get(object.class);
    const fields = fieldsOf(object);
    if (classes.has(object.ref)) sentences.add(`${object.class} ${object.ref} is there twice`);
    classes.set(object.ref, object.class);
    if (plan?.persistent !== true) {
      sentences.add(`${object.class} ${object.ref} is of a class that is not stored`);
    } else if (fields === undefined) {
      sentences.add(`${object.class} ${object.ref} has fields that are no JSON object`);
    } else {
      verifyFields(plan, object, fields, sentences);
      sound.push([plan, object, fields]);
      const uuid = `${object.class} ${String(fields['uuid'])}`;
      const twin = uuids.get(uuid);
      if (plan.hasUuid && twin !== undefined) {
        sentences.add(`${object.class} ${object.ref} has the same uuid as ${twin}: ${String(fields['uuid'])}`);
      }
      uuids.set(uuid, object.ref);
    }
  }
  for (const [plan, object, fields] of sound) verifyRefs(plan, object, fields, classes, sentences);
  return sentences.all();
}
