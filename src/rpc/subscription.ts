/** What a subscriber wants to hear of: classes, single objects, or everything. */
import { ApiError } from '../datamodel/index.ts';
import { limits } from '../lib/limits.ts';

export class Subscription {
  /** Classes with anything subscribed, in the spelling of the datamodel. */
  readonly classes: readonly string[];
  readonly #wholeClasses: ReadonlySet<string>;
  readonly #objects: ReadonlyMap<string, string>;

  private constructor(whole: ReadonlySet<string>, objects: ReadonlyMap<string, string>) {
    this.#wholeClasses = whole;
    this.#objects = objects;
    this.classes = [...new Set([...whole, ...objects.values()])];
  }

  /**
   * Reads `*`, class names in any case, and `class/ref`. Names of classes that have no events are taken and never
   * heard of again, since clients subscribe to classes of newer servers too.
   * @param known Class names by their lower-case form.
   * @throws ApiError EVENT_SUBSCRIPTION_PARSE_FAILURE
   */
  static parse(items: readonly string[], known: ReadonlyMap<string, string>): Subscription {
    if (items.length > limits.eventClasses) {
      throw new ApiError('EVENT_SUBSCRIPTION_PARSE_FAILURE', `more than ${limits.eventClasses} classes`);
    }
    const whole = new Set<string>();
    const objects = new Map<string, string>();
    for (const item of items) {
      if (item === '*') {
        for (const name of known.values()) whole.add(name);
        continue;
      }
      const [className = '', ref, ...rest] = item.split('/');
      if (className === '' || ref === '' || rest.length > 0)
        throw new ApiError('EVENT_SUBSCRIPTION_PARSE_FAILURE', item);
      const name = known.get(className.toLowerCase());
      if (name === undefined) continue;
      if (ref === undefined) whole.add(name);
      else objects.set(ref, name);
    }
    return new Subscription(whole, objects);
  }

  get isEmpty(): boolean {
    return this.classes.length === 0;
  }

  coversClass(className: string): boolean {
    return this.#wholeClasses.has(className);
  }

  covers(className: string, ref: string): boolean {
    return this.#wholeClasses.has(className) || (this.#objects.size > 0 && this.#objects.get(ref) === className);
  }

  /** The single objects of a class that are subscribed to. */
  objectsOf(className: string): string[] {
    return [...this.#objects].filter(([, name]) => name === className).map(([ref]) => ref);
  }

  with(other: Subscription): Subscription {
    return new Subscription(
      new Set([...this.#wholeClasses, ...other.#wholeClasses]),
      new Map([...this.#objects, ...other.#objects]),
    );
  }

  without(other: Subscription): Subscription {
    return new Subscription(
      new Set([...this.#wholeClasses].filter((name) => !other.#wholeClasses.has(name))),
      new Map([...this.#objects].filter(([ref]) => !other.#objects.has(ref))),
    );
  }
}

/** A generation as a token: two zero-padded decimals, so that tokens sort as text. */
export function formatToken(generation: number): string {
  const padded = String(generation).padStart(20, '0');
  return `${padded},${padded}`;
}

/**
 * The generation of a token; undefined for the empty token, which asks for everything there is.
 * @throws ApiError EVENT_FROM_TOKEN_PARSE_FAILURE
 */
export function parseToken(token: string): number | undefined {
  if (token === '') return undefined;
  const found = /^(\d{1,20}),(\d{1,20})$/.exec(token);
  const generation = found === null ? Number.NaN : Math.min(Number(found[1]), Number(found[2]));
  if (!Number.isSafeInteger(generation)) throw new ApiError('EVENT_FROM_TOKEN_PARSE_FAILURE', token);
  return generation;
}
