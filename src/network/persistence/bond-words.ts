/** The settings of a bond in the words of each configuration system. The kernel's own words are those of iproute2. */
import type { BondFacts } from '../../host/inventory/links.ts';

const networkdWords: Readonly<Record<string, (value: string) => readonly [string, string]>> = {
  miimon: (value) => ['MIIMonitorSec', `${value}ms`],
  updelay: (value) => ['UpDelaySec', `${value}ms`],
  downdelay: (value) => ['DownDelaySec', `${value}ms`],
  xmit_hash_policy: (value) => ['TransmitHashPolicy', value],
  ad_lacp_rate: (value) => ['LACPTransmitRate', value],
};

export function networkdBondSettings({ mode, properties }: BondFacts): [string, string][] {
  const said = known(properties, mode).flatMap(([key, value]) => {
    const [name, text] = networkdWords[key]?.(value) ?? [];
    return name === undefined || text === undefined ? [] : [[name, text] as [string, string]];
  });
  return [['Mode', mode], ...said];
}

const netplanWords: Readonly<Record<string, string>> = {
  miimon: 'mii-monitor-interval',
  updelay: 'up-delay',
  downdelay: 'down-delay',
  xmit_hash_policy: 'transmit-hash-policy',
  ad_lacp_rate: 'lacp-rate',
};

export function netplanBondSettings({ mode, properties }: BondFacts): [string, string][] {
  return [
    ['mode', mode],
    ...known(properties, mode).map(([key, value]): [string, string] => [netplanWords[key] ?? key, value]),
  ];
}

/** NetworkManager and ifupdown use the kernel's words, except for one. */
export function kernelBondSettings({ mode, properties }: BondFacts): [string, string][] {
  return [
    ['mode', mode],
    ...known(properties, mode).map(([key, value]): [string, string] => [
      key === 'ad_lacp_rate' ? 'lacp_rate' : key,
      value,
    ]),
  ];
}

function known(properties: BondFacts['properties'], mode: string): [string, string][] {
  return Object.entries(properties).filter(
    ([key]) => Object.hasOwn(networkdWords, key) && (key !== 'ad_lacp_rate' || mode === '802.3ad'),
  );
}
