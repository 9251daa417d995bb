import { type Bus, type BusCall, BusError, type BusMatch, type BusSignal, type BusState } from '../world.ts';
import type { Incarnation } from './incarnation.ts';

/** A method of a service that a test made up. Throws or rejects with BusError for an error answer. */
export type FakeMethod = (args: readonly unknown[], call: BusCall) => readonly unknown[] | Promise<readonly unknown[]>;

const absent: BusState = { connected: false, reason: 'there is no D-Bus on this host' };
const present: BusState = { connected: true, reason: '' };

const answerMs = 0.5;

/** The D-Bus of one host. It outlives the lives that use it; there is none until a test connects it. */
export class FakeBus {
  /** By service, interface and member: `org.freedesktop.login1 org.freedesktop.login1.Manager.Reboot`. */
  readonly methods = new Map<string, FakeMethod>();
  #state: BusState = absent;
  #subscribers: readonly { readonly match: BusMatch; readonly received: (signal: BusSignal) => void }[] = [];
  #watchers: readonly ((state: BusState) => void)[] = [];

  get state(): BusState {
    return this.#state;
  }

  connect(): void {
    this.#become(present);
  }

  disconnect(reason = 'the connection was closed'): void {
    this.#become({ connected: false, reason });
  }

  /** Sends a signal to all who subscribed to it. */
  emit(sender: string, signal: BusSignal): void {
    if (!this.#state.connected) return;
    for (const { match, received } of this.#subscribers) if (fits(match, sender, signal)) received(signal);
  }

  /** The bus as one life sees it. */
  seenBy(life: Incarnation): Bus {
    const now = (): BusState => this.#state;
    return {
      get state() {
        return now();
      },
      call: (call) => this.#call(life, call),
      subscribe: (match, received) => {
        if (!life.alive) return () => undefined;
        const one = { match, received: (signal: BusSignal): void => void life.after(answerMs, () => received(signal)) };
        this.#subscribers = [...this.#subscribers, one];
        const cancel = (): void => {
          this.#subscribers = this.#subscribers.filter((each) => each !== one);
        };
        life.atEnd(cancel);
        return cancel;
      },
      onState: (changed) => {
        if (!life.alive) return () => undefined;
        const one = (state: BusState): void => void life.after(answerMs, () => changed(state));
        this.#watchers = [...this.#watchers, one];
        const cancel = (): void => {
          this.#watchers = this.#watchers.filter((each) => each !== one);
        };
        life.atEnd(cancel);
        return cancel;
      },
    };
  }

  #become(state: BusState): void {
    this.#state = state;
    for (const changed of this.#watchers) changed(state);
  }

  #call(life: Incarnation, call: BusCall): Promise<readonly unknown[]> {
    const what = `${call.interface}.${call.member} of ${call.service}`;
    return life.promise((resolve, reject) => {
      const { signal } = call;
      if (signal?.aborted === true) {
        reject(signal.reason as Error);
        return;
      }
      const aborted = (): void => reject(signal?.reason as Error);
      signal?.addEventListener('abort', aborted, { once: true });
      life.after(call.timeoutMs, () =>
        reject(new BusError('timed-out', what, `no answer within ${call.timeoutMs} ms`)),
      );
      life.after(answerMs, () => {
        this.#answer(what, call).then(resolve, (error: unknown) => reject(error as Error));
      });
    });
  }

  async #answer(what: string, call: BusCall): Promise<readonly unknown[]> {
    if (!this.#state.connected) throw new BusError('absent', what, this.#state.reason);
    const method = this.methods.get(`${call.service} ${call.interface}.${call.member}`);
    if (method !== undefined) return method(call.args ?? [], call);
    throw new BusError('error', what, 'the name is not known', 'org.freedesktop.DBus.Error.ServiceUnknown');
  }
}

function fits(match: BusMatch, sender: string, signal: BusSignal): boolean {
  return (
    match.sender === sender &&
    (match.path ?? signal.path) === signal.path &&
    (match.interface ?? signal.interface) === signal.interface &&
    (match.member ?? signal.member) === signal.member
  );
}
