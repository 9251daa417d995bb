/** The last commits, and who wants to hear of the next. */
import { limits } from '../lib/limits.ts';
import type { Log } from '../world/world.ts';
import type { Commit } from './types.ts';

type Listener = (commit: Commit) => void;

export class History {
  readonly #log: Log;
  readonly #listeners = new Set<{ readonly listener: Listener }>();
  /** A ring would need its full size from the start; this one drops its head now and then. */
  #commits: (Commit | undefined)[] = [];
  #head = 0;
  #changes = 0;
  #oldest: number;
  #queue: Commit[] | undefined;

  constructor(startGeneration: number, log: Log) {
    this.#oldest = startGeneration;
    this.#log = log;
  }

  get oldestGeneration(): number {
    return this.#oldest;
  }

  subscribe(listener: Listener): () => void {
    const entry = { listener };
    this.#listeners.add(entry);
    return () => {
      this.#listeners.delete(entry);
    };
  }

  /** Remembers a commit and tells everybody, in order also when a listener commits in turn. */
  publish(commit: Commit): void {
    this.#remember(commit);
    if (this.#queue !== undefined) {
      this.#queue.push(commit);
      return;
    }
    const queue = [commit];
    this.#queue = queue;
    try {
      for (const next of queue) this.#tell(next);
    } finally {
      this.#queue = undefined;
    }
  }

  since(generation: number): Iterable<Commit> | undefined {
    if (generation < this.#oldest) return undefined;
    let low = this.#head;
    let high = this.#commits.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#commits[middle]?.generation ?? 0) > generation) high = middle;
      else low = middle + 1;
    }
    return this.#commits.slice(low).filter((commit) => commit !== undefined);
  }

  #remember(commit: Commit): void {
    this.#commits.push(commit);
    this.#changes += commit.changes.length;
    const last = this.#commits.length - 1;
    while (
      this.#head < last &&
      (this.#commits.length - this.#head > limits.rememberedCommits || this.#changes > limits.rememberedChanges)
    ) {
      const dropped = this.#commits[this.#head];
      this.#commits[this.#head] = undefined;
      this.#head += 1;
      if (dropped === undefined) continue;
      this.#changes -= dropped.changes.length;
      this.#oldest = dropped.generation;
    }
    if (this.#head > 1024 && this.#head > this.#commits.length / 2) {
      this.#commits = this.#commits.slice(this.#head);
      this.#head = 0;
    }
  }

  #tell(commit: Commit): void {
    for (const { listener } of this.#listeners) {
      try {
        listener(commit);
      } catch (thrown) {
        const sentence = thrown instanceof Error ? thrown.message : String(thrown);
        this.#log.write('error', 'commit-listener-failed', `A listener failed at a commit: ${sentence}`, {
          generation: commit.generation,
        });
      }
    }
  }
}
