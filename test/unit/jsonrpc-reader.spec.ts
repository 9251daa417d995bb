import assert from 'node:assert/strict';
import { MalformedRequest, readJsonCall } from '../../src/rpc/call.ts';

const read = (body: unknown): ReturnType<typeof readJsonCall> => readJsonCall(Buffer.from(JSON.stringify(body)));

describe('reading JSON-RPC calls', () => {
  it('reads version 2.0', () => {
    assert.deepEqual(read({ jsonrpc: '2.0', method: 'pool.get_all', params: ['s'], id: 0 }), {
      method: 'pool.get_all',
      params: ['s'],
      protocol: 'jsonrpc-2.0',
      id: 0,
    });
  });

  it('reads version 1.0 when nothing says which', () => {
    assert.deepEqual(read({ method: 'pool.get_all', params: [1.5, null, { a: [true] }], id: 'x' }), {
      method: 'pool.get_all',
      params: [1.5, null, { a: [true] }],
      protocol: 'jsonrpc-1.0',
      id: 'x',
    });
  });

  it('takes absent and null parameters as none, and an object as one, in 2.0', () => {
    const base = { jsonrpc: '2.0', method: 'a', id: 1 };
    assert.deepEqual(read(base).params, []);
    assert.deepEqual(read({ ...base, params: null }).params, []);
    assert.deepEqual(read({ ...base, params: { b: 1 } }).params, [{ b: 1 }]);
  });

  it('keeps a member called __proto__ as a member', () => {
    const { params } = readJsonCall(
      Buffer.from('{"jsonrpc":"2.0","id":1,"method":"a","params":[{"__proto__":{"x":1}}]}'),
    );
    assert.deepEqual(Object.keys(params[0] as object), ['__proto__']);
  });

  const base = { jsonrpc: '2.0', method: 'a', params: [], id: 1 };
  const bad: readonly (readonly [string, unknown])[] = [
    ['a batch', [base]],
    ['a string', 'a'],
    ['null', null],
    ['another version', { ...base, jsonrpc: '1.0' }],
    ['a version that is null', { ...base, jsonrpc: null }],
    ['no id', { jsonrpc: '2.0', method: 'a', params: [] }],
    ['an id that is null', { ...base, id: null }],
    ['an id that is a fraction', { ...base, id: 1.5 }],
    ['an id that is an array', { ...base, id: [] }],
    ['no method', { jsonrpc: '2.0', params: [], id: 1 }],
    ['a method that is a number', { ...base, method: 1 }],
    ['parameters that are a string', { ...base, params: 'x' }],
    ['absent parameters in 1.0', { method: 'a', id: 1 }],
    ['parameters that are an object in 1.0', { method: 'a', id: 1, params: {} }],
  ];
  for (const [what, body] of bad) it(`refuses ${what}`, () => assert.throws(() => read(body), MalformedRequest));

  it('refuses an id that lost digits', () => {
    assert.throws(
      () => readJsonCall(Buffer.from('{"method":"a","params":[],"id":9007199254740993}')),
      MalformedRequest,
    );
  });

  for (const text of ['', '{', '{"method":"a"', 'nonsense', '{"method":"a","params":[],"id":1}x', '{"a":"\u0001"}']) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => readJsonCall(Buffer.from(text)), MalformedRequest));
  }

  it('refuses what is not UTF-8', () => {
    const body = Buffer.from('{"method":"a\u00e9","params":[],"id":1}', 'latin1');
    assert.throws(() => readJsonCall(body), MalformedRequest);
  });

  it('refuses depth bombs of any kind', () => {
    const open = ['[', '{"a":', '[{"a":'];
    const close = [']', '}', '}]'];
    for (const [index, text] of open.entries()) {
      for (const levels of [65, 1000, 140_000]) {
        const whole = `{"jsonrpc":"2.0","id":1,"method":"a","params":[${text.repeat(levels)}1${close[index]?.repeat(levels)}]}`;
        assert.throws(() => readJsonCall(Buffer.from(whole)), MalformedRequest);
        assert.throws(() => readJsonCall(Buffer.from(text.repeat(levels))), MalformedRequest);
      }
    }
  });

  it('takes values nested as deep as the limit and no deeper', () => {
    const nested = (levels: number, inner: string): Uint8Array =>
      Buffer.from(`{"method":"a","id":1,"params":["x",${'['.repeat(levels)}${inner}${']'.repeat(levels)}]}`);
    assert.equal(readJsonCall(nested(64, '')).params.length, 2);
    assert.equal(readJsonCall(nested(63, '1')).params.length, 2);
    assert.throws(() => readJsonCall(nested(65, '')), MalformedRequest);
    assert.throws(() => readJsonCall(nested(64, '1')), MalformedRequest);
  });

  it('refuses more values than the limit', () => {
    const body = (count: number): Uint8Array =>
      Buffer.from(`{"method":"a","id":1,"params":[${'0,'.repeat(count - 1)}0]}`);
    assert.equal(readJsonCall(body(100_000)).params.length, 100_000);
    assert.throws(() => readJsonCall(body(100_001)), MalformedRequest);
  });
});
