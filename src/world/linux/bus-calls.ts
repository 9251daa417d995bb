import type { Limits } from '../../lib/limits.ts';
import { type BusCall, BusError, type Cancel, type Clock } from '../world.ts';
import { type BusConnection, type BusMessage, messageTypes } from './bus-connection.ts';

type CallLimits = Pick<Limits, 'busCallsInFlight' | 'busCallsPerService' | 'busCallsWaiting'>;

interface Waiting {
  readonly connection: BusConnection;
  readonly call: BusCall;
  readonly settle: (outcome: readonly unknown[] | Error) => void;
}

interface Sent {
  readonly service: string;
  readonly what: string;
  /** Undefined when whoever called has given up; the daemon still counts the call. */
  settle: ((outcome: readonly unknown[] | Error) => void) | undefined;
}

/** Calls from the moment they are made to their answer, each with its deadline, never more at a time than the daemon allows. */
export class BusCalls {
  readonly #clock: Clock;
  readonly #limits: CallLimits;
  readonly #sent = new Map<number, Sent>();
  readonly #inFlight = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();

  constructor(clock: Clock, limits: CallLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  run(connection: BusConnection, call: BusCall, what: string, timeoutMs: number): Promise<readonly unknown[]> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.size >= this.#limits.busCallsWaiting) {
        reject(new BusError('too-busy', what, 'too many calls wait for their turn'));
        return;
      }
      let cancel: Cancel = () => {};
      const settle = (outcome: readonly unknown[] | Error): void => {
        cancel();
        call.signal?.removeEventListener('abort', aborted);
        this.#waiting.delete(waiting);
        for (const sent of this.#sent.values()) if (sent.settle === settle) sent.settle = undefined;
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      };
      const aborted = (): void => settle(call.signal?.reason as Error);
      const waiting: Waiting = { connection, call, settle };
      this.#waiting.add(waiting);
      cancel = this.#clock.after(timeoutMs, () =>
        settle(new BusError('timed-out', what, `no answer of ${call.service} within ${call.timeoutMs} ms`)),
      );
      call.signal?.addEventListener('abort', aborted, { once: true });
      this.#sendNext();
    });
  }

  answered(message: BusMessage): void {
    const sent = this.#sent.get(message.replySerial);
    if (sent === undefined) return;
    this.#sent.delete(message.replySerial);
    this.#inFlight.set(sent.service, (this.#inFlight.get(sent.service) ?? 1) - 1);
    if (message.kind === 'reply') sent.settle?.(message.body);
    else {
      const detail = typeof message.body[0] === 'string' ? message.body[0] : message.errorName;
      sent.settle?.(new BusError('error', sent.what, detail, message.errorName));
    }
    this.#sendNext();
  }

  /** The connection has ended: nothing that was sent or waits over it will be answered. */
  fail(error: BusError): void {
    const settles = [...this.#sent.values(), ...this.#waiting].map(({ settle }) => settle);
    this.#sent.clear();
    this.#inFlight.clear();
    this.#waiting.clear();
    for (const settle of settles) settle?.(error);
  }

  #sendNext(): void {
    for (const waiting of this.#waiting) {
      const { connection, call, settle } = waiting;
      if (this.#sent.size >= this.#limits.busCallsInFlight) return;
      const inFlight = this.#inFlight.get(call.service) ?? 0;
      if (inFlight >= this.#limits.busCallsPerService) continue;
      try {
        const serial = connection.send({
          type: messageTypes.call,
          destination: call.service,
          path: call.path,
          interface: call.interface,
          member: call.member,
          signature: call.signature ?? '',
          body: call.args ?? [],
        });
        this.#sent.set(serial, { service: call.service, what: `${call.interface}.${call.member}`, settle });
        this.#inFlight.set(call.service, inFlight + 1);
        this.#waiting.delete(waiting);
      } catch (thrown) {
        settle(thrown instanceof Error ? thrown : new Error(String(thrown)));
      }
    }
  }
}
