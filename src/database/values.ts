/** Small facts about field values: equality, and the references inside them. */
import type { ApiType } from '../datamodel/index.ts';
import { emptyMap, emptySet, nullRef } from './value-checks.ts';

/** Equality of two values of one field. Sets are lists on the wire: their order counts. Maps have none. */
export function sameValue(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left)) {
    if (!Array.isArray(right) || left.length !== right.length) return false;
    return left.every((element, index) => sameValue(element, right[index]));
  }
  if (Array.isArray(right)) return false;
  const a = left as Readonly<Record<string, unknown>>;
  const b = right as Readonly<Record<string, unknown>>;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key], b[key]));
}

/** How references stand in a field. */
export interface RefShape {
  /** Classes that it may refer to. */
  readonly targets: readonly string[];
  /** Whether a value that was not checked has the form that the others expect. */
  fits(value: unknown): boolean;
  /** Calls `visit` for every reference that is not NULL. */
  visit(value: unknown, visit: (ref: string, target: string) => void): void;
  /** The value without a reference: NULL, or the set or map without its entries. */
  without(value: unknown, ref: string): unknown;
}

function single(target: string): RefShape {
  return {
    targets: [target],
    fits: (value) => typeof value === 'string',
    visit: (value, visit) => {
      if (value !== nullRef && typeof value === 'string') visit(value, target);
    },
    without: (value, ref) => (value === ref ? nullRef : value),
  };
}

function inSet(target: string): RefShape {
  return {
    targets: [target],
    fits: (value) => Array.isArray(value),
    visit: (value, visit) => {
      for (const ref of value as readonly string[]) if (ref !== nullRef) visit(ref, target);
    },
    without: (value, ref) => {
      const rest = (value as readonly string[]).filter((element) => element !== ref);
      return rest.length === 0 ? emptySet : rest;
    },
  };
}

function inMap(key: string | undefined, element: string | undefined): RefShape {
  return {
    targets: [key, element].filter((target) => target !== undefined),
    fits: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    visit: (value, visit) => {
      const map = value as Readonly<Record<string, unknown>>;
      for (const name of Object.keys(map)) {
        if (key !== undefined && name !== nullRef) visit(name, key);
        const ref = map[name];
        if (element !== undefined && ref !== nullRef) visit(ref as string, element);
      }
    },
    without: (value, ref) => {
      const rest = Object.entries(value as Readonly<Record<string, unknown>>).filter(
        ([name, held]) => !(key !== undefined && name === ref) && !(element !== undefined && held === ref),
      );
      return rest.length === 0 ? emptyMap : Object.fromEntries(rest);
    },
  };
}

/** The shape of a type's references; undefined when it has none. */
export function refShape(type: ApiType): RefShape | undefined {
  if (type.kind === 'ref') return single(type.class);
  if (type.kind === 'set' && type.of.kind === 'ref') return inSet(type.of.class);
  if (type.kind === 'map') {
    const key = type.key.kind === 'ref' ? type.key.class : undefined;
    const element = type.value.kind === 'ref' ? type.value.class : undefined;
    return key === undefined && element === undefined ? undefined : inMap(key, element);
  }
  return undefined;
}
