import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { ApiError } from '../../src/datamodel/index.ts';
import { formatToken, parseToken, Subscription } from '../../src/rpc/subscription.ts';

const known = new Map(['VM', 'host', 'VM_metrics', 'task'].map((name) => [name.toLowerCase(), name]));
const parse = (...items: readonly string[]): Subscription => Subscription.parse(items, known);
const failsWith =
  (...description: readonly string[]) =>
  (thrown: unknown): boolean => {
    assert.ok(thrown instanceof ApiError);
    assert.deepEqual(thrown.description, description);
    return true;
  };

describe('subscriptions', () => {
  it('are to everything, to classes in any case, and to single objects', () => {
    const all = parse('*');
    for (const name of known.values()) assert.ok(all.coversClass(name) && all.covers(name, 'any'));
    assert.ok(!all.covers('session', 'any'));
    const some = parse('vm', 'HOST/h1', 'Task/t1', 'task/t2');
    assert.ok(some.covers('VM', 'v') && !some.covers('VM_metrics', 'v'));
    assert.ok(some.covers('host', 'h1') && !some.covers('host', 'h2') && !some.covers('VM_metrics', 'h1'));
    assert.ok(!some.coversClass('host'));
    assert.deepEqual(some.objectsOf('task'), ['t1', 't2']);
    assert.deepEqual([...some.classes].sort(), ['VM', 'host', 'task']);
  });

  it('take names that are not known and hear nothing of them', () => {
    const subscription = parse('no_such_class', 'none/x');
    assert.ok(subscription.isEmpty);
    assert.deepEqual(subscription.classes, []);
  });

  it('refuse what is no subscription, and name it', () => {
    for (const bad of ['', '/', 'vm/', '/x', 'vm/x/y', 'none/x/y', 'none/']) {
      assert.throws(() => parse('vm', bad), failsWith('EVENT_SUBSCRIPTION_PARSE_FAILURE', bad), bad);
    }
  });

  it('are added and taken away class by class and object by object', () => {
    const both = parse('vm', 'host/h1').with(parse('task', 'host/h2'));
    assert.ok(
      both.covers('VM', 'x') && both.covers('task', 'x') && both.covers('host', 'h1') && both.covers('host', 'h2'),
    );
    const less = both.without(parse('vm', 'host/h1'));
    assert.ok(
      !less.covers('VM', 'x') && less.covers('task', 'x') && !less.covers('host', 'h1') && less.covers('host', 'h2'),
    );
    assert.ok(both.covers('VM', 'x'), 'the first is as it was');
    assert.ok(both.without(parse('*', 'host/h1', 'host/h2')).isEmpty);
    // Who listens to a whole class goes on doing so when one object is taken away.
    assert.ok(parse('vm').without(parse('vm/v')).covers('VM', 'v'));
  });

  it('add and take away as sets do', () => {
    const items = fc.array(fc.constantFrom('vm', 'VM', 'host', 'task', 'host/a', 'host/b', 'task/c', 'nothing'));
    const places = [...known.values()].flatMap((name) => ['a', 'b', 'c'].map((ref) => [name, ref] as const));
    fc.assert(
      fc.property(items, items, (first, second) => {
        const [one, other] = [parse(...first), parse(...second)];
        const together = one.with(other);
        for (const [name, ref] of places) {
          assert.equal(together.covers(name, ref), one.covers(name, ref) || other.covers(name, ref));
          assert.equal(parse(...first, ...second).covers(name, ref), together.covers(name, ref));
        }
        assert.ok(one.without(one).isEmpty);
      }),
    );
  });

  it('have tokens that sort as text and survive a round trip', () => {
    assert.equal(formatToken(12), '00000000000000000012,00000000000000000012');
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (one, other) => {
        assert.equal(parseToken(formatToken(one)), one);
        assert.equal(formatToken(one) < formatToken(other), one < other);
      }),
    );
    assert.equal(parseToken(''), undefined);
    assert.equal(parseToken('7,5'), 5, 'the older half counts');
    for (const bad of [
      '1',
      ',',
      '1,',
      '1,2,3',
      '-1,1',
      '1.5,2',
      ' 1,1',
      `${'9'.repeat(20)},${'9'.repeat(20)}`,
      '\u0661,1',
    ]) {
      assert.throws(() => parseToken(bad), failsWith('EVENT_FROM_TOKEN_PARSE_FAILURE', bad), bad);
    }
  });
});
