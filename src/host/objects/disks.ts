/** Disks of the host that nothing uses, as a storage repository of the type udev: what it should hold, and the change that makes it so. */
import type { FieldsOf, Transaction } from '../../database/types.ts';
import type { RecordOf } from '../../datamodel/index.ts';
import { version } from '../../lib/version.ts';
import type { Disk } from '../inventory/disks.ts';
import { destroyUnused, identityOf } from './identity.ts';

const storageType = 'udev';
const repositoryName = 'Removable storage';

/** Makes the objects say what was read, and changes nothing else. */
export function applyDisks(tx: Transaction, host: string, disks: readonly Disk[]): void {
  ensureDriver(tx);
  const sr = ensureRepository(tx, host);
  const rows = tx.require('SR', sr).VDIs;
  const matched = matchDisks(
    rows.map((ref) => [ref, tx.require('VDI', ref)]),
    disks,
  );
  for (const ref of rows) {
    const disk = matched.get(ref);
    if (disk?.free === true) refreshDisk(tx, ref, disk);
    else retire(tx, ref, disk !== undefined);
  }
  const known = new Set(matched.values());
  for (const disk of disks) if (disk.free && !known.has(disk)) createDisk(tx, host, sr, disk);
  const free = disks.filter((disk) => disk.free).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  tx.update('SR', sr, { physical_size: free, physical_utilisation: free, virtual_allocation: free });
}

/** Clients look up what a storage repository can do by its type. */
function ensureDriver(tx: Transaction): void {
  const known = tx.refs('SM').find((ref) => tx.require('SM', ref).type === storageType);
  const fields = {
    name_label: storageType,
    name_description: 'Whole disks of a host that the host does not use.',
    type: storageType,
    vendor: 'quorate',
    version,
  };
  if (known !== undefined) {
    tx.update('SM', known, fields);
    return;
  }
  const identity = identityOf(tx, 'SM', storageType);
  const described = { ...fields, copyright: '', required_api_version: '', configuration: {} };
  tx.create('SM', { ...described, ...(identity && { uuid: identity.uuid }) }, identity?.ref);
}

/** The repository of this host, connected to it. What its owner called it stays. */
function ensureRepository(tx: Transaction, host: string): string {
  const { uuid, PBDs } = tx.require('host', host);
  const known = PBDs.map((ref) => tx.require('PBD', ref).SR).find((ref) => isOwn(tx, ref));
  if (known !== undefined) return known;
  const name = `${uuid}/${storageType}`;
  const identity = identityOf(tx, 'SR', name);
  const sr = tx.create(
    'SR',
    {
      name_label: repositoryName,
      name_description: 'Disks of this host that it does not use itself.',
      type: storageType,
      content_type: 'disk',
      shared: false,
      physical_size: 0,
      physical_utilisation: 0,
      virtual_allocation: 0,
      sm_config: { type: 'block' },
      // By these clients know that they may show the name in the language of whoever looks.
      other_config: { 'i18n-key': 'local-hotplug-disk', 'i18n-original-value-name_label': repositoryName },
      ...(identity && { uuid: identity.uuid }),
    },
    identity?.ref,
  );
  const connection = identityOf(tx, 'PBD', name);
  const ends = { host, SR: sr, device_config: { location: '/dev/disk/by-id' }, currently_attached: true };
  tx.create('PBD', { ...ends, ...(connection && { uuid: connection.uuid }) }, connection?.ref);
  return sr;
}

function isOwn(tx: Transaction, sr: string): boolean {
  const row = tx.get('SR', sr);
  return row?.type === storageType && row.sm_config['type'] === 'block';
}

/** By what a disk is known again, wherever it is plugged in; one that says nothing of itself is known by its place. */
function keyOf({ wwn, serial, model, path }: Pick<Disk, 'wwn' | 'serial' | 'model' | 'path'>): string {
  if (wwn === '' && serial === '') return `path ${path}`;
  return `disk ${wwn} ${model} ${serial}`;
}

type Row = RecordOf<'VDI'>;

function keyOfRow({ sm_config, location }: Row): string {
  const { wwn = '', serial = '', model = '' } = sm_config;
  return keyOf({ wwn, serial, model, path: location });
}

/**
 * Which row stands for which disk. Makers have given several disks one number: then the place and the size decide first.
 */
export function matchDisks(
  rows: readonly (readonly [ref: string, row: Row])[],
  disks: readonly Disk[],
): ReadonlyMap<string, Disk> {
  const found = new Map<string, Disk>();
  const taken = new Set<Disk>();
  const pass = (same: (row: Row, disk: Disk) => boolean): void => {
    for (const [ref, row] of rows) {
      if (found.has(ref)) continue;
      const disk = disks.find((one) => !taken.has(one) && keyOf(one) === keyOfRow(row) && same(row, one));
      if (disk === undefined) continue;
      found.set(ref, disk);
      taken.add(disk);
    }
  };
  pass((row, disk) => row.location === disk.path && row.virtual_size === disk.sizeBytes);
  pass((row, disk) => row.virtual_size === disk.sizeBytes);
  pass(() => true);
  return found;
}

/** What people read on the disk itself; the kernel's name where nothing is written on it. */
function labelOf({ model = '', serial = '' }: Readonly<Record<string, string>>, path: string): string {
  const written = [model, serial].filter((text) => text !== '').join(' ');
  return written === '' ? path.slice(path.lastIndexOf('/') + 1) : written;
}

function fieldsOf(disk: Disk): FieldsOf<'VDI'> {
  return {
    location: disk.path,
    virtual_size: disk.sizeBytes,
    physical_utilisation: disk.sizeBytes,
    managed: true,
    missing: false,
  };
}

/** What the driver knows of a disk; keys that others put there stay. */
function knownOf(disk: Disk): Record<string, string> {
  const told = {
    device: `/dev/${disk.name.replaceAll('!', '/')}`,
    driver: disk.transport,
    model: disk.model,
    serial: disk.serial,
    wwn: disk.wwn,
    removable: String(disk.removable),
    write_protected: String(disk.readOnly),
  };
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== ''));
}

function createDisk(tx: Transaction, host: string, sr: string, disk: Disk): void {
  const sm_config = knownOf(disk);
  const identity = identityOf(tx, 'VDI', `${tx.require('host', host).uuid}/${keyOf(disk)}`);
  tx.create(
    'VDI',
    {
      ...fieldsOf(disk),
      name_label: labelOf(sm_config, disk.path),
      SR: sr,
      type: 'user',
      sharable: false,
      read_only: disk.readOnly,
      sm_config,
      ...(identity && { uuid: identity.uuid }),
    },
    identity?.ref,
  );
}

function refreshDisk(tx: Transaction, ref: string, disk: Disk): void {
  const { sm_config, read_only } = tx.require('VDI', ref);
  const wasProtected = sm_config['write_protected'] === 'true';
  tx.update('VDI', ref, {
    ...fieldsOf(disk),
    // Whoever protects a disk here, and not with its switch, has the last word.
    read_only: disk.readOnly || (read_only && !wasProtected),
    sm_config: { ...sm_config, ...knownOf(disk) },
  });
}

/**
 * A disk that is gone, or that the host uses now. Nothing is kept of it when nobody cared for it: should it come back, it
 * gets the same reference and uuid, because both are made from a digest of what it says of itself.
 */
function retire(tx: Transaction, ref: string, present: boolean): void {
  const row = tx.require('VDI', ref);
  const untouched =
    row.name_label === labelOf(row.sm_config, row.location) &&
    row.name_description === '' &&
    row.tags.length === 0 &&
    Object.keys(row.other_config).length === 0 &&
    Object.keys(row.xenstore_data).length === 0 &&
    row.VBDs.length === 0;
  if (untouched && destroyUnused(tx, 'VDI', ref)) return;
  tx.update('VDI', ref, present ? { managed: false, missing: false } : { missing: true });
}
