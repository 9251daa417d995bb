import assert from 'node:assert/strict';
import { ApiError, deriveDatamodel } from '../../src/datamodel/index.ts';
import { parseType } from '../../src/datamodel/type-expression.ts';
import { WireDuplicate, WireText, type WireValue } from '../../src/rpc/call.ts';
import { unmarshalFor } from '../../src/rpc/marshal/unmarshal.ts';

const datamodel = deriveDatamodel();
const read = (expression: string, value: WireValue): unknown =>
  unmarshalFor(parseType(expression), datamodel, 'p')(value);
const date = (text: string): WireText => new WireText('datetime', text);

describe('giving parameters their types', () => {
  const good: readonly (readonly [string, WireValue, unknown])[] = [
    ['string', '', ''],
    ['string', 'é\u{1F600}\t\u0001', 'é\u{1F600}\t\u0001'],
    ['secret string', 'x', 'x'],
    ['int', 5, 5],
    ['int', '5', 5],
    ['int', '-0', 0],
    ['int', -0, 0],
    ['int', '+12', 12],
    ['int', '007', 7],
    ['int', '9007199254740991', 9007199254740991],
    ['int', -9007199254740991, -9007199254740991],
    ['float', 1, 1],
    ['float', 60.1, 60.1],
    ['float', '60.1', 60.1],
    ['float', '-1e3', -1000],
    ['float', '.5', 0.5],
    ['float', '5.', 5],
    ['float', 1e300, 1e300],
    ['bool', true, true],
    ['bool', false, false],
    ['datetime', date('20070816T09:30:00Z'), '20070816T09:30:00Z'],
    ['datetime', date('20070816T09:30:00'), '20070816T09:30:00Z'],
    ['datetime', '2007-08-16T09:30:00Z', '20070816T09:30:00Z'],
    ['datetime', '2007-08-16T09:30:00.123Z', '20070816T09:30:00Z'],
    ['datetime', '20070816T093000', '20070816T09:30:00Z'],
    ['datetime', '2007-08-16 09:30', '20070816T09:30:00Z'],
    ['datetime', '20070816T09:30:00+01:00', '20070816T08:30:00Z'],
    ['datetime', '20071231T23:30:00-0100', '20080101T00:30:00Z'],
    ['datetime', '20080301T00:30:00+01', '20080229T23:30:00Z'],
    ['datetime', '20000229T00:00:00Z', '20000229T00:00:00Z'],
    ['VM ref', 'OpaqueRef:NULL', 'OpaqueRef:NULL'],
    ['VM ref', 'anything', 'anything'],
    ['enum vm_power_state', 'Halted', 'Halted'],
    ['string set', [], []],
    ['int set', ['1', 2], [1, 2]],
    ['VM ref set', ['a'], ['a']],
    ['(string -> string) map', { a: 'b' }, { a: 'b' }],
    ['(int -> float) map', { '1': '2.5', '02': 3 }, { 1: 2.5, 2: 3 }],
    ['(int -> string set) map', { '-1': ['x'] }, { '-1': ['x'] }],
    ['(enum vm_operations -> string) map', { start: 'no' }, { start: 'no' }],
    ['(VM ref -> bool) map', { r: true }, { r: true }],
    ['string option', null, undefined],
    ['string option', 'x', 'x'],
    ['secret record', { value: 'v', unknown: 5, uuid: 'u' }, { uuid: 'u', value: 'v' }],
    ['secret record', {}, {}],
  ];
  for (const [type, value, expected] of good) {
    it(`reads ${JSON.stringify(value)} as ${type}`, () => assert.deepEqual(read(type, value), expected));
  }

  const bad: readonly (readonly [string, WireValue, string, ...string[]])[] = [
    ['string', 1, 'INTERNAL_ERROR', 'p must be a string, not an int'],
    ['string', null, 'INTERNAL_ERROR', 'p must be a string, not nil'],
    ['string', ['x'], 'INTERNAL_ERROR', 'p must be a string, not an array'],
    ['string', date('x'), 'INTERNAL_ERROR', 'p must be a string, not a datetime'],
    ['string', new WireText('base64', ''), 'INTERNAL_ERROR', 'p must be a string, not base64'],
    ['string', 'a\ud800', 'INVALID_VALUE', 'p', 'a\ufffd'],
    ['VM ref', 'a\udc00', 'INVALID_VALUE', 'p', 'a\ufffd'],
    ['VM ref', 5, 'INTERNAL_ERROR', 'p must be a string, not an int'],
    ['int', 1.5, 'INTERNAL_ERROR', 'p must be an int, not a float'],
    ['int', true, 'INTERNAL_ERROR', 'p must be an int, not a boolean'],
    ['int', '1.5', 'INVALID_VALUE', 'p', '1.5'],
    ['int', '', 'INVALID_VALUE', 'p', ''],
    ['int', ' 1', 'INVALID_VALUE', 'p', ' 1'],
    ['int', '0x10', 'INVALID_VALUE', 'p', '0x10'],
    ['int', '9007199254740992', 'INVALID_VALUE', 'p', '9007199254740992'],
    ['int', '9223372036854775807', 'INVALID_VALUE', 'p', '9223372036854775807'],
    ['int', 9007199254740992, 'INVALID_VALUE', 'p', '9007199254740992'],
    ['int', Number.NaN, 'INVALID_VALUE', 'p', 'NaN'],
    ['float', Number.NaN, 'INVALID_VALUE', 'p', 'NaN'],
    ['float', Number.POSITIVE_INFINITY, 'INVALID_VALUE', 'p', 'Infinity'],
    ['float', '1e999', 'INVALID_VALUE', 'p', '1e999'],
    ['float', 'nan', 'INVALID_VALUE', 'p', 'nan'],
    ['float', 'x', 'INVALID_VALUE', 'p', 'x'],
    ['float', false, 'INTERNAL_ERROR', 'p must be a float, not a boolean'],
    ['bool', 1, 'INTERNAL_ERROR', 'p must be a boolean, not an int'],
    ['bool', 'true', 'INTERNAL_ERROR', 'p must be a boolean, not a string'],
    ['datetime', '20070229T00:00:00Z', 'INVALID_VALUE', 'p', '20070229T00:00:00Z'],
    ['datetime', '19000229T00:00:00Z', 'INVALID_VALUE', 'p', '19000229T00:00:00Z'],
    ['datetime', '20071301T00:00:00Z', 'INVALID_VALUE', 'p', '20071301T00:00:00Z'],
    ['datetime', '20070631T00:00:00Z', 'INVALID_VALUE', 'p', '20070631T00:00:00Z'],
    ['datetime', '20070601T24:00:00Z', 'INVALID_VALUE', 'p', '20070601T24:00:00Z'],
    ['datetime', '20070601T23:60:00Z', 'INVALID_VALUE', 'p', '20070601T23:60:00Z'],
    ['datetime', '99991231T23:59:59-01:00', 'INVALID_VALUE', 'p', '99991231T23:59:59-01:00'],
    ['datetime', '00000101T00:00:00+01:00', 'INVALID_VALUE', 'p', '00000101T00:00:00+01:00'],
    ['datetime', 'yesterday', 'INVALID_VALUE', 'p', 'yesterday'],
    ['datetime', 0, 'INTERNAL_ERROR', 'p must be a datetime, not an int'],
    ['enum vm_power_state', 'halted', 'INVALID_VALUE', 'p', 'halted'],
    ['enum vm_power_state', '__proto__', 'INVALID_VALUE', 'p', '__proto__'],
    ['enum vm_power_state', 0, 'INTERNAL_ERROR', 'p must be a string, not an int'],
    ['string set', 'x', 'INTERNAL_ERROR', 'p must be an array, not a string'],
    ['string set', {}, 'INTERNAL_ERROR', 'p must be an array, not a struct'],
    ['string set', ['x', 1], 'INTERNAL_ERROR', 'p must be a string, not an int'],
    ['(string -> string) map', [], 'INTERNAL_ERROR', 'p must be a struct, not an array'],
    ['(string -> string) map', null, 'INTERNAL_ERROR', 'p must be a struct, not nil'],
    ['(string -> string) map', { a: 1 }, 'INTERNAL_ERROR', 'p must be a string, not an int'],
    ['(string -> string) map', { 'a\ud800': 'x' }, 'INVALID_VALUE', 'p', 'a\ufffd'],
    ['(string -> string) map', new WireDuplicate('k'), 'INVALID_VALUE', 'p', 'k'],
    ['(int -> int) map', { x: 1 }, 'INVALID_VALUE', 'p', 'x'],
    ['(int -> int) map', { '1': 1, '01': 2 }, 'INVALID_VALUE', 'p', '01'],
    ['(enum vm_operations -> string) map', { no_such: 'x' }, 'INVALID_VALUE', 'p', 'no_such'],
    ['secret record', { value: 5 }, 'INTERNAL_ERROR', 'p.value must be a string, not an int'],
    ['secret record', 'x', 'INTERNAL_ERROR', 'p must be a struct, not a string'],
    ['secret record', new WireDuplicate('value'), 'INVALID_VALUE', 'p', 'value'],
    ['void', 'x', 'INTERNAL_ERROR', 'p must be nothing, not a string'],
  ];
  for (const [type, value, ...description] of bad) {
    it(`refuses ${JSON.stringify(value)} as ${type}`, () => {
      assert.throws(
        () => read(type, value),
        (error) => {
          assert.ok(error instanceof ApiError);
          assert.deepEqual(error.description, description);
          return true;
        },
      );
    });
  }

  it('keeps a key called __proto__ as a key', () => {
    const map = read('(string -> string) map', JSON.parse('{"__proto__":"x"}') as WireValue);
    assert.deepEqual(Object.entries(map as object), [['__proto__', 'x']]);
  });

  it('counts the bytes of a string, not its characters', () => {
    assert.equal((read('string', 'x'.repeat(262_144)) as string).length, 262_144);
    assert.equal((read('string', 'é'.repeat(131_072)) as string).length, 131_072);
    for (const text of ['x'.repeat(262_145), 'é'.repeat(131_073)]) {
      assert.throws(() => read('string', text), { code: 'INVALID_VALUE', params: ['p', text.slice(0, 256)] });
    }
  });

  it('leaves out of a record what clients do not see', () => {
    assert.deepEqual(read('task record', { name_label: 'x', session: 'OpaqueRef:1', externalpid: 5 }), {
      name_label: 'x',
    });
  });

  it('reads every parameter and field of the datamodel', () => {
    for (const message of datamodel.messages.values()) {
      for (const param of message.params)
        assert.equal(typeof unmarshalFor(param.type, datamodel, param.name), 'function');
    }
  });

  it('refuses to be made for what the datamodel does not know', () => {
    assert.throws(() => unmarshalFor({ kind: 'enum', name: 'nonsense' }, datamodel));
    assert.throws(() => unmarshalFor({ kind: 'record', class: 'nonsense' }, datamodel));
    assert.throws(() => unmarshalFor(parseType('(bool -> string) map'), datamodel));
  });
});
