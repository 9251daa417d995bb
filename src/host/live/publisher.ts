import type { Database, Transaction } from '../../database/types.ts';
import type { Log } from '../../world/world.ts';

export interface PublisherOptions {
  readonly world: { readonly log: Log };
  readonly database: Database;
  readonly hostRef: string;
}

/** Changes the objects of one host. What goes wrong is said, once, and never an error: the next reading finds the difference again. */
export class Publisher {
  readonly #options: PublisherOptions;
  #complaint = '';
  #ended = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Work that is asked for from now on is not begun. */
  end(): void {
    this.#ended = true;
  }

  change(work: (tx: Transaction, host: string) => void): void {
    const { database, hostRef } = this.#options;
    const { durable } = database.transaction((tx) => work(tx, hostRef));
    // A disk that refuses is told to callers who write.
    durable?.then(
      () => {
        this.#complaint = '';
      },
      (thrown: unknown) => this.#complain(thrown),
    );
  }

  /** Never rejects. */
  async safely(work: () => Promise<void>): Promise<void> {
    try {
      if (!this.#ended) await work();
    } catch (thrown) {
      this.#complain(thrown);
    }
  }

  /** A full disk refuses every second: that is said once. */
  #complain(thrown: unknown): void {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    if (reason === this.#complaint) return;
    this.#complaint = reason;
    const sentence = 'A part of the inventory could not be brought up to date; it is tried again.';
    this.#options.world.log.write('error', 'inventory-failed', sentence, { reason });
  }
}
