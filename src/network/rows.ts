/** The objects of what the API makes: there before the device is, so that whoever reads the kernel finds them. */
import type { FieldsOf, Reader, Transaction } from '../database/types.ts';
import type { Enum } from '../datamodel/index.ts';
import { nullRef } from '../host/objects/identity.ts';

/** Name of the device of an interface in the operating system. */
export function deviceNameOf(reader: Reader, pif: string): string {
  const { device_name, device } = reader.require('PIF', pif);
  return device_name || device;
}

export interface NewVlan {
  readonly tagged: string;
  readonly tag: number;
  readonly network: string;
  /** Name of its device. */
  readonly name: string;
}

export function createVlanRows(tx: Transaction, { tagged, tag, network, name }: NewVlan): string {
  const { device, MAC, MTU, host } = tx.require('PIF', tagged);
  const untagged = createInterface(tx, { device, device_name: name, network, host, MAC, MTU, VLAN: tag });
  const vlan = tx.create('VLAN', { tagged_PIF: tagged, untagged_PIF: untagged, tag });
  tx.update('PIF', untagged, { VLAN_master_of: vlan });
  return vlan;
}

export function destroyVlanRows(tx: Transaction, vlan: string): void {
  const row = tx.get('VLAN', vlan);
  if (row === undefined) return;
  const { untagged_PIF: untagged } = row;
  const there = tx.get('PIF', untagged) !== undefined;
  if (there) tx.update('PIF', untagged, { VLAN_master_of: nullRef });
  tx.destroy('VLAN', vlan);
  if (there) destroyInterface(tx, untagged);
}

export interface NewBond {
  readonly name: string;
  readonly network: string;
  readonly first: string;
  readonly mac: string;
  readonly mode: Enum<'bond_mode'>;
  readonly properties: Readonly<Record<string, string>>;
}

export function createBondRows(tx: Transaction, { name, network, first, mac, mode, properties }: NewBond): string {
  const { MAC, MTU, host } = tx.require('PIF', first);
  const named = { device: name, device_name: name };
  const master = createInterface(tx, { ...named, network, host, MAC: mac || MAC, MTU, VLAN: -1 });
  return tx.create('Bond', { master, mode, properties, primary_slave: first });
}

export function destroyBondRows(tx: Transaction, bond: string): void {
  const row = tx.get('Bond', bond);
  if (row === undefined) return;
  for (const member of row.slaves) tx.update('PIF', member, { bond_slave_of: nullRef });
  tx.destroy('Bond', bond);
  if (tx.get('PIF', row.master) !== undefined) destroyInterface(tx, row.master);
}

function createInterface(tx: Transaction, fields: FieldsOf<'PIF'>): string {
  const metrics = tx.create('PIF_metrics', { pci_bus_path: 'N/A' });
  return tx.create('PIF', { ...fields, metrics, physical: false, currently_attached: false });
}

export function destroyInterface(tx: Transaction, pif: string): void {
  const { metrics } = tx.require('PIF', pif);
  tx.destroy('PIF', pif);
  if (tx.get('PIF_metrics', metrics) !== undefined) tx.destroy('PIF_metrics', metrics);
}
