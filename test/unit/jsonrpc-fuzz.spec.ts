import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { ApiError, deriveDatamodel } from '../../src/datamodel/index.ts';
import { MalformedRequest, readJsonCall, WireDuplicate, WireText, type WireValue } from '../../src/rpc/call.ts';
import { unmarshalFor } from '../../src/rpc/marshal/unmarshal.ts';
import { typedValues } from '../lib/api-values.ts';

const datamodel = deriveDatamodel();

const id = fc.oneof(fc.integer(), fc.string(), fc.constantFrom(null, 1.5, [], 2 ** 53));
const call = fc.record(
  {
    jsonrpc: fc.constantFrom('2.0', '2.0', '2.0', '1.0', null),
    method: fc.oneof(fc.string(), fc.constant('VM.start'), fc.integer()),
    params: fc.oneof(fc.array(fc.jsonValue()), fc.jsonValue()),
    id,
  },
  { requiredKeys: ['method'] },
);

/** The rules again, as one sentence each. */
function isCall(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { jsonrpc, method, params, id: given } = value as Record<string, unknown>;
  if (Object.hasOwn(value, 'jsonrpc') && jsonrpc !== '2.0') return false;
  if (typeof method !== 'string') return false;
  if (typeof given !== 'string' && !(typeof given === 'number' && Number.isSafeInteger(given))) return false;
  return jsonrpc === '2.0' ? params === undefined || typeof params === 'object' : Array.isArray(params);
}

const reads = (body: Uint8Array): boolean => {
  try {
    const read = readJsonCall(body);
    assert.equal(typeof read.method, 'string');
    assert.ok(Array.isArray(read.params));
    return true;
  } catch (error) {
    assert.ok(error instanceof MalformedRequest, String(error));
    return false;
  }
};

describe('JSON-RPC calls at random', () => {
  it('are read exactly when they follow the rules', () => {
    fc.assert(
      fc.property(call, (value) => {
        const text = JSON.stringify(value);
        assert.equal(reads(Buffer.from(text)), isCall(JSON.parse(text)));
      }),
      { numRuns: 4000 },
    );
  });

  it('are read or refused, whatever bytes they are', () => {
    const mutated = fc
      .tuple(
        call,
        fc.array(
          fc.tuple(
            fc.nat(),
            fc.nat(6),
            fc.constantFrom('', '"', '{', '}', '[', ']', ',', ':', '\\', '\\u', '1e999', 'é', '\u0000'),
          ),
          { maxLength: 3 },
        ),
      )
      .map(([value, changes]) => {
        let text = JSON.stringify(value);
        for (const [position, length, piece] of changes) {
          const at = position % (text.length + 1);
          text = text.slice(0, at) + piece + text.slice(at + length);
        }
        return Buffer.from(text);
      });
    fc.assert(
      fc.property(fc.oneof(mutated, mutated, fc.uint8Array({ maxLength: 60 })), (body) => {
        reads(body);
      }),
      { numRuns: 6000 },
    );
  });
});

describe('parameters at random', () => {
  const wire: fc.Arbitrary<WireValue> = fc.oneof(
    fc.jsonValue() as fc.Arbitrary<WireValue>,
    fc.double(),
    fc.string({ unit: 'binary' }),
    fc.string().map((text) => new WireText('datetime', text)),
    fc.string().map((text) => new WireText('base64', text)),
    fc.string().map((text) => new WireDuplicate(text)),
    fc.array(fc.constantFrom<WireValue>(null, new WireText('datetime', 'x'), new WireDuplicate('x'), Number.NaN)),
  );

  it('get their type or an error of the API', () => {
    fc.assert(
      fc.property(typedValues(datamodel), wire, ({ type }, value) => {
        const read = unmarshalFor(type, datamodel, 'p');
        try {
          read(value);
        } catch (error) {
          assert.ok(error instanceof ApiError, String(error));
          assert.ok(error.code === 'INVALID_VALUE' || error.code === 'INTERNAL_ERROR');
          assert.ok(error.params.every((param) => param.isWellFormed() && param.length < 1000));
        }
      }),
      { numRuns: 4000 },
    );
  });
});
