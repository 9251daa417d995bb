/** What may stand in a field: one checker for each type expression, made once at start. */
import { ApiError, type ApiType } from '../datamodel/index.ts';
import { limits } from '../lib/limits.ts';

export const nullRef = 'OpaqueRef:NULL';
export const emptySet: readonly never[] = Object.freeze([]);
export const emptyMap: Readonly<Record<string, never>> = Object.freeze({});

/** Returns the value in the one form that is kept (shared empties, shared enum texts, no negative zero), or throws. */
export type Check = (value: unknown) => unknown;

/** Where a value is checked: `VM.name_label`, for error parameters. */
export interface Place {
  readonly field: string;
  readonly enums: Readonly<Record<string, readonly string[]>>;
}

const datetime = /^\d{4}[01]\d[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\dZ$/;
const decimal = /^(?:0|-?[1-9]\d{0,15})$/;

function wrongType(place: Place): ApiError {
  return new ApiError('FIELD_TYPE_ERROR', place.field);
}

function invalid(place: Place, value: string): ApiError {
  return new ApiError('INVALID_VALUE', place.field, value.length > 200 ? `${value.slice(0, 200)}…` : value);
}

function stringCheck(place: Place): Check {
  return (value) => {
    if (typeof value !== 'string') throw wrongType(place);
    // A UTF-16 unit is at most three bytes of UTF-8: only long texts need to be measured.
    if (value.length * 3 > limits.stringBytes && Buffer.byteLength(value) > limits.stringBytes) {
      throw invalid(place, `longer than ${limits.stringBytes} bytes: ${value}`);
    }
    // Half a surrogate pair would come back from the disk as another text.
    if (!value.isWellFormed()) throw invalid(place, value.toWellFormed());
    return value;
  };
}

function intCheck(place: Place): Check {
  return (value) => {
    if (typeof value !== 'number') throw wrongType(place);
    if (!Number.isSafeInteger(value)) throw invalid(place, String(value));
    return value === 0 ? 0 : value;
  };
}

function floatCheck(place: Place): Check {
  return (value) => {
    if (typeof value !== 'number') throw wrongType(place);
    // JSON and both wire formats have no text for these.
    if (!Number.isFinite(value)) throw invalid(place, String(value));
    return value === 0 ? 0 : value;
  };
}

function enumCheck(name: string, place: Place): Check {
  const members = new Map((place.enums[name] ?? []).map((member) => [member, member]));
  return (value) => {
    if (typeof value !== 'string') throw wrongType(place);
    const member = members.get(value);
    if (member === undefined) throw invalid(place, value);
    return member;
  };
}

function setCheck(of: Check, place: Place): Check {
  return (value) => {
    if (!Array.isArray(value)) throw wrongType(place);
    const given: readonly unknown[] = value;
    if (given.length === 0) return emptySet;
    const kept: unknown[] = given.map((element) => of(element));
    return kept.every((element, index) => element === given[index]) ? given : kept;
  };
}

/** Keys of maps are texts in memory and on the wire, whatever their type says. */
function keyCheck(type: ApiType, place: Place): Check {
  if (type.kind !== 'int') return check(type, place);
  return (key) => {
    if (typeof key !== 'string' || !decimal.test(key)) throw invalid(place, String(key));
    return key;
  };
}

function mapCheck(key: Check, of: Check, place: Place): Check {
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongType(place);
    const given = value as Readonly<Record<string, unknown>>;
    const keys = Object.keys(given);
    if (keys.length === 0) return emptyMap;
    let same = true;
    const kept = keys.map((name): [string, unknown] => {
      key(name);
      const element = of(given[name]);
      if (element !== given[name]) same = false;
      return [name, element];
    });
    // fromEntries defines own properties, so that a key named __proto__ stays a key.
    return same ? given : Object.fromEntries(kept);
  };
}

function check(type: ApiType, place: Place): Check {
  switch (type.kind) {
    case 'string':
      return stringCheck(place);
    case 'int':
      return intCheck(place);
    case 'float':
      return floatCheck(place);
    case 'bool':
      return (value) => {
        if (typeof value !== 'boolean') throw wrongType(place);
        return value;
      };
    case 'datetime':
      return (value) => {
        if (typeof value !== 'string') throw wrongType(place);
        if (!datetime.test(value)) throw invalid(place, value);
        return value;
      };
    case 'ref':
      return (value) => {
        if (typeof value !== 'string') throw wrongType(place);
        return value === nullRef ? nullRef : value;
      };
    case 'enum':
      return enumCheck(type.name, place);
    case 'set':
      return setCheck(check(type.of, place), place);
    case 'map':
      return mapCheck(keyCheck(type.key, place), check(type.value, place), place);
    case 'option': {
      const of = check(type.of, place);
      return (value) => (value === undefined ? undefined : of(value));
    }
    case 'record':
    case 'void':
      return () => {
        throw wrongType(place);
      };
    default:
      throw new Error(`no check for ${JSON.stringify(type)}`);
  }
}

/** The checker of a field. Its initial value always passes, also where an enumeration has no member for "not said yet". */
export function fieldCheck(type: ApiType, initial: unknown, place: Place): Check {
  const inner = check(type, place);
  return typeof initial === 'string' && type.kind === 'enum'
    ? (value) => (value === initial ? initial : inner(value))
    : inner;
}
