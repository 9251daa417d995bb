/** Makes PIF, PIF_metrics, network, Bond and VLAN objects say what the plan says, and changes nothing else. */
import type { FieldsOf, Transaction } from '../../database/types.ts';
import { stamp } from './host.ts';
import { destroyUnused, identityOf, nullRef } from './identity.ts';
import { knownInterfaces, Matcher, type Memory, noPciAddress } from './network-match.ts';
import type { NetworkPlan, WantedInterface } from './network-plan.ts';
import { Networks } from './networks.ts';

export interface ApplyOptions {
  readonly host: string;
  /** Kept between calls of one run; changed by them. */
  readonly memory: Memory;
  readonly nowMs: number;
}

/** One pass over the network of one host. */
export function applyNetwork(tx: Transaction, plan: NetworkPlan, options: ApplyOptions): void {
  new NetworkPass(tx, plan, options).run();
}

class NetworkPass {
  readonly #tx: Transaction;
  readonly #plan: NetworkPlan;
  readonly #options: ApplyOptions;
  readonly #matcher: Matcher;
  readonly #networks: Networks;
  /** The row of each device, by index. */
  readonly #rows = new Map<number, string>();

  constructor(tx: Transaction, plan: NetworkPlan, options: ApplyOptions) {
    this.#tx = tx;
    this.#plan = plan;
    this.#options = options;
    this.#matcher = new Matcher(knownInterfaces(tx, options.host), options.memory);
    this.#networks = new Networks(tx, plan.bridges, options);
  }

  run(): void {
    const { interfaces, address } = this.#plan;
    const { host, memory } = this.#options;
    const ofKind = (kind: WantedInterface['kind']): WantedInterface[] =>
      interfaces.filter((wanted) => wanted.kind === kind);
    this.#networks.applyBridges();
    this.#matcher.matchCards(ofKind('nic'));
    this.#matcher.matchBonds(ofKind('bond'));
    for (const wanted of [...ofKind('nic'), ...ofKind('bond')]) this.#applyInterface(wanted, undefined);
    for (const wanted of ofKind('bond')) this.#applyBond(wanted);
    for (const wanted of ofKind('vlan')) this.#applyVlan(wanted);
    for (const wanted of interfaces) this.#joinBond(wanted);
    for (const ref of this.#matcher.gone) this.#detach(ref);
    memory.interfaces.clear();
    for (const [index, ref] of this.#rows) memory.interfaces.set(index, ref);
    this.#networks.tidy();
    if (address !== '') this.#tx.update('host', host, { address });
  }

  /** @param carrier the row of the interface that carries a VLAN */
  #applyInterface(wanted: WantedInterface, carrier: string | undefined): string {
    const tx = this.#tx;
    const { link, ip } = wanted;
    const { host } = this.#options;
    const known = this.#matcher.found.get(link.index);
    const fields: FieldsOf<'PIF'> = {
      // Clients know a VLAN by the name of the device that carries it, and its number.
      device: carrier === undefined ? link.name : tx.require('PIF', carrier).device,
      device_name: link.name,
      MAC: wanted.mac,
      MTU: link.mtu,
      VLAN: wanted.kind === 'vlan' ? (link.vlanTag ?? -1) : -1,
      physical: wanted.kind === 'nic',
      currently_attached: link.up,
      management: wanted.management,
      ...ip,
      capabilities: wanted.hardware?.sriov === true ? ['sriov'] : [],
      igmp_snooping_status: wanted.snooping,
      network: this.#networks.of(wanted, known),
    };
    if (wanted.kind === 'nic') Object.assign(fields, this.#features(wanted, known));
    let ref = known;
    if (ref === undefined) ref = this.#createInterface(wanted, carrier, { ...fields, host });
    else tx.update('PIF', ref, fields);
    this.#rows.set(link.index, ref);
    this.#applyMetrics(wanted, tx.require('PIF', ref).metrics);
    return ref;
  }

  /** Settings of the device that were read; the rest stays as it was. */
  #features(wanted: WantedInterface, known: string | undefined): FieldsOf<'PIF'> {
    const before = known === undefined ? {} : this.#tx.require('PIF', known).properties;
    return { properties: { ...before, ...wanted.hardware?.features } };
  }

  #createInterface(wanted: WantedInterface, carrier: string | undefined, fields: FieldsOf<'PIF'>): string {
    const tx = this.#tx;
    const { uuid } = tx.require('host', this.#options.host);
    const name =
      wanted.kind === 'nic'
        ? `${uuid}/nic/${wanted.mac}/${wanted.hardware?.pciAddress ?? ''}`
        : wanted.kind === 'bond'
          ? `${uuid}/bond/${wanted.link.name}`
          : `${uuid}/vlan/${carrier ?? ''}/${wanted.link.vlanTag ?? ''}`;
    const figures = identityOf(tx, 'PIF_metrics', name);
    const metrics = tx.create('PIF_metrics', figures === undefined ? {} : { uuid: figures.uuid }, figures?.ref);
    const identity = identityOf(tx, 'PIF', name);
    return tx.create('PIF', { ...fields, metrics, ...(identity && { uuid: identity.uuid }) }, identity?.ref);
  }

  #applyMetrics({ link, hardware }: WantedInterface, metrics: string): void {
    const before = this.#tx.get('PIF_metrics', metrics);
    if (before === undefined) return;
    stamp(this.#tx, 'PIF_metrics', metrics, this.#options.nowMs, {
      carrier: link.carrier,
      speed: hardware?.speed ?? 0,
      duplex: hardware?.fullDuplex ?? false,
      pci_bus_path: hardware?.pciAddress || noPciAddress,
      vendor_id: hardware?.vendorId ?? '',
      device_id: hardware?.deviceId ?? '',
      // Names are looked up later than the rest, and a tool that is lost takes none away.
      vendor_name: hardware?.vendorName || before.vendor_name,
      device_name: hardware?.deviceName || before.device_name,
    });
  }

  #applyBond(wanted: WantedInterface): void {
    const tx = this.#tx;
    const { link } = wanted;
    const master = this.#rows.get(link.index);
    if (master === undefined || link.bond === undefined) return;
    const parts = this.#plan.interfaces.filter(({ bond }) => bond === link.index);
    const primary = parts.find(({ mac }) => mac === wanted.mac);
    const fields: FieldsOf<'Bond'> = {
      mode: bondModes[link.bond.mode] ?? 'balance-slb',
      properties: { mode: link.bond.mode, ...link.bond.properties },
      links_up: parts.filter((part) => part.link.bondPortUp ?? part.link.carrier).length,
      primary_slave: (primary && this.#rows.get(primary.link.index)) ?? nullRef,
    };
    const [known] = tx.require('PIF', master).bond_master_of;
    if (known !== undefined) {
      tx.update('Bond', known, fields);
      return;
    }
    const identity = identityOf(tx, 'Bond', master);
    tx.create('Bond', { ...fields, master, ...(identity && { uuid: identity.uuid }) }, identity?.ref);
  }

  #applyVlan(wanted: WantedInterface): void {
    const tx = this.#tx;
    const carrier = wanted.carrier === undefined ? undefined : this.#rows.get(wanted.carrier);
    if (carrier === undefined) return;
    this.#matcher.matchVlan(wanted, carrier);
    const untagged = this.#applyInterface(wanted, carrier);
    const known = tx.require('PIF', untagged).VLAN_master_of;
    if (known !== nullRef) return;
    const identity = identityOf(tx, 'VLAN', untagged);
    const ends = { tagged_PIF: carrier, untagged_PIF: untagged, tag: wanted.link.vlanTag ?? -1 };
    const vlan = tx.create('VLAN', { ...ends, ...(identity && { uuid: identity.uuid }) }, identity?.ref);
    tx.update('PIF', untagged, { VLAN_master_of: vlan });
  }

  #joinBond(wanted: WantedInterface): void {
    const ref = this.#rows.get(wanted.link.index);
    if (ref === undefined) return;
    const master = wanted.bond === undefined ? undefined : this.#rows.get(wanted.bond);
    const [bond] = master === undefined ? [] : this.#tx.require('PIF', master).bond_master_of;
    this.#tx.update('PIF', ref, { bond_slave_of: bond ?? nullRef });
  }

  /**
   * The device of a row is gone. What stands for hardware, a bond or a VLAN stays, without a link: a card may be put
   * back, and what the administrator set up is his to remove. What software made has gone for good.
   */
  #detach(ref: string): void {
    const tx = this.#tx;
    const row = tx.require('PIF', ref);
    const figures = tx.get('PIF_metrics', row.metrics);
    const software = isMadeUp(row.MAC) && (figures?.pci_bus_path || noPciAddress) === noPciAddress;
    if (row.physical && software && destroyUnused(tx, 'PIF', ref)) {
      if (figures !== undefined) destroyUnused(tx, 'PIF_metrics', row.metrics);
      return;
    }
    tx.update('PIF', ref, { currently_attached: false, management: false, ...noAddresses });
    if (figures !== undefined)
      stamp(tx, 'PIF_metrics', row.metrics, this.#options.nowMs, { carrier: false, speed: 0, duplex: false });
  }
}

const noAddresses = { IP: '', netmask: '', gateway: '', DNS: '', IPv6: [], ipv6_gateway: '' };

/** The kernel's modes that the API has a word for. The others are told in the properties of the bond. */
const bondModes: Readonly<Record<string, 'active-backup' | 'lacp'>> = {
  'active-backup': 'active-backup',
  '802.3ad': 'lacp',
};

/** True for an address that software drew: the bit for that is set. */
function isMadeUp(mac: string): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 0x02) !== 0;
}
