import type { Limits } from '../../lib/limits.ts';
import type { Log } from '../world.ts';
import type { Listeners } from './http-listeners.ts';
import type { Incarnation } from './incarnation.ts';
import type { Network, Reception } from './network.ts';

/** What a host is to the network. */
export interface Side {
  readonly name: string;
  /** False while power is off: such a host answers nothing, not even that nobody is there. */
  readonly powered: boolean;
  readonly listeners: Listeners;
}

export interface HttpParts {
  readonly side: Side;
  readonly life: Incarnation;
  readonly address: string;
  readonly log: Log;
  readonly limits: Limits;
  readonly network: Network;
  /** The host of a name or an address. */
  readonly find: (name: string) => Side | undefined;
}

/** How a message to a life on a host is met. */
export function receive(side: Side, life: Incarnation, take: () => void, refused: () => void): Reception {
  if (!side.powered) return 'silence';
  if (!life.alive) {
    refused();
    return 'refused';
  }
  take();
  return 'taken';
}
