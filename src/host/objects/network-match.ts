/** Which row stands for which device. */
import type { Reader } from '../../database/types.ts';
import { nullRef } from './identity.ts';
import type { WantedInterface } from './network-plan.ts';

/** What this run of the agent has seen: the kernel's number of a device outlives any change of its name or address. */
export interface Memory {
  readonly interfaces: Map<number, string>;
  readonly bridges: Map<number, string>;
}

interface KnownInterface {
  readonly ref: string;
  readonly kind: WantedInterface['kind'];
  readonly mac: string;
  readonly pci: string;
  readonly device: string;
  readonly tag: number;
  /** The PIF that carries a VLAN. */
  readonly carrier: string;
}

/** What PIF_metrics says of a device that is on no bus. */
export const noPciAddress = 'N/A';

export function knownInterfaces(rows: Reader, host: string): readonly KnownInterface[] {
  return rows.require('host', host).PIFs.map((ref) => {
    const row = rows.require('PIF', ref);
    const vlan = row.VLAN_master_of === nullRef ? undefined : rows.get('VLAN', row.VLAN_master_of);
    const kind = vlan !== undefined || row.VLAN >= 0 ? 'vlan' : row.bond_master_of.length > 0 ? 'bond' : 'nic';
    return {
      ref,
      kind,
      mac: row.MAC.toLowerCase(),
      pci: rows.get('PIF_metrics', row.metrics)?.pci_bus_path || noPciAddress,
      device: row.device_name || row.device,
      tag: row.VLAN,
      carrier: vlan?.tagged_PIF ?? nullRef,
    };
  });
}

/**
 * The row of each device, by index of the link; devices without one are new. A card is known by its number in this run
 * of the kernel, by its address and place, and when it was moved to another slot by its address alone.
 */
export class Matcher {
  readonly #known: readonly KnownInterface[];
  readonly #memory: Memory;
  readonly #taken = new Set<string>();
  readonly #found = new Map<number, string>();

  constructor(known: readonly KnownInterface[], memory: Memory) {
    this.#known = known;
    this.#memory = memory;
  }

  get found(): ReadonlyMap<number, string> {
    return this.#found;
  }

  /** Rows for which there is no device. */
  get gone(): readonly string[] {
    return this.#known.filter(({ ref }) => !this.#taken.has(ref)).map(({ ref }) => ref);
  }

  matchCards(cards: readonly WantedInterface[]): void {
    const pci = (wanted: WantedInterface): string => wanted.hardware?.pciAddress || noPciAddress;
    this.#pass(cards, (wanted, row) => this.#memory.interfaces.get(wanted.link.index) === row.ref);
    this.#pass(
      cards,
      (w, row) => w.mac !== '' && w.mac === row.mac && pci(w) === row.pci && w.link.name === row.device,
    );
    this.#pass(cards, (w, row) => w.mac !== '' && w.mac === row.mac && pci(w) === row.pci);
    this.#pass(cards, (w, row) => w.mac !== '' && w.mac === row.mac);
  }

  matchBonds(bonds: readonly WantedInterface[]): void {
    this.#pass(bonds, (wanted, row) => this.#memory.interfaces.get(wanted.link.index) === row.ref);
    this.#pass(bonds, (wanted, row) => wanted.link.name === row.device);
  }

  /** @param carrier the row of the interface that carries it */
  matchVlan(vlan: WantedInterface, carrier: string): void {
    this.#pass([vlan], (wanted, row) => row.carrier === carrier && row.tag === wanted.link.vlanTag);
  }

  #pass(wanted: readonly WantedInterface[], same: (wanted: WantedInterface, row: KnownInterface) => boolean): void {
    for (const one of wanted) {
      if (this.#found.has(one.link.index)) continue;
      const row = this.#known.find(
        (known) => known.kind === one.kind && !this.#taken.has(known.ref) && same(one, known),
      );
      if (row === undefined) continue;
      this.#taken.add(row.ref);
      this.#found.set(one.link.index, row.ref);
    }
  }
}
