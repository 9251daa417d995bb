/** D-Bus without a daemon, for tests of what uses it. */
import {
  type Bus,
  type BusCall,
  BusError,
  type BusMatch,
  type BusSignal,
  type BusState,
} from '../../src/world/world.ts';

type Answer = (args: readonly unknown[], call: BusCall) => readonly unknown[] | Promise<readonly unknown[]>;

export class FakeBus implements Bus {
  state: BusState = { connected: true, reason: '' };
  /** Every call as `interface.member(arguments as JSON)`, in order. */
  readonly calls: string[] = [];
  readonly #answers: Readonly<Record<string, Answer>>;
  readonly #subscriptions = new Set<{ match: BusMatch; received: (signal: BusSignal) => void }>();
  readonly #listeners = new Set<(state: BusState) => void>();

  /** `answers`: by `interface.member`. Others are unknown methods. */
  constructor(answers: Readonly<Record<string, Answer>> = {}) {
    this.#answers = answers;
  }

  async call(call: BusCall): Promise<readonly unknown[]> {
    const what = `${call.interface}.${call.member}`;
    if (!this.state.connected) throw new BusError('absent', what, this.state.reason);
    this.calls.push(`${what}(${JSON.stringify(call.args ?? []).slice(1, -1)})`);
    const answer = this.#answers[what];
    const unknown = 'org.freedesktop.DBus.Error.UnknownMethod';
    if (answer === undefined) throw new BusError('error', what, 'no such method', unknown);
    return answer(call.args ?? [], call);
  }

  subscribe(match: BusMatch, received: (signal: BusSignal) => void): () => void {
    const subscription = { match, received };
    this.#subscriptions.add(subscription);
    return () => this.#subscriptions.delete(subscription);
  }

  onState(changed: (state: BusState) => void): () => void {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  }

  /** A service sends a signal. Returns how many listened. */
  emit(sender: string, signal: BusSignal): number {
    const fitting = [...this.#subscriptions].filter(
      ({ match }) =>
        match.sender === sender &&
        (match.path ?? signal.path) === signal.path &&
        (match.interface ?? signal.interface) === signal.interface &&
        (match.member ?? signal.member) === signal.member,
    );
    for (const { received } of fitting) received(signal);
    return fitting.length;
  }

  connect(connected: boolean, reason = connected ? '' : 'the daemon closed the connection'): void {
    this.state = { connected, reason };
    for (const listener of this.#listeners) listener(this.state);
  }
}

/** A machine without D-Bus. */
export function absentBus(): FakeBus {
  const bus = new FakeBus();
  bus.connect(false, 'there is no D-Bus here');
  return bus;
}
