import { FileError, type HttpAddress, type HttpHandler, type Log, type Peer } from '../world.ts';
import type { Incarnation } from './incarnation.ts';

/** A place where a life listens. */
export interface Listening {
  readonly key: string;
  readonly address: string;
  readonly handler: HttpHandler;
  readonly life: Incarnation;
  readonly log: Log;
  readonly peer: (callerAddress: string) => Peer;
  readonly mostConnections: number;
  /** Ends each connection, for whom it is true. */
  readonly connections: Set<() => void>;
}

const firstFreePort = 32_768;

/** Who listens where on one host. The lists die with the life that fills them. */
export class Listeners {
  readonly #byKey = new Map<string, Listening>();
  #nextPort = firstFreePort;

  at(key: string): Listening | undefined {
    return this.#byKey.get(key);
  }

  /** `host:port` of an address, with a free port for port 0. */
  portOf(address: Extract<HttpAddress, { kind: 'tls' }>): number {
    return address.port === 0 ? this.#nextPort++ : address.port;
  }

  add(listening: Listening): void {
    if (this.#byKey.has(listening.key)) {
      throw new FileError(
        'exists',
        listening.address,
        'another program answers on this address; is the agent already running?',
      );
    }
    this.#byKey.set(listening.key, listening);
  }

  remove(listening: Listening): void {
    this.#byKey.delete(listening.key);
  }

  clear(): void {
    this.#byKey.clear();
  }
}
