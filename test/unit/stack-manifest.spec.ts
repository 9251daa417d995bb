import assert from 'node:assert/strict';
import { limits } from '../../src/lib/limits.ts';
import { StackFault } from '../../src/stack/fault.ts';
import { readManifest, usualManifest } from '../../src/stack/manifest.ts';

describe('the reader of stack.json', () => {
  const read = (value: unknown) => readManifest(JSON.stringify(value), limits);

  it('reads what a stack says, once each, and ignores what is more', () => {
    assert.deepEqual(
      read({
        contract: '1.2',
        description: 'Ours.',
        capabilities: ['watch_liveset', 'host_weight', 'watch_liveset', 'of_another_day'],
        fence_within_ms: 30_000,
        maker: { name: 'x' },
      }),
      {
        contract: '1.2',
        description: 'Ours.',
        capabilities: ['watch_liveset', 'host_weight', 'of_another_day'],
        fenceWithinMs: 30_000,
      },
    );
    assert.deepEqual(read({}), usualManifest);
  });

  const refusals: readonly (readonly [string | Uint8Array, RegExp])[] = [
    ['', /^it is no JSON: /],
    ['{"contract": }', /^it is no JSON: /],
    ['[]', /^it is no JSON object$/],
    ['null', /^it is no JSON object$/],
    [new Uint8Array([0x22, 0xff, 0x22]), /^it is not UTF-8$/],
    [`{"description": "${'x'.repeat(100_000)}"}`, /^it is longer than 65536 bytes$/],
    ['{"contract": 1}', /^its "contract" is no version such as "1.0"$/],
    ['{"contract": "2.0"}', /^its "contract" is 2.0, and this agent knows 1.0 only$/],
    ['{"description": 7}', /^its "description" is no text$/],
    [`{"description": "${'é'.repeat(3000)}"}`, /^its "description" is longer than 4096 bytes$/],
    ['{"capabilities": "watch_liveset"}', /^its "capabilities" are no list$/],
    ['{"capabilities": ["Watch"]}', /^its "capabilities" have "Watch", which is no name of small letters/],
    ['{"capabilities": [null]}', /^its "capabilities" have null, /],
    [JSON.stringify({ capabilities: Array.from({ length: 65 }, () => 'a') }), /^it has more than 64 "capabilities"$/],
    [JSON.stringify({ capabilities: ['a'.repeat(65)] }), /which is no name/],
    ['{"fence_within_ms": 0}', /^its "fence_within_ms" is no whole number from 1 to 86400000$/],
    ['{"fence_within_ms": "30"}', /^its "fence_within_ms" is no whole number/],
    ['{"fence_within_ms": 1.5}', /^its "fence_within_ms" is no whole number/],
  ];

  for (const [file, sentence] of refusals) {
    it(`refuses ${String(file).slice(0, 40)}`, () => {
      assert.throws(
        () => readManifest(file, limits),
        (error) => error instanceof StackFault && sentence.test(error.message),
      );
    });
  }

  it('cannot be made to answer for other members than its own', () => {
    assert.deepEqual(readManifest('{"__proto__": {"contract": "9.9"}}', limits), usualManifest);
  });
});
