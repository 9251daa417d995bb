import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { Documents } from '../../src/stack/documents.ts';

/** What comes out when the text comes in pieces of these lengths, again and again. */
function cut(text: string, lengths: readonly number[], most = 1000): { documents: string[]; tooLong: number } {
  const documents: string[] = [];
  let tooLong = 0;
  const reader = new Documents(
    most,
    (document) => documents.push(Buffer.from(document).toString()),
    () => {
      tooLong += 1;
    },
  );
  const bytes = Buffer.from(text);
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1;
    reader.add(bytes.subarray(at, at + length));
    at += length;
  }
  return { documents, tooLong };
}

/** The slow twin: lines, gathered until an empty one. */
function twin(text: string): string[] {
  const documents: string[] = [];
  let gathered = '';
  for (const line of text.split('\n').slice(0, -1)) {
    if (line !== '') gathered += `${line}\n`;
    else if (gathered !== '') {
      documents.push(gathered);
      gathered = '';
    }
  }
  return documents;
}

describe('documents in a stream', () => {
  it('end at an empty line, however the stream is cut', () => {
    const texts = fc.string({ unit: fc.constantFrom('\n', '\n', 'a', '<', 'é') });
    fc.assert(
      fc.property(texts, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }), (text, lengths) => {
        const { documents, tooLong } = cut(text, lengths);
        assert.deepEqual(
          documents.map((document) => document.trimEnd()),
          twin(text).map((document) => document.trimEnd()),
        );
        assert.equal(tooLong, 0);
      }),
      { numRuns: 5000 },
    );
  });

  it('are told when their empty line comes, and no sooner', () => {
    assert.deepEqual(cut('one\n', [100]).documents, []);
    assert.deepEqual(
      cut('one\n\ntwo\n', [4]).documents.map((each) => each.trim()),
      ['one'],
    );
  });

  it('that are too long end the stream, once', () => {
    assert.deepEqual(cut(`short\n\n${'x'.repeat(50)}\n\nnever\n\n`, [7], 20), { documents: ['short\n\n'], tooLong: 1 });
    assert.deepEqual(cut('x'.repeat(21), [1], 20), { documents: [], tooLong: 1 });
    assert.equal(cut(`${'x'.repeat(18)}\n\n`, [1], 20).documents.length, 1);
  });
});
