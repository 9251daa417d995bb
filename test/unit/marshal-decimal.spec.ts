import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import * as fc from 'fast-check';
import { formatFloat } from '../../src/rpc/marshal/decimal.ts';
import { skip } from '../lib/skip.ts';

/** What printf of C makes of them with `%.16g`. */
const printed: readonly (readonly [number, string])[] = [
  [0, '0'],
  [-0, '-0'],
  [1, '1'],
  [-1.5, '-1.5'],
  [0.1, '0.1'],
  [0.2 + 0.1, '0.3'],
  [9.2, '9.199999999999999'],
  [60.1, '60.1'],
  [1 / 3, '0.3333333333333333'],
  [100, '100'],
  [123456789012345, '123456789012345'],
  [1e15, '1000000000000000'],
  [1e16, '1e+16'],
  [1.5e16, '1.5e+16'],
  [1e21, '1e+21'],
  [1e100, '1e+100'],
  [1.7976931348623157e308, '1.797693134862316e+308'],
  [5e-324, '4.940656458412465e-324'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [0.00012345, '0.00012345'],
  [1.25e-7, '1.25e-07'],
  [2 ** 53, '9007199254740992'],
  [1125899906842624.5, '1125899906842624'],
  [1125899906842625.5, '1125899906842626'],
  [-1125899906842624.5, '-1125899906842624'],
  [9999999999999998, '9999999999999998'],
  [9.999999999999998e16, '9.999999999999998e+16'],
  [Number.NaN, 'nan'],
  [Number.POSITIVE_INFINITY, 'inf'],
  [Number.NEGATIVE_INFINITY, '-inf'],
];

describe('floats as C prints them', () => {
  for (const [value, text] of printed) it(`prints ${value} as ${text}`, () => assert.equal(formatFloat(value), text));

  it('prints the nearest number of sixteen digits, which prints as itself', () => {
    const values = fc.double({ noNaN: true, min: -1e300, max: 1e300 }).filter((value) => Math.abs(value) > 1e-300);
    fc.assert(
      fc.property(values, (value) => {
        const back = Number(formatFloat(value));
        assert.ok(Math.abs(back / value - 1) < 1e-15);
        assert.equal(formatFloat(back), formatFloat(value));
      }),
    );
  });

  it('prints what Python prints', function () {
    if (spawnSync('python3', ['--version']).status !== 0) skip(this, 'python3 is not installed');
    const halves = fc
      .tuple(fc.integer({ min: 2 ** 50, max: 2 ** 51 }), fc.integer({ min: -40, max: 40 }))
      .map(([integer, power]) => (integer + 0.5) * 2 ** power);
    const values = fc.sample(fc.oneof(fc.double({ noNaN: true }), fc.float({ noNaN: true }), halves), 20_000);
    const bytes = Buffer.from(Float64Array.from(values).buffer);
    const program =
      'import sys,array;a=array.array("d");a.frombytes(sys.stdin.buffer.read());print("\\n".join("%.16g"%x for x in a))';
    const theirs = execFileSync('python3', ['-c', program], { input: bytes, encoding: 'utf8' }).trim().split('\n');
    assert.deepEqual(values.map(formatFloat), theirs);
  });
});
