import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { compileQuery, valueText } from '../../src/database/query.ts';
import type { Row } from '../../src/database/types.ts';
import { ApiError } from '../../src/datamodel/index.ts';
import { limits } from '../../src/lib/limits.ts';
import { datamodel } from '../lib/database.ts';

const found = datamodel.classes.get('VM');
assert.ok(found);
const VM = found;

const row: Row = {
  ...Object.fromEntries([...VM.fields.values()].map((field) => [field.name, field.initial])),
  name_label: 'say "hi" \\o/',
  is_a_template: false,
  VCPUs_max: 4,
  HVM_shadow_multiplier: 0.5,
  tags: ["it's", 'b'],
  other_config: { z: '1', a: 'x\\y' },
};
const ref = 'OpaqueRef:one';

function ask(expression: string): boolean {
  return compileQuery(VM, expression)(row, ref);
}

function complaint(expression: string): string {
  try {
    compileQuery(VM, expression);
  } catch (thrown) {
    assert.ok(thrown instanceof ApiError);
    assert.equal(thrown.code, 'INVALID_VALUE');
    assert.equal(thrown.params[0], expression);
    return thrown.params[1] ?? '';
  }
  throw new Error(`accepted: ${expression}`);
}

/** The slow obvious twin: an expression as a tree, with its text and its truth worked out side by side. */
type Tree =
  | { readonly op: 'true' | 'false' }
  | { readonly op: 'not'; readonly of: Tree }
  | { readonly op: 'and' | 'or'; readonly left: Tree; readonly right: Tree }
  | { readonly op: 'eq'; readonly left: Leaf; readonly right: Leaf };
type Leaf = { readonly field: string } | { readonly literal: string };

const strength = { or: 1, and: 2, not: 3, eq: 4, true: 4, false: 4 } as const;

function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function leafText(leaf: Leaf): string {
  return 'field' in leaf ? `field ${quote(leaf.field)}` : quote(leaf.literal);
}

function leafValue(leaf: Leaf): string {
  if (!('field' in leaf)) return leaf.literal;
  return leaf.field === '_ref' ? ref : valueText(row[leaf.field.replaceAll('__', '_')]);
}

/** With no more parentheses than the precedence needs, so that a wrong precedence shows. */
function treeText(tree: Tree, outer: number, space: string): string {
  const mine = strength[tree.op];
  const text = ((): string => {
    switch (tree.op) {
      case 'eq':
        return `${leafText(tree.left)}${space}=${space}${leafText(tree.right)}`;
      case 'not':
        return `not ${treeText(tree.of, mine, space)}`;
      case 'and':
      case 'or':
        return `${treeText(tree.left, mine, space)} ${tree.op}${space}${treeText(tree.right, mine, space)}`;
      case 'true':
      case 'false':
        return tree.op;
      default:
        return '';
    }
  })();
  return mine < outer ? `(${text})` : text;
}

function truth(tree: Tree): boolean {
  switch (tree.op) {
    case 'eq':
      return leafValue(tree.left) === leafValue(tree.right);
    case 'not':
      return !truth(tree.of);
    case 'and':
      return truth(tree.left) && truth(tree.right);
    case 'or':
      return truth(tree.left) || truth(tree.right);
    case 'true':
      return true;
    case 'false':
    default:
      return false;
  }
}

const fields = ['name_label', 'name__label', 'is_a_template', 'is_a__template', 'VCPUs_max', 'tags', '_ref'];
const leaf: fc.Arbitrary<Leaf> = fc.oneof(
  fc.constantFrom(...fields).map((field) => ({ field })),
  fc.constantFrom('say "hi" \\o/', 'false', '4', "('it\\'s' 'b')", ref, '').map((literal) => ({ literal })),
  fc.string().map((literal) => ({ literal })),
);
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ op: fc.constantFrom('true' as const, 'false' as const) }),
    fc.record({ op: fc.constant('eq' as const), left: leaf, right: leaf }),
    fc.record({ op: fc.constant('not' as const), of: tie('tree') }),
    fc.record({ op: fc.constantFrom('and' as const, 'or' as const), left: tie('tree'), right: tie('tree') }),
  ),
}));

describe('query', () => {
  it('compares fields as texts', () => {
    assert.ok(ask('field "name__label" = "say \\"hi\\" \\\\o/"'));
    assert.ok(ask('field "name_label"="say \\"hi\\" \\o/"'));
    assert.ok(ask('field "is_a_template" = "false" and field "VCPUs_max" = "4"'));
    assert.ok(ask('field "HVM__shadow_multiplier" = "0.5"'));
    assert.ok(ask('"Halted" = field "power_state"'));
    assert.ok(ask(`field "_ref" = "${ref}"`));
    assert.ok(ask("field \"tags\" = \"('it\\\\'s' 'b')\""));
    assert.ok(ask("field \"other_config\" = \"(('a' 'x\\\\\\\\y') ('z' '1'))\""));
    assert.ok(ask('not (false or field "name_label" = "")'));
    assert.ok(ask('true or true and false'));
    assert.ok(!ask('not true or false'));
  });

  it('says what is wrong and where', () => {
    assert.match(complaint(''), /the end at position 0 where a value belongs/);
    assert.match(complaint('field "odd" = ""'), /VM has no field odd/);
    assert.match(complaint('field "name_label'), /string that starts at position 6 has no end/);
    assert.match(complaint('true true'), /found true at position 5 where and, or, or the end belongs/);
    assert.match(complaint('(true'), /where \) belongs/);
    assert.match(complaint('true & false'), /unexpected character at position 5/);
    assert.match(complaint('field name = ""'), /unexpected character/);
  });

  it('has a limit of length and of nesting', () => {
    assert.match(complaint(`${'not '.repeat(limits.expressionDepth)}true`), /nested more than/);
    assert.match(complaint(`${'('.repeat(limits.expressionDepth)}true`), /nested more than/);
    assert.ok(ask(`${'('.repeat(limits.expressionDepth - 1)}true${')'.repeat(limits.expressionDepth - 1)}`));
    assert.ok(ask(Array.from({ length: 5000 }, () => 'true').join(' and ')));
    assert.throws(() => ask(`"${'x'.repeat(limits.expressionBytes)}" = ""`), /longer than/);
  });

  it('agrees with a slow twin on random expressions', () => {
    fc.assert(
      fc.property(tree, fc.constantFrom(' ', '', '\n\t '), (made, space) => {
        // `and` and `or` without a space before a word would still be read; strings need none at all.
        assert.equal(ask(treeText(made, 0, space)), truth(made));
      }),
      { numRuns: 10_000 },
    );
  });

  it('answers or complains, whatever it is given', () => {
    const pieces = fc.constantFrom(
      'true',
      'false',
      'and',
      'or',
      'not',
      'field',
      '(',
      ')',
      '=',
      ' ',
      '"',
      '\\',
      '"name__label"',
      '"x"',
      'é',
      '\u0000',
    );
    const text = fc.oneof(
      fc.array(pieces, { maxLength: 40 }).map((list) => list.join('')),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(text, (expression) => {
        try {
          assert.equal(typeof ask(expression), 'boolean');
        } catch (thrown) {
          assert.ok(thrown instanceof ApiError && thrown.code === 'INVALID_VALUE', String(thrown));
        }
      }),
      { numRuns: 15_000 },
    );
  });
});
