/** Between references and what people call objects: uuids and names. Asks the agent as few times as it can. */
import { limits } from '../lib/limits.ts';
import type { Catalogue } from './catalogue.ts';
import type { Selector } from './command.ts';
import { ApiFailure, CommandFailure } from './failure.ts';
import { classWordOf } from './names.ts';
import { self } from './plan.ts';
import type { WireRecord } from './render.ts';
import type { Agent } from './session.ts';
import { Lookup } from './values.ts';

export type Records = Readonly<Record<string, WireRecord>>;

export class Resolver {
  readonly #agent: Agent;
  readonly #catalogue: Catalogue;
  readonly #uuids = new Map<string, string | undefined>();

  constructor(agent: Agent, catalogue: Catalogue) {
    this.#agent = agent;
    this.#catalogue = catalogue;
  }

  /** The uuids found so far, by reference. */
  get uuids(): ReadonlyMap<string, string | undefined> {
    return this.#uuids;
  }

  /** The reference of the one object that a selector means. @throws ApiFailure UUID_INVALID, CommandFailure */
  async select(selector: Selector): Promise<string> {
    if (!(selector instanceof Lookup)) return this.#only(selector.only);
    const { class: className, by, text } = selector;
    if (by === 'uuid') return String(await this.#agent.call(`${className}.get_by_uuid`, text));
    const found = await this.named(className, text);
    const [first] = found;
    if (first !== undefined && found.length === 1) return first;
    const list = `${classWordOf(className)}-list`;
    if (first === undefined)
      throw new CommandFailure(`No ${className} is called "${text}". See them all with: quorate ${list}`);
    await this.learn(new Map([[className, new Set(found)]]));
    const uuids = found.map((ref) => this.#uuids.get(ref) ?? ref).join(', ');
    throw new CommandFailure(
      `${found.length} ${className} objects are called "${text}": say which one with uuid= (${uuids}).`,
    );
  }

  /** References of all objects of a class that have this name. */
  async named(className: string, label: string): Promise<readonly string[]> {
    if (this.#catalogue.message(className, 'get_by_name_label') !== undefined)
      return (await this.#agent.call(`${className}.get_by_name_label`, label)) as readonly string[];
    const records = (await this.#agent.call(`${className}.get_all_records`)) as Records;
    this.remember(records);
    return Object.entries(records).flatMap(([ref, record]) => (record['name_label'] === label ? [ref] : []));
  }

  async #only(className: string): Promise<string> {
    const refs = (await this.#agent.call(`${className}.get_all`)) as readonly string[];
    const [first] = refs;
    if (first !== undefined && refs.length === 1) return first;
    const list = `quorate ${classWordOf(className)}-list`;
    throw new CommandFailure(
      `There are ${refs.length} ${className} objects: say which one with uuid=. See them with: ${list}`,
    );
  }

  /** Arguments with every Lookup, and `self`, replaced by references. */
  async fill(value: unknown, own: string | undefined): Promise<unknown> {
    if (value === self) return own;
    if (value instanceof Lookup) return this.select(value);
    if (Array.isArray(value)) return Promise.all(value.map((element) => this.fill(element, own)));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(async ([key, element]) => [key, await this.fill(element, own)] as const);
    return Object.fromEntries(await Promise.all(entries));
  }

  /** Keeps the uuids of records that are there anyway. */
  remember(records: Records): void {
    for (const [ref, record] of Object.entries(records)) {
      if (typeof record['uuid'] === 'string') this.#uuids.set(ref, record['uuid']);
    }
  }

  /** Finds the uuids of references, by class. Objects that are gone have none. */
  async learn(wanted: ReadonlyMap<string, ReadonlySet<string>>): Promise<void> {
    const work = [...wanted].map(async ([className, refs]) => {
      const unknown = [...refs].filter((ref) => !this.#uuids.has(ref));
      if (unknown.length === 0 || this.#catalogue.className(className) === undefined) return;
      const fetchAll = this.#catalogue.message(className, 'get_all_records') !== undefined;
      if (fetchAll && unknown.length > limits.cliSingleLookups) {
        this.remember((await this.#agent.call(`${className}.get_all_records`)) as Records);
        for (const ref of unknown) if (!this.#uuids.has(ref)) this.#uuids.set(ref, undefined);
      } else if (this.#catalogue.message(className, 'get_uuid') !== undefined) {
        await Promise.all(unknown.map((ref) => this.#learnOne(className, ref)));
      }
    });
    await Promise.all(work);
  }

  async #learnOne(className: string, ref: string): Promise<void> {
    try {
      this.#uuids.set(ref, String(await this.#agent.call(`${className}.get_uuid`, ref)));
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      this.#uuids.set(ref, undefined);
    }
  }
}
