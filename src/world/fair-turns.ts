/**
 * Who may work now. Every client has a share of each turn of the main loop; one that used up its share waits for the next
 * turn, and those that wait are served one piece of work each, round and round.
 */

/** A client, for fairness: a Unix connection, or all connections of one TLS address. */
export interface Share {
  /** Work that waits, oldest first. */
  readonly waiting: (() => void)[];
  /** The turn that `spentMs` belongs to. */
  turn: number;
  spentMs: number;
  inRing: boolean;
}

/** Work never throws. */
export interface FairTurns {
  share(): Share;
  /** True when the client has nothing waiting and time left in this turn. */
  mayRunNow(share: Share): boolean;
  /** Runs a piece of work at once and counts its time. */
  runNow(share: Share, work: () => void): void;
  /** Runs it in a later turn, after what the client has waiting. */
  runLater(share: Share, work: () => void): void;
}

export interface FairTurnsOptions {
  readonly sliceMs: number;
  readonly monotonicMs: () => number;
  /** Calls back in the next turn of the main loop. */
  readonly nextTurn: (call: () => void) => void;
}

export function createFairTurns(options: FairTurnsOptions): FairTurns {
  const { sliceMs, monotonicMs, nextTurn } = options;
  /** Clients with waiting work, in the order in which they are served. */
  const ring: Share[] = [];
  let turn = 0;
  let turnEnds = false;

  const endTurn = (): void => {
    if (turnEnds) return;
    turnEnds = true;
    nextTurn(beginTurn);
  };

  const beginTurn = (): void => {
    turnEnds = false;
    turn++;
    if (ring.length === 0) return;
    // What is not done in time waits behind one more turn, so that sockets are read in between.
    endTurn();
    const endMs = monotonicMs() + sliceMs;
    while (ring.length > 0 && monotonicMs() < endMs) serve(ring.shift() as Share);
  };

  const serve = (share: Share): void => {
    share.inRing = false;
    const work = share.waiting.shift();
    if (work !== undefined) runNow(share, work);
    enter(share);
  };

  const enter = (share: Share): void => {
    if (share.inRing || share.waiting.length === 0) return;
    share.inRing = true;
    ring.push(share);
  };

  const runNow = (share: Share, work: () => void): void => {
    if (share.turn !== turn) {
      share.turn = turn;
      share.spentMs = 0;
    }
    endTurn();
    const startedMs = monotonicMs();
    work();
    share.spentMs += monotonicMs() - startedMs;
  };

  return {
    share: () => ({ waiting: [], turn: -1, spentMs: 0, inRing: false }),
    mayRunNow: (share) => share.waiting.length === 0 && (share.turn !== turn || share.spentMs < sliceMs),
    runNow,
    runLater: (share, work) => {
      share.waiting.push(work);
      enter(share);
      endTurn();
    },
  };
}
