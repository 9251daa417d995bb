/** From what a call says to values of the API's types. One function per parameter, made once. */
import { ApiError, type ApiType, type Datamodel } from '../../datamodel/index.ts';
import { limits } from '../../lib/limits.ts';
import { setMember, WireDuplicate, type WireStruct, WireText, type WireValue } from '../wire.ts';
import { normaliseDatetime } from './datetime.ts';

/**
 * Gives a value its type.
 *
 * @throws ApiError INTERNAL_ERROR [sentence] when the value is of another kind (an array where a string belongs), and
 * INVALID_VALUE [name, value] when it is of the right kind but says something the type does not have.
 */
export type Unmarshal = (value: WireValue) => unknown;

/** Characters of a refused value that an error repeats. */
const quotedChars = 256;

/** Kinds that a member's name can be. */
const keyKinds: ReadonlySet<string> = new Set(['string', 'ref', 'enum', 'datetime', 'int']);

const decimalInteger = /^[+-]?\d{1,32}$/;
const decimalNumber = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * Compiles the reader of one type. `name` is what errors call the value: the parameter's name, by default the type's.
 * Records come back with those members that were sent and that the class shows; others are ignored, missing ones are
 * the caller's to fill in.
 *
 * @throws Error when the datamodel does not know a class or an enumeration of the type.
 */
export function unmarshalFor(type: ApiType, datamodel: Datamodel, name: string = type.kind): Unmarshal {
  switch (type.kind) {
    case 'string':
    case 'ref':
      return (value) => readString(value, name);
    case 'int':
      return (value) => readInt(value, name);
    case 'float':
      return (value) => readFloat(value, name);
    case 'bool':
      return (value) => {
        if (typeof value !== 'boolean') throw wrongKind(name, 'a boolean', value);
        return value;
      };
    case 'datetime':
      return (value) => readDatetime(value, name);
    case 'void':
      return (value) => {
        if (value !== '' && value !== null) throw wrongKind(name, 'nothing', value);
        return undefined;
      };
    case 'enum':
      return enumReader(type.name, datamodel, name);
    case 'option': {
      const inner = unmarshalFor(type.of, datamodel, name);
      return (value) => (value === null ? undefined : inner(value));
    }
    case 'set': {
      const element = unmarshalFor(type.of, datamodel, name);
      return (value) => {
        if (!Array.isArray(value)) throw wrongKind(name, 'an array', value);
        return (value as readonly WireValue[]).map(element);
      };
    }
    case 'map':
      return mapReader(type, datamodel, name);
    case 'record':
      break;
  }
  return recordReader(type.class, datamodel, name);
}

function enumReader(enumName: string, datamodel: Datamodel, name: string): Unmarshal {
  const values = datamodel.enums[enumName];
  if (values === undefined) throw new Error(`there is no enumeration ${enumName}`);
  const known = new Set(values);
  return (value) => {
    const text = readString(value, name);
    if (!known.has(text)) throw invalid(name, text);
    return text;
  };
}

function mapReader(type: ApiType & { kind: 'map' }, datamodel: Datamodel, name: string): Unmarshal {
  const readKey = keyReader(type.key, datamodel, name);
  const readValue = unmarshalFor(type.value, datamodel, name);
  return (value) => {
    const struct = readStruct(value, name);
    const map: Record<string, unknown> = {};
    for (const member of Object.keys(struct)) {
      const key = readKey(member);
      // Two spellings of one int.
      if (key !== member && (Object.hasOwn(map, key) || Object.hasOwn(struct, key))) throw invalid(name, member);
      setMember(map, key, readValue(struct[member] as WireValue));
    }
    return map;
  };
}

/** Keys are text on the wire and stay text; those of an int are in their shortest form. */
function keyReader(type: ApiType, datamodel: Datamodel, name: string): (member: string) => string {
  if (!keyKinds.has(type.kind)) throw new Error(`a map cannot have keys of kind ${type.kind}`);
  const read = unmarshalFor(type, datamodel, name);
  return (member) => String(read(member));
}

function recordReader(className: string, datamodel: Datamodel, name: string): Unmarshal {
  const apiClass = datamodel.classes.get(className);
  if (apiClass === undefined) throw new Error(`there is no class ${className}`);
  const fields = apiClass.recordFields.map((field): readonly [string, Unmarshal] => [
    field.name,
    unmarshalFor(field.type, datamodel, `${name}.${field.name}`),
  ]);
  return (value) => {
    const struct = readStruct(value, name);
    const record: Record<string, unknown> = {};
    for (const [field, read] of fields) {
      if (Object.hasOwn(struct, field)) setMember(record, field, read(struct[field] as WireValue));
    }
    return record;
  };
}

function readString(value: WireValue, name: string): string {
  if (typeof value !== 'string') throw wrongKind(name, 'a string', value);
  if (!value.isWellFormed()) throw invalid(name, value);
  // No character needs more than three bytes per unit, so short texts need no counting.
  if (value.length * 3 > limits.stringBytes && Buffer.byteLength(value) > limits.stringBytes)
    throw invalid(name, value);
  return value;
}

function readInt(value: WireValue, name: string): number {
  if (typeof value === 'string') {
    if (!decimalInteger.test(value)) throw invalid(name, value);
  } else if (typeof value !== 'number' || (!Number.isInteger(value) && Number.isFinite(value))) {
    throw wrongKind(name, 'an int', value);
  }
  const int = Number(value);
  // Beyond this a double no longer tells neighbouring ints apart: refusing is better than rounding.
  if (!Number.isSafeInteger(int)) throw invalid(name, String(value));
  return int === 0 ? 0 : int;
}

function readFloat(value: WireValue, name: string): number {
  if (typeof value === 'string') {
    if (!decimalNumber.test(value)) throw invalid(name, value);
  } else if (typeof value !== 'number') {
    throw wrongKind(name, 'a float', value);
  }
  const float = Number(value);
  if (!Number.isFinite(float)) throw invalid(name, String(value));
  return float;
}

function readDatetime(value: WireValue, name: string): string {
  const text = value instanceof WireText && value.kind === 'datetime' ? value.text : value;
  if (typeof text !== 'string') throw wrongKind(name, 'a datetime', value);
  const normal = normaliseDatetime(text);
  if (normal === undefined) throw invalid(name, text);
  return normal;
}

function readStruct(value: WireValue, name: string): WireStruct {
  if (value instanceof WireDuplicate) throw invalid(name, value.member);
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof WireText) {
    throw wrongKind(name, 'a struct', value);
  }
  return value as WireStruct;
}

function invalid(name: string, value: string): ApiError {
  return new ApiError('INVALID_VALUE', name, value.slice(0, quotedChars).toWellFormed());
}

function wrongKind(name: string, expected: string, value: WireValue): ApiError {
  return new ApiError('INTERNAL_ERROR', `${name} must be ${expected}, not ${kindOf(value)}`);
}

function kindOf(value: WireValue): string {
  if (value === null) return 'nil';
  if (Array.isArray(value)) return 'an array';
  if (value instanceof WireText) return value.kind === 'base64' ? 'base64' : 'a datetime';
  if (typeof value === 'number') return Number.isInteger(value) ? 'an int' : 'a float';
  if (typeof value === 'string') return 'a string';
  return typeof value === 'boolean' ? 'a boolean' : 'a struct';
}
