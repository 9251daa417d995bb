import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { createFairTurns, type Share } from '../../src/world/fair-turns.ts';

/** A loop whose turns the test makes, and a clock that moves when work says so. */
function loop(sliceMs: number) {
  let nowMs = 0;
  let next: (() => void)[] = [];
  const turns = createFairTurns({ sliceMs, monotonicMs: () => nowMs, nextTurn: (call) => next.push(call) });
  return {
    turns,
    work: (durationMs: number) => {
      nowMs += durationMs;
    },
    /** One turn of the loop; the time that it took. */
    turn: (): number => {
      const startedMs = nowMs;
      const calls = next;
      next = [];
      for (const call of calls) call();
      return nowMs - startedMs;
    },
    get idle() {
      return next.length === 0;
    },
  };
}

describe('fair turns', () => {
  it('run work at once until the client has used up its share of the turn', () => {
    const { turns, work, turn } = loop(4);
    const share = turns.share();
    assert.equal(turns.mayRunNow(share), true);
    turns.runNow(share, () => work(3));
    assert.equal(turns.mayRunNow(share), true);
    turns.runNow(share, () => work(3));
    assert.equal(turns.mayRunNow(share), false);
    assert.equal(turns.mayRunNow(turns.share()), true);
    turn();
    assert.equal(turns.mayRunNow(share), true);
  });

  it('let nothing overtake what waits', () => {
    const { turns, turn } = loop(4);
    const share = turns.share();
    const order: number[] = [];
    turns.runLater(share, () => order.push(1));
    assert.equal(turns.mayRunNow(share), false);
    turns.runLater(share, () => order.push(2));
    turn();
    turn();
    assert.deepEqual(order, [1, 2]);
  });

  it('come to rest when there is nothing to do', () => {
    const one = loop(4);
    one.turns.runNow(one.turns.share(), () => one.work(1));
    for (let count = 0; count < 3; count++) one.turn();
    assert.equal(one.idle, true);
  });

  it('serve everybody in order, as often as everybody else, and no turn takes long', () => {
    const job = fc.record({ client: fc.nat(4), durationMs: fc.integer({ min: 0, max: 6 }), more: fc.nat(2) });
    fc.assert(
      fc.property(fc.array(job, { maxLength: 60 }), (jobs) => {
        const { turns, work, turn } = loop(4);
        const shares: Share[] = Array.from({ length: 5 }, () => turns.share());
        const done: number[][] = shares.map(() => []);
        const asked: number[] = shares.map(() => 0);
        const add = (client: number, durationMs: number, more: number): void => {
          const share = shares[client];
          if (share === undefined) return;
          const number = asked[client] ?? 0;
          asked[client] = number + 1;
          turns.runLater(share, () => {
            done[client]?.push(number);
            work(durationMs);
            // Work that makes more work for its own client.
            if (more > 0) add(client, durationMs, more - 1);
          });
        };
        for (const { client, durationMs, more } of jobs) add(client, durationMs, more);
        for (let count = 0; count < 2000; count++) {
          const before = done.map((each) => each.length);
          // A slice, and the last piece of work that began within it.
          assert.ok(turn() < 4 + 6);
          const served = done.map((each, client) => each.length - (before[client] ?? 0));
          const hungry = served.filter((_, client) => (asked[client] ?? 0) > (done[client]?.length ?? 0));
          // Nobody who still waits was passed by twice.
          if (hungry.length > 0) assert.ok(Math.max(...served) - Math.min(...hungry) <= 1);
        }
        assert.deepEqual(
          done,
          asked.map((count) => Array.from({ length: count }, (_, number) => number)),
        );
      }),
      { numRuns: 100 },
    );
  });
});
