import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ErrorSpec, errorCodes } from '../../src/datamodel/error-codes.ts';
import { ApiError, asApiError, deriveDatamodel } from '../../src/datamodel/index.ts';

const catalogue: Readonly<Record<string, ErrorSpec>> = errorCodes;
const source = join(import.meta.dirname, '../../src');

interface Construction {
  readonly code: string;
  /** undefined when a spread hides the number. */
  readonly given: number | undefined;
}

/** How many arguments stand before the closing parenthesis; undefined when one is spread. */
function countArguments(text: string): number | undefined {
  let [depth, count, index, seen] = [0, 0, 0, false];
  while (index < text.length) {
    const char = text.charAt(index);
    if (depth === 0 && text.startsWith('...', index)) return undefined;
    if (char === ')' && depth === 0) return count + (seen ? 1 : 0);
    if (char === ',' && depth === 0) {
      count += seen ? 1 : 0;
      seen = false;
    } else if (`'"\``.includes(char)) {
      seen = true;
      index = endOfText(text, index);
    } else {
      if (char.trim() !== '') seen = true;
      depth += '([{'.includes(char) ? 1 : ')]}'.includes(char) ? -1 : 0;
    }
    index += 1;
  }
  return undefined;
}

/** Index of the quote that closes the one at `start`. Code inside a template counts as text. */
function endOfText(text: string, start: number): number {
  const quote = text.charAt(start);
  let index = start + 1;
  while (index < text.length && text.charAt(index) !== quote) index += text.charAt(index) === '\\' ? 2 : 1;
  return index;
}

function constructions(text: string): Construction[] {
  return [...text.matchAll(/new ApiError\(\s*'([^']+)'\s*,?/g)].map((found) => ({
    code: found[1] ?? '',
    given: countArguments(text.slice(found.index + found[0].length)),
  }));
}

describe('the error catalogue', () => {
  it('has every error that a message declares', () => {
    for (const message of deriveDatamodel().messages.values()) {
      for (const code of message.errors) assert.ok(code in catalogue, `${message.name}: ${code}`);
      assert.equal(new Set(message.errors).size, message.errors.length, message.name);
    }
  });

  it('says of each the cause and the way out, in order', () => {
    for (const [code, { params, doc }] of Object.entries(catalogue)) {
      assert.match(code, /^[A-Z][A-Z0-9_]+$/);
      assert.match(doc, /^[A-Z].*; .*\.$|^[A-Z].*, .*\.$/s, `${code}: "${doc}"`);
      assert.equal(new Set(params).size, params.length, code);
    }
    assert.deepEqual(Object.keys(catalogue), Object.keys(catalogue).toSorted());
  });

  it('is thrown with as many parameters as it names', () => {
    for (const file of globSync('**/*.ts', { cwd: source })) {
      for (const { code, given } of constructions(readFileSync(join(source, file), 'utf8'))) {
        const spec = catalogue[code];
        assert.ok(spec, `${file}: ${code} is not in the catalogue`);
        if (given !== undefined)
          assert.equal(given, spec.params.length, `${file}: ${code} takes ${spec.params.join(', ')}`);
      }
    }
  });

  it('counts arguments whatever stands in them', () => {
    const text = `new ApiError('A'); new ApiError('B', x(1, 2), \`a, \${b}\`); new ApiError(
      'C',
      "it's, so",
    ); new ApiError('D', ...rest); new ApiError('E', [1, 2].join(', '), { a, b })`;
    assert.deepEqual(constructions(text), [
      { code: 'A', given: 0 },
      { code: 'B', given: 2 },
      { code: 'C', given: 1 },
      { code: 'D', given: undefined },
      { code: 'E', given: 2 },
    ]);
  });

  it('turns what is thrown into one of its own', () => {
    const error = new ApiError('HANDLE_INVALID', 'VM', 'OpaqueRef:1');
    assert.deepEqual(error.description, ['HANDLE_INVALID', 'VM', 'OpaqueRef:1']);
    assert.equal(asApiError(error), error);
    assert.deepEqual(asApiError(new TypeError('no')).description, ['INTERNAL_ERROR', 'no']);
    assert.deepEqual(asApiError('text').description, ['INTERNAL_ERROR', 'text']);
  });
});
