import assert from 'node:assert/strict';
import { type Arbitrary, assert as assertAlways, constantFrom, letrec, oneof, property, tuple } from 'fast-check';
import type {
  ArgumentsOf,
  ClassName,
  OperationName,
  RecordOf,
  ResultOf,
  WaitingName,
} from '../../src/datamodel/index.ts';
import {
  type ApiType,
  type Enum,
  isSecret,
  parseType,
  type Ref,
  type Value,
  wireExpression,
} from '../../src/datamodel/type-expression.ts';

/** The way back, as slow and obvious as can be. */
function print(type: ApiType): string {
  if (type.kind === 'ref' || type.kind === 'record') return `${type.class} ${type.kind}`;
  if (type.kind === 'enum') return `enum ${type.name}`;
  if (type.kind === 'set' || type.kind === 'option') return `${print(type.of)} ${type.kind}`;
  if (type.kind === 'map') return `(${print(type.key)} -> ${print(type.value)}) map`;
  return type.kind;
}

const scalar: Arbitrary<ApiType> = oneof(
  constantFrom<ApiType>({ kind: 'string' }, { kind: 'int' }, { kind: 'float' }, { kind: 'bool' }, { kind: 'datetime' }),
  constantFrom('VM', 'host_cpu', 'secret').map((name): ApiType => ({ kind: 'ref', class: name })),
  constantFrom('VM', 'event').map((name): ApiType => ({ kind: 'record', class: name })),
  constantFrom('vm_power_state', 'cls').map((name): ApiType => ({ kind: 'enum', name })),
);

const anyType = letrec<{ type: ApiType }>((tie) => ({
  type: oneof(
    { depthSize: 'small' },
    scalar,
    tie('type').map((of): ApiType => ({ kind: 'set', of })),
    tie('type').map((of): ApiType => ({ kind: 'option', of })),
    tuple(scalar, tie('type')).map(([key, value]): ApiType => ({ kind: 'map', key, value })),
  ),
})).type;

describe('type expressions', () => {
  it('read back as they were written', () => {
    assertAlways(
      property(anyType, (type) => {
        assert.deepEqual(parseType(print(type)), type);
      }),
    );
  });

  it('refuse what is none, and name it', () => {
    for (const text of ['', 'number', 'string sett', 'map', 'enum', '(string, int) map', 'secret int', ' -> ']) {
      assert.throws(() => parseType(text), new RegExp(`not a type expression: ${text.replaceAll(/[()]/g, '\\$&')}$`));
    }
  });

  it('keep secrets apart from references to the class secret', () => {
    assert.ok(isSecret('secret string'));
    assert.ok(isSecret('secret (string -> string) map'));
    for (const text of [
      'secret ref',
      'secret record',
      'secret ref set',
      '(secret ref -> secret record) map',
      'string',
    ]) {
      assert.ok(!isSecret(text), text);
      assert.equal(wireExpression(text), text);
    }
    assert.equal(wireExpression('secret (string -> string) map'), '(string -> string) map');
    assert.deepEqual(parseType('secret string'), { kind: 'string' });
    assert.deepEqual(parseType('secret ref'), { kind: 'ref', class: 'secret' });
  });

  it('become TypeScript types', () => {
    // The compiler checks these; at run time there is nothing to see.
    type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
    const checks = [
      true satisfies Same<Value<'string'>, string>,
      true satisfies Same<Value<'secret string'>, string>,
      true satisfies Same<Value<'datetime'>, string>,
      true satisfies Same<Value<'int'>, number>,
      true satisfies Same<Value<'bool'>, boolean>,
      true satisfies Same<Value<'VM ref'>, Ref<'VM'>>,
      true satisfies Same<Value<'VM ref set'>, readonly Ref<'VM'>[]>,
      true satisfies Same<Value<'enum vm_power_state'>, Enum<'vm_power_state'>>,
      true satisfies Same<Enum<'console_protocol'>, 'vt100' | 'rfb' | 'rdp'>,
      true satisfies Same<Value<'(string -> string) map'>, Readonly<Record<string, string>>>,
      true satisfies Same<Value<'secret (string -> string) map'>, Readonly<Record<string, string>>>,
      true satisfies Same<Value<'(int -> string set) map'>, Readonly<Record<string, readonly string[]>>>,
      true satisfies Same<
        Value<'(VM ref -> (string -> int) map) map'>,
        Readonly<Record<string, Readonly<Record<string, number>>>>
      >,
      true satisfies Same<RecordOf<'VM'>['resident_on'], Ref<'host'>>,
      true satisfies Same<RecordOf<'PBD'>['device_config'], Readonly<Record<string, string>>>,
      true satisfies Same<RecordOf<'VBD'>['bootable'], boolean>,
      true satisfies Same<ArgumentsOf<'VM', 'start'>['start_paused'], boolean>,
      true satisfies Same<ArgumentsOf<'Cluster', 'create'>['token_timeout'], number>,
      true satisfies Same<ResultOf<'VM', 'clone'>, Ref<'VM'>>,
      true satisfies Same<Extract<OperationName, 'VM.start'>, 'VM.start'>,
      false satisfies 'VM.get_uuid' extends OperationName ? true : false,
      true satisfies WaitingName extends OperationName | `${ClassName}.${'create' | 'destroy'}` ? true : false,
    ];
    assert.equal(checks.length, 22);
  });
});
