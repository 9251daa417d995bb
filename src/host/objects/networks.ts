/** The networks of a host: one for each bridge, and one for each interface that is in no bridge. */
import type { FieldsOf, Transaction } from '../../database/types.ts';
import { destroyUnused, identityOf, refOfName } from './identity.ts';
import type { Memory } from './network-match.ts';
import type { WantedBridge, WantedInterface } from './network-plan.ts';

export interface NetworksOptions {
  readonly host: string;
  readonly memory: Memory;
}

export class Networks {
  readonly #tx: Transaction;
  readonly #bridges: readonly WantedBridge[];
  readonly #options: NetworksOptions;
  /** By name of the bridge. */
  readonly #ofBridge = new Map<string, string>();
  /** Networks that interfaces without a bridge have. */
  readonly #own = new Set<string>();

  constructor(tx: Transaction, bridges: readonly WantedBridge[], options: NetworksOptions) {
    this.#tx = tx;
    this.#bridges = bridges;
    this.#options = options;
  }

  /** A bridge that was renamed while the agent ran keeps its network. */
  applyBridges(): void {
    const tx = this.#tx;
    const { memory } = this.#options;
    const byBridge = new Map(tx.refs('network').map((ref) => [tx.require('network', ref).bridge, ref]));
    for (const { index, name, mtu } of this.#bridges) {
      const remembered = memory.bridges.get(index);
      const known =
        remembered !== undefined && tx.get('network', remembered) !== undefined ? remembered : byBridge.get(name);
      const ref = known ?? this.#create(name, { name_label: name, managed: false, MTU: mtu });
      this.#ofBridge.set(name, ref);
      const row = tx.require('network', ref);
      const label = row.name_label === row.bridge && !row.managed ? name : row.name_label;
      tx.update('network', ref, { bridge: name, name_label: label, ...(row.managed ? {} : { MTU: mtu }) });
    }
    memory.bridges.clear();
    for (const { index, name } of this.#bridges) memory.bridges.set(index, this.#ofBridge.get(name) ?? '');
  }

  /** The network of an interface: that of its bridge, else the one that it has, else one of its own. */
  of(wanted: WantedInterface, pif: string | undefined): string {
    const tx = this.#tx;
    const bridge = this.#ofBridge.get(wanted.bridge);
    if (bridge !== undefined) return bridge;
    const current = pif === undefined ? undefined : tx.require('PIF', pif).network;
    const row = current === undefined ? undefined : tx.get('network', current);
    // A bridge that the agent is to make is not there until something needs it.
    if (current !== undefined && row !== undefined && row.managed && !this.#ofBridge.has(row.bridge)) {
      this.#own.add(current);
      return current;
    }
    const own = this.#ownNetwork(wanted, pif);
    this.#own.add(own);
    return own;
  }

  /** Removes networks that this host found for a bridge or an interface, which has gone, and that nobody used or named. */
  tidy(): void {
    const tx = this.#tx;
    const inUse = new Set([...this.#ofBridge.values(), ...this.#own]);
    for (const ref of tx.refs('network')) {
      const row = tx.require('network', ref);
      const found = ref === refOfName('network', this.#nameOf(row.bridge));
      const asMade = row.managed ? isOwnLabel(row.name_label, row.bridge) : row.name_label === row.bridge;
      const untouched =
        found &&
        asMade &&
        row.name_description === '' &&
        row.tags.length === 0 &&
        Object.keys(row.other_config).length === 0 &&
        Object.keys(row.blobs).length === 0;
      if (untouched && !inUse.has(ref) && row.PIFs.length === 0 && row.VIFs.length === 0)
        destroyUnused(tx, 'network', ref);
    }
  }

  #ownNetwork(wanted: WantedInterface, pif: string | undefined): string {
    const tx = this.#tx;
    const { name, mtu } = wanted.link;
    const bridge = bridgeNameFor(name);
    const isFree = (ref: string): boolean => tx.require('network', ref).PIFs.every((other) => other === pif);
    const known = tx
      .refs('network')
      .find((ref) => tx.require('network', ref).bridge === bridge && !this.#ofBridge.has(bridge) && isFree(ref));
    if (known !== undefined && !this.#own.has(known)) return known;
    const taken = new Set(tx.refs('network').map((ref) => tx.require('network', ref).bridge));
    let free = bridge;
    for (let number = 0; taken.has(free) || this.#ofBridge.has(free); number += 1) free = `xapi${number}`;
    return this.#create(free, { name_label: ownLabel(name), MTU: mtu });
  }

  #nameOf(bridge: string): string {
    return `${this.#tx.require('host', this.#options.host).uuid}/${bridge}`;
  }

  #create(bridge: string, fields: FieldsOf<'network'>): string {
    const tx = this.#tx;
    const identity = identityOf(tx, 'network', this.#nameOf(bridge));
    return tx.create('network', { ...fields, bridge, ...(identity && { uuid: identity.uuid }) }, identity?.ref);
  }
}

/** The label that scripts for other servers look for. */
function ownLabel(device: string): string {
  return `Pool-wide network associated with ${device}`;
}

function isOwnLabel(label: string, bridge: string): boolean {
  const device = label.startsWith(ownLabel('')) ? label.slice(ownLabel('').length) : '';
  return device !== '' && (bridge === bridgeNameFor(device) || /^xapi\d+$/.test(bridge));
}

/** The bridge that would be made for a device, named as other servers name theirs. */
export function bridgeNameFor(device: string): string {
  const number = /^eth(\d+)$/.exec(device)?.[1];
  return number === undefined ? `br${device}`.slice(0, 15) : `xenbr${number}`;
}
