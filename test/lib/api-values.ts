/** Random types of the API with random values of them. */
import * as fc from 'fast-check';
import type { ApiType, Datamodel } from '../../src/datamodel/index.ts';

export interface TypedValue {
  readonly type: ApiType;
  readonly value: unknown;
}

const pad = (number: number, width: number): string => String(number).padStart(width, '0');

const datetime = fc
  .tuple(
    fc.integer({ min: 0, max: 9999 }),
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 28 }),
    fc.integer({ min: 0, max: 86_399 }),
  )
  .map(([year, month, day, second]) => {
    const clock = [Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60].map((part) => pad(part, 2));
    return `${pad(year, 4)}${pad(month, 2)}${pad(day, 2)}T${clock.join(':')}Z`;
  });

/** Text that both formats can carry: no control characters but tab and line ends. */
const text: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }).map((raw) => raw.replace(/[^\t\n\r\u0020-\ufffd]/g, '')),
  fc.constantFrom(
    '',
    '<&>"\'',
    ']]>',
    '\r\n',
    ' x ',
    '&amp;',
    '__proto__',
    'constructor',
    '0',
    'é大😀',
    '\u007f\u0085\u2028',
  ),
);

// The largest doubles have no form of sixteen digits: rounded up they are infinite.
const float = fc.double({ noNaN: true, min: -1e300, max: 1e300 });
const int = fc.oneof(fc.integer(), fc.maxSafeInteger()).map((value) => (value === 0 ? 0 : value));

/** All types down to a depth, as the datamodel of the API could have them. */
function types(datamodel: Datamodel): fc.Arbitrary<ApiType> {
  const scalar = fc.constantFrom<ApiType>(
    { kind: 'string' },
    { kind: 'int' },
    { kind: 'float' },
    { kind: 'bool' },
    { kind: 'datetime' },
    { kind: 'ref', class: 'VM' },
    ...Object.keys(datamodel.enums).map((name): ApiType => ({ kind: 'enum', name })),
  );
  const record = fc.constantFrom(...datamodel.classes.keys()).map((name): ApiType => ({ kind: 'record', class: name }));
  const key = scalar.filter((type) => type.kind !== 'float' && type.kind !== 'bool');
  return fc.letrec<{ type: ApiType }>((tie) => ({
    type: fc.oneof(
      { maxDepth: 2 },
      scalar,
      record,
      tie('type').map((of): ApiType => ({ kind: 'set', of })),
      fc.tuple(key, tie('type')).map(([mapKey, value]): ApiType => ({ kind: 'map', key: mapKey, value })),
    ),
  })).type;
}

/** Values of a type. A record may miss fields, as parameters do. */
function valuesOf(type: ApiType, datamodel: Datamodel): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'int':
      return int;
    case 'float':
      return float;
    case 'bool':
      return fc.boolean();
    case 'datetime':
      return datetime;
    case 'enum':
      return fc.constantFrom(...(datamodel.enums[type.name] ?? []));
    case 'set':
      return fc.array(valuesOf(type.of, datamodel), { maxLength: 3 });
    case 'option':
      return fc.option(valuesOf(type.of, datamodel), { nil: undefined });
    case 'map':
      return fc
        .array(fc.tuple(valuesOf(type.key, datamodel).map(String), valuesOf(type.value, datamodel)), { maxLength: 3 })
        .map((entries) => Object.fromEntries(entries));
    case 'record': {
      const fields = datamodel.classes.get(type.class)?.recordFields ?? [];
      return fc.record(Object.fromEntries(fields.map((field) => [field.name, valuesOf(field.type, datamodel)])), {
        requiredKeys: [],
      });
    }
    case 'string':
    case 'ref':
    case 'void':
      break;
  }
  return text;
}

export function typedValues(datamodel: Datamodel): fc.Arbitrary<TypedValue> {
  return types(datamodel).chain((type) => valuesOf(type, datamodel).map((value) => ({ type, value })));
}
