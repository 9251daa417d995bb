/** Addresses that were lent, as the programs that asked for them remember it in files. */
import { isIpv4 } from '../../lib/addresses.ts';
import { readPairs } from './loose.ts';

/** The address of the last lease of a device in a file of dhclient; empty when there is none. Each renewal adds one at the end. */
export function parseDhclientLeases(text: string, device: string): string {
  let last = '';
  for (const [, body = ''] of text.matchAll(/^lease\s*\{([^}]*)\}/gm)) {
    const [, name = device] = /^\s*interface\s+"([^"]*)";/m.exec(body) ?? [];
    const [, address = ''] = /^\s*fixed-address\s+([\d.]+);/m.exec(body) ?? [];
    if (name === device && isIpv4(address)) last = address;
  }
  return last;
}

/** The address in a lease of NetworkManager's own client; empty when there is none. */
export function parseManagerLease(text: string): string {
  const address = readPairs(text, '=').get('ADDRESS') ?? '';
  return isIpv4(address) ? address : '';
}

const messageBytes = 240;

/** The address in a lease of dhcpcd, which is the server's answer as it came; empty when it is none. */
export function parseDhcpMessage(message: Uint8Array): string {
  const [operation] = message;
  const cookie = [0x63, 0x82, 0x53, 0x63].every((byte, at) => message[messageBytes - 4 + at] === byte);
  if (operation !== 2 || !cookie) return '';
  const address = [...message.subarray(16, 20)].join('.');
  return address === '0.0.0.0' ? '' : address;
}
