/** Whole disks of the machine, from `lsblk`, and which of them nothing uses. */
import { elements, members, plainText, readCount, readJson, textOf } from './loose.ts';
import type { Sources } from './sources.ts';

export interface Disk {
  /** The kernel's name, such as sdb. */
  readonly name: string;
  /** Under which it is found again: a link of /dev/disk/by-id where there is one, else /dev/NAME. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly readOnly: boolean;
  readonly removable: boolean;
  /** Empty where the disk does not say; so are the two after it. */
  readonly model: string;
  readonly serial: string;
  /** The name that its maker gave it and nobody else's disk has. */
  readonly wwn: string;
  /** How it is connected: sata, nvme, usb, …; empty where that is not known. */
  readonly transport: string;
  /** True when the host itself does nothing with it: nothing of it is mounted, swapped to, or part of something else. */
  readonly free: boolean;
}

const columns = 'NAME,TYPE,SIZE,RO,RM,MODEL,SERIAL,WWN,TRAN,FSTYPE,UUID,MOUNTPOINT';
const lsblkArguments = ['--json', '--bytes', '--output', columns];

/** Devices of the type "disk" that are no disks: memory, files, parts of a card, what other programs serve. */
const noDisk = /^(?:loop|ram|zram|nbd|fd|sr|drbd|zd|dm-|md|bcache)\d|^mmcblk\d+(?:boot|rpmb)/;

interface Node {
  readonly name: string;
  readonly type: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly children: readonly Node[];
}

function nodeOf(value: unknown): Node {
  const fields = members(value);
  return {
    name: textOf(fields['name']),
    type: textOf(fields['type']),
    fields,
    children: elements(fields['children']).map(nodeOf),
  };
}

function everyNode(node: Node): readonly Node[] {
  return [node, ...node.children.flatMap(everyNode)];
}

/** Old versions write every value as text. */
function numberOf(value: unknown): number {
  return readCount(typeof value === 'number' ? String(value) : textOf(value)) ?? 0;
}

function flagOf(value: unknown): boolean {
  return value === true || value === '1';
}

function isMounted({ fields }: Node): boolean {
  return textOf(fields['mountpoint']) !== '';
}

/** Of a file system that several disks make together only one is shown as mounted. */
function fileSystemOf({ fields }: Node): string {
  const uuid = textOf(fields['uuid']);
  return uuid === '' ? '' : `${textOf(fields['fstype'])} ${uuid}`;
}

function isUsed(node: Node, mounted: ReadonlySet<string>): boolean {
  return everyNode(node).some(
    (one) =>
      isMounted(one) ||
      mounted.has(fileSystemOf(one)) ||
      // Parts of volume groups, arrays and pools, also while those are not running.
      textOf(one.fields['fstype']).endsWith('_member') ||
      // What is made of a disk, such as a volume or something encrypted, holds it.
      (one !== node && one.type !== 'part'),
  );
}

/** Undefined when the text is no list of devices; elements that are no disk are left out. Paths are those of /dev. */
export function parseLsblk(text: string): readonly Disk[] | undefined {
  const devices = members(readJson(text))['blockdevices'];
  if (!Array.isArray(devices)) return undefined;
  const roots = devices.map(nodeOf);
  const mounted = new Set(
    roots
      .flatMap(everyNode)
      .filter(isMounted)
      .map(fileSystemOf)
      .filter((one) => one !== ''),
  );
  const disks = roots.filter(
    ({ name, type, fields }) =>
      type === 'disk' && /^[\w!.-]{1,64}$/.test(name) && !noDisk.test(name) && numberOf(fields['size']) > 0,
  );
  const found = disks.map((node): [string, Disk] => {
    const word = (field: string): string => plainText(textOf(node.fields[field])).slice(0, 256);
    const disk = {
      name: node.name,
      path: `/dev/${node.name.replaceAll('!', '/')}`,
      sizeBytes: numberOf(node.fields['size']),
      readOnly: flagOf(node.fields['ro']),
      removable: flagOf(node.fields['rm']),
      model: word('model'),
      serial: word('serial'),
      wwn: word('wwn'),
      transport: word('tran'),
      free: !isUsed(node, mounted),
    };
    return [node.name, disk];
  });
  return [...new Map(found).values()];
}

/** Names by which a disk is called after its maker come before those that are only numbers. */
function isNumber(name: string): boolean {
  return /^(?:wwn-|nvme-eui\.|nvme-uuid\.|scsi-[\da-f]|dm-|md-|lvm-)/.test(name);
}

/** The best name for each device: that after its maker, else the first. `links` has what each name points at. */
export function stableNames(links: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const name of [...links.keys()].sort()) {
    const device = /^\.\.\/\.\.\/([\w!.-]+)$/.exec(links.get(name) ?? '')?.[1];
    if (device === undefined) continue;
    const known = found.get(device);
    if (known === undefined || (isNumber(known) && !isNumber(name))) found.set(device, name);
  }
  return found;
}

const byId = '/dev/disk/by-id';

/** Undefined when the machine does not tell. */
export async function readDisks(sources: Sources): Promise<readonly Disk[] | undefined> {
  const disks = await sources.tool('lsblk', lsblkArguments, parseLsblk);
  if (disks === undefined) return undefined;
  const names = await sources.list(byId);
  const links = await Promise.all(
    names.map(async (name) => [name, (await sources.link(`${byId}/${name}`)) ?? ''] as const),
  );
  const stable = stableNames(new Map(links));
  return disks.map((disk) => {
    const name = stable.get(disk.name);
    return name === undefined ? disk : { ...disk, path: `${byId}/${name}` };
  });
}
