/** Events as they arrive, for tests that want to see what a change does and that it does nothing else. */
import type { ApiClient } from './api-client.ts';

export interface ApiEvent {
  readonly class: string;
  readonly operation: string;
  readonly ref: string;
  readonly snapshot?: Readonly<Record<string, unknown>>;
}

export class EventStream {
  readonly #api: ApiClient;
  readonly #classes: readonly string[];
  #token = '';

  constructor(api: ApiClient, classes: readonly string[]) {
    this.#api = api;
    this.#classes = classes;
  }

  /** Everything from now on. */
  async begin(): Promise<this> {
    await this.#next(0);
    return this;
  }

  /** Collects events until they are what was waited for; fails when they are not in time. */
  async until(what: string, enough: (events: readonly ApiEvent[]) => boolean, longestMs = 20_000): Promise<ApiEvent[]> {
    const endMs = performance.now() + longestMs;
    const events: ApiEvent[] = [];
    while (!enough(events)) {
      const leftMs = endMs - performance.now();
      if (leftMs <= 0) throw new Error(`no event for: ${what}; there were ${JSON.stringify(events.map(short))}`);
      events.push(...(await this.#next(leftMs / 1000)));
    }
    return events;
  }

  async #next(seconds: number): Promise<readonly ApiEvent[]> {
    const batch = await this.#api.call<{ events: ApiEvent[]; token: string }>(
      'event.from',
      this.#classes,
      this.#token,
      seconds,
    );
    this.#token = batch.token;
    return batch.events;
  }
}

/** `PIF mod`: what an event is about. */
export function short(event: ApiEvent): string {
  return `${event.class} ${event.operation}`;
}
