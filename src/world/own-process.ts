/** How much later than they should timers came, in milliseconds. */
export interface LoopDelay {
  readonly meanMs: number;
  readonly medianMs: number;
  /** Of a hundred, one was later. */
  readonly p99Ms: number;
  readonly mostMs: number;
}

/** The process that the agent runs in. */
export interface OwnProcess {
  /** Number of the user that it runs as. */
  readonly uid: number;
  residentBytes(): number;
  /** Processor time since it started. */
  cpuSeconds(): number;
  /** Since the last `resetLoopDelay`; the first call begins to measure. */
  loopDelay(): LoopDelay;
  resetLoopDelay(): void;
}
