import { type Limits, limits as usualLimits } from '../../lib/limits.ts';
import {
  type Bus,
  type BusCall,
  BusError,
  type BusMatch,
  type BusSignal,
  type BusState,
  type Cancel,
  type Clock,
  type Log,
} from '../world.ts';
import { BusCalls } from './bus-calls.ts';
import { type BusConnection, type BusMessage, messageTypes, openConnection } from './bus-connection.ts';

export interface LinuxBus extends Bus {
  /** Ends the connection and everything that waits for it. */
  close(): void;
}

export interface BusOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** As in DBUS_SYSTEM_BUS_ADDRESS. */
  readonly address: string;
  readonly limits?: Limits;
}

interface Subscription {
  readonly match: BusMatch;
  readonly received: (signal: BusSignal) => void;
}

const daemon = 'org.freedesktop.DBus';
const daemonPath = '/org/freedesktop/DBus';

export function createBus(options: BusOptions): LinuxBus {
  return new ReconnectingBus(options);
}

/** A connection that comes back. While somebody listens for signals it is tried again by itself, otherwise at the next call. */
class ReconnectingBus implements LinuxBus {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #address: string;
  readonly #limits: Limits;
  readonly #calls: BusCalls;
  readonly #subscriptions = new Set<Subscription>();
  readonly #listeners = new Set<(state: BusState) => void>();
  /** Unique names of the services that are listened to; empty while nobody has the name. */
  readonly #owners = new Map<string, string>();
  /** Rules that the daemon was told of over the present connection. */
  readonly #listened = new Set<string>();
  #state: BusState = { connected: false, reason: 'nobody has used D-Bus yet' };
  #connection: BusConnection | undefined;
  #opening: Promise<BusConnection> | undefined;
  #retry: Cancel = () => {};
  #failures = 0;
  #tried = false;
  #closed = false;

  constructor(options: BusOptions) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#address = options.address;
    this.#limits = options.limits ?? usualLimits;
    this.#calls = new BusCalls(this.#clock, this.#limits);
  }

  get state(): BusState {
    return this.#state;
  }

  async call(call: BusCall): Promise<readonly unknown[]> {
    const what = `${call.interface}.${call.member}`;
    call.signal?.throwIfAborted();
    const startedMs = this.#clock.monotonicMs();
    const connection = this.#connection ?? (await this.#open());
    const timeoutMs = call.timeoutMs - (this.#clock.monotonicMs() - startedMs);
    return this.#calls.run(connection, call, what, timeoutMs);
  }

  subscribe(match: BusMatch, received: (signal: BusSignal) => void): Cancel {
    const subscription = { match, received };
    this.#subscriptions.add(subscription);
    if (this.#connection === undefined) this.#openInBackground();
    else void this.#listen(this.#connection, match).catch(() => undefined);
    return () => {
      if (!this.#subscriptions.delete(subscription) || this.#connection === undefined) return;
      const rule = ruleOf(match);
      if ([...this.#subscriptions].some((other) => ruleOf(other.match) === rule)) return;
      this.#listened.delete(rule);
      void this.#ask(this.#connection, 'RemoveMatch', 's', [rule]).catch(() => undefined);
    };
  }

  onState(changed: (state: BusState) => void): Cancel {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  }

  close(): void {
    this.#closed = true;
    this.#retry();
    this.#connection?.close();
    this.#connection = undefined;
    this.#calls.fail(new BusError('closed', 'D-Bus', 'the agent is ending'));
    this.#subscriptions.clear();
    this.#listeners.clear();
    this.#state = { connected: false, reason: 'the agent is ending' };
  }

  #open(): Promise<BusConnection> {
    if (this.#closed) return Promise.reject(new BusError('closed', 'D-Bus', 'the agent is ending'));
    this.#opening ??= this.#connect().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  #openInBackground(): void {
    this.#retry();
    void this.#open().catch(() => undefined);
  }

  async #connect(): Promise<BusConnection> {
    let lost: string | undefined;
    this.#listened.clear();
    this.#owners.clear();
    try {
      const connection = await openConnection({
        address: this.#address,
        connectMs: this.#limits.busConnectMs,
        messageBytes: this.#limits.busMessageBytes,
        received: (message) => this.#received(message),
        ended: (reason) => {
          lost = reason;
          this.#lost(reason);
        },
      });
      try {
        await this.#ask(connection, 'Hello', '', []);
        for (const { match } of this.#subscriptions) await this.#listen(connection, match);
        if (this.#closed || lost !== undefined) throw new BusError('lost', 'D-Bus', lost ?? 'the agent is ending');
      } catch (thrown) {
        connection.close();
        throw thrown;
      }
      this.#connection = connection;
      this.#failures = 0;
      this.#tell({ connected: true, reason: '' });
      // Whoever subscribed while the connection was being made.
      for (const { match } of this.#subscriptions) void this.#listen(connection, match).catch(() => undefined);
      return connection;
    } catch (thrown) {
      this.#calls.fail(new BusError('lost', 'D-Bus', 'the connection could not be made'));
      if (!this.#closed)
        this.#tell({ connected: false, reason: thrown instanceof Error ? thrown.message : String(thrown) });
      this.#tryLater();
      throw thrown;
    }
  }

  #lost(reason: string): void {
    this.#connection = undefined;
    this.#calls.fail(new BusError('lost', 'D-Bus', reason));
    // Until it is open, whoever opens it deals with its end.
    if (this.#opening !== undefined) return;
    this.#tell({ connected: false, reason });
    this.#tryLater();
  }

  #tryLater(): void {
    this.#retry();
    if (this.#closed || this.#subscriptions.size === 0) return;
    const delayMs = Math.min(this.#limits.busRetryMs * 2 ** this.#failures, this.#limits.busRetryMostMs);
    this.#failures = Math.min(this.#failures + 1, 16);
    this.#retry = this.#clock.after(delayMs, () => this.#openInBackground());
  }

  #tell(state: BusState): void {
    const same = this.#tried && this.#state.connected === state.connected;
    this.#state = state;
    this.#tried = true;
    if (same) return;
    for (const listener of this.#listeners) listener(state);
  }

  #ask(connection: BusConnection, member: string, signature: string, args: readonly unknown[]) {
    const call = { service: daemon, path: daemonPath, interface: daemon, member, signature, args };
    const timeoutMs = this.#limits.busConnectMs;
    return this.#calls.run(connection, { ...call, timeoutMs }, `${daemon}.${member}`, timeoutMs);
  }

  /** Lets the daemon send what fits, and learns who has the sender's name: anybody may send signals to anybody. */
  async #listen(connection: BusConnection, match: BusMatch): Promise<void> {
    const rule = ruleOf(match);
    if (this.#listened.has(rule)) return;
    this.#listened.add(rule);
    const { sender } = match;
    if (sender !== daemon && !this.#owners.has(sender)) {
      this.#owners.set(sender, '');
      const names = `type='signal',sender='${daemon}',interface='${daemon}',member='NameOwnerChanged',arg0='${sender}'`;
      await this.#ask(connection, 'AddMatch', 's', [names]);
      const [owner] = await this.#ask(connection, 'GetNameOwner', 's', [sender]).catch((thrown: unknown) => {
        if (thrown instanceof BusError && thrown.reason === 'error') return [''];
        throw thrown;
      });
      this.#owners.set(sender, String(owner));
    }
    await this.#ask(connection, 'AddMatch', 's', [rule]);
  }

  #received(message: BusMessage): void {
    if (message.kind === 'reply' || message.kind === 'error') {
      this.#calls.answered(message);
      return;
    }
    if (message.kind === 'call') {
      // Nothing is offered here, but who asks deserves an answer.
      this.#connection?.send({
        type: messageTypes.error,
        destination: message.sender,
        replySerial: message.serial,
        errorName: 'org.freedesktop.DBus.Error.UnknownMethod',
        signature: 's',
        body: ['This connection offers no methods.'],
      });
      return;
    }
    const [name, , owner] = message.body;
    if (message.sender === daemon && message.member === 'NameOwnerChanged' && this.#owners.has(String(name))) {
      this.#owners.set(String(name), String(owner));
    }
    const { path, interface: face, member, body: args } = message;
    for (const { match, received } of this.#subscriptions) {
      if (match.sender !== message.sender && this.#owners.get(match.sender) !== message.sender) continue;
      if (match.path !== undefined && match.path !== path) continue;
      if (match.interface !== undefined && match.interface !== face) continue;
      if (match.member !== undefined && match.member !== member) continue;
      this.#deliver(received, { path, interface: face, member, args });
    }
  }

  /** What a listener throws is its own fault and not that of the connection. */
  #deliver(received: (signal: BusSignal) => void, signal: BusSignal): void {
    try {
      received(signal);
    } catch (thrown) {
      const what = `${signal.interface}.${signal.member}`;
      this.#log.write('error', 'bus-listener-failed', `What was to happen at the D-Bus signal ${what} failed.`, {
        reason: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown),
      });
    }
  }
}

function ruleOf(match: BusMatch): string {
  const parts = Object.entries({ type: 'signal', ...match }).filter(([, value]) => value !== undefined);
  return parts.map(([key, value]) => `${key}='${value}'`).join(',');
}
