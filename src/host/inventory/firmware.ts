/** What the firmware says about the machine, under the names that clients read in host.bios_strings. */
import { plainText } from './loose.ts';

/** Files below /sys/class/dmi/id, and the keys that they become. */
export const dmiFiles: Readonly<Record<string, string>> = {
  bios_vendor: 'bios-vendor',
  bios_version: 'bios-version',
  sys_vendor: 'system-manufacturer',
  product_name: 'system-product-name',
  product_version: 'system-version',
  product_serial: 'system-serial-number',
  board_vendor: 'baseboard-manufacturer',
  board_name: 'baseboard-product-name',
  board_version: 'baseboard-version',
  board_serial: 'baseboard-serial-number',
  board_asset_tag: 'baseboard-asset-tag',
  chassis_asset_tag: 'enclosure-asset-tag',
};

/** Makers leave these where something should have been filled in. */
const fillers =
  /^(?:to be filled by o\.?e\.?m\.?|o\.e\.m\.|not (?:specified|present|available|applicable|defined)|none|null|default(?: string)?|unknown|invalid|empty|n\/a|system (?:manufacturer|product name|version|serial number)|base board (?:serial number|version)|[-.]+|0+|x+)$/i;

export function biosString(text: string): string {
  const plain = plainText(text).slice(0, 256);
  return fillers.test(plain) ? '' : plain;
}

const sections: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'BIOS Information': { Vendor: 'bios-vendor', Version: 'bios-version' },
  'System Information': {
    Manufacturer: 'system-manufacturer',
    'Product Name': 'system-product-name',
    Version: 'system-version',
    'Serial Number': 'system-serial-number',
  },
  'Base Board Information': {
    Manufacturer: 'baseboard-manufacturer',
    'Product Name': 'baseboard-product-name',
    Version: 'baseboard-version',
    'Serial Number': 'baseboard-serial-number',
    'Asset Tag': 'baseboard-asset-tag',
  },
  'Chassis Information': { 'Asset Tag': 'enclosure-asset-tag' },
  'OEM Strings': {},
};

/** Reads the output of dmidecode; the first of several boards counts. OEM strings become oem-1, oem-2, … */
export function parseDmidecode(text: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  let section = '';
  const seen = new Set<string>();
  let strings = 0;
  for (const line of text.split('\n')) {
    if (/^\S/.test(line)) {
      section = line.trim();
      if (seen.has(section)) section = '';
      seen.add(section);
      continue;
    }
    const [, name = '', value = ''] = /^\t([^:\t][^:]*): ?(.*)$/.exec(line) ?? [];
    const plain = biosString(value);
    if (plain === '' || section === '' || !Object.hasOwn(sections, section)) continue;
    if (section === 'OEM Strings' && /^String \d+$/.test(name) && strings < 16) {
      strings += 1;
      found[`oem-${strings}`] = plain;
    }
    const keys = sections[section] ?? {};
    const key = Object.hasOwn(keys, name) ? keys[name] : undefined;
    if (key !== undefined) found[key] = plain;
  }
  return found;
}

export interface PciNames {
  readonly vendor: string;
  readonly device: string;
}

/** Names by address, from `lspci -Dvmm`. */
export function parseLspci(text: string): ReadonlyMap<string, PciNames> {
  const found = new Map<string, PciNames>();
  for (const block of text.split(/\n\s*\n/)) {
    const field = (name: string): string => plainText(new RegExp(`^${name}:\t(.*)$`, 'm').exec(block)?.[1] ?? '');
    const slot = field('Slot').toLowerCase();
    if (isPciAddress(slot)) found.set(slot, { vendor: field('Vendor'), device: field('Device') });
  }
  return found;
}

export function isPciAddress(text: string): boolean {
  return /^[\da-f]{4,8}:[\da-f]{2}:[\da-f]{2}\.[0-7]$/.test(text);
}

/** The card that a device of /sys/class/net belongs to: the last PCI address on its way; empty when there is none. */
export function pciAddressOf(link: string): string {
  return link.split('/').findLast(isPciAddress) ?? '';
}

/** Which of a few features are on, from `ethtool -k`; undefined when the text is something else. */
export function parseFeatures(text: string): Readonly<Record<string, string>> | undefined {
  if (!text.startsWith('Features for ')) return undefined;
  const state = /^generic-receive-offload: (on|off)/m.exec(text)?.[1];
  return state === undefined ? {} : { gro: state };
}

/** NAME=value lines of /etc/os-release, quotes taken off. */
export function parseOsRelease(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, key, raw = ''] = /^([A-Z][A-Z\d_]*)=(.*)$/.exec(line.trim()) ?? [];
    if (key === undefined) continue;
    const quoted = /^(["'])(.*)\1$/.exec(raw)?.[2];
    found.set(key, plainText((quoted ?? raw).replaceAll(/\\(["'$`\\])/g, '$1')));
  }
  return found;
}

/** The zone that /etc/localtime points at, such as Europe/Berlin; empty when it points elsewhere. */
export function timeZoneOf(link: string): string {
  const zone = link.replaceAll('//', '/').split('/zoneinfo/')[1] ?? '';
  return /^[A-Za-z\d][\w+./-]{0,99}$/.test(zone) && !zone.includes('..') ? zone.replace(/^(?:posix|right)\//, '') : '';
}
