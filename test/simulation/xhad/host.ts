/** What one host of a simulated pool is, and how a pool is described. */

import type { Seeded } from '../../../src/world/simulated/seeded.ts';
import type { XhadCore } from '../../../src/xhad/core/core.ts';
import type { XhadTimings } from '../../../src/xhad/core/settings.ts';
import type { Effect, State } from '../../../src/xhad/core/state.ts';
import { has } from '../../../src/xhad/format/host-set.ts';

export type StatefileState = 'good' | 'lost' | 'hung' | 'slow';

/** What links and disks are like as long as nothing breaks. */
export interface Surroundings {
  readonly loss: number;
  readonly duplicates: number;
  readonly delayMs: number;
  readonly diskMs: number;
  readonly tornReads: number;
  /** Clocks of hosts run up to this share too fast or too slow. */
  readonly drift: number;
}

export interface ClusterOptions {
  readonly seed: string;
  readonly hosts: number;
  readonly timings: XhadTimings;
  readonly surroundings: Surroundings;
  /** What a broken daemon does differently. */
  readonly sabotage?: Sabotage;
}

/** What makes a daemon a broken one. */
export interface Sabotage {
  /** Takes an effect on its way out and may change or drop it. */
  readonly effect?: (host: SimulatedHost, effect: Effect) => readonly Effect[];
  /** Changes what a daemon knows, after each of its turns. */
  readonly turn?: (state: State, random: Seeded) => void;
}

export type HostEnd = 'fenced' | 'watchdog' | 'power' | 'exit';

export class SimulatedHost {
  readonly index: number;
  core: XhadCore | undefined;
  /** Counts lives, so that nothing of a former one reaches the next. */
  life = 0;
  paused = false;
  held: (() => void)[] = [];
  statefile: StatefileState = 'good';
  waitingIo: (() => void)[] = [];
  /** In which life of theirs it has listed the others. */
  readonly listed = new Map<number, number>();
  deadlines: Partial<Record<'heartbeat' | 'statefile', number>> = {};
  lastEnd:
    | { readonly atMs: number; readonly by: HostEnd; readonly reason: string; readonly exitCode?: number }
    | undefined;
  readonly drift: number;
  readonly answers: {
    readonly id: number;
    readonly exitCode: number;
    readonly value: boolean | undefined;
    readonly atMs: number;
  }[] = [];

  constructor(index: number, drift: number) {
    this.index = index;
    this.drift = drift;
  }

  /** It runs virtual machines for the pool: an armed member that nothing has ended. */
  get acts(): boolean {
    const state = this.core?.state;
    return state !== undefined && state.fencing === 'armed' && has(state.current, this.index);
  }

  get online(): boolean {
    const state = this.core?.state;
    return state !== undefined && !state.ended && has(state.current, this.index);
  }
}

/** A promise was broken. */
export class Violation extends Error {
  constructor(nowMs: number, what: string) {
    super(`at ${(nowMs / 1000).toFixed(3)} s: ${what}`);
    this.name = 'Violation';
  }
}
