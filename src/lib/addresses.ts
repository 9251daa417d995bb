/** IP addresses as text. */

export function isIpv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
}

export function isIpv6(text: string): boolean {
  return text.includes(':') && text.length <= 45 && /^[\da-f:]+(?:\d{1,3}(?:\.\d{1,3}){3})?$/i.test(text);
}

/** `24` as `255.255.255.0`. */
export function netmaskOf(prefixLength: number): string {
  const bits = prefixLength === 0 ? 0 : (0xffff_ffff << (32 - prefixLength)) >>> 0;
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 0xff).join('.');
}

/** `255.255.255.0` as 24; undefined when it is no netmask. */
export function prefixOf(netmask: string): number | undefined {
  if (!isIpv4(netmask)) return undefined;
  const parts = netmask.split('.').map((part) => Number(part).toString(2).padStart(8, '0'));
  const bits = parts.join('');
  return /^1*0*$/.test(bits) ? bits.replaceAll('0', '').length : undefined;
}
