/** By what others may know this machine. */
export interface MachineFacts {
  readonly hostname: string;
  /** Addresses by which others may reach it, IPv4 first. */
  readonly addresses: readonly string[];
}

/** Parts of the machine, and what is told of each. */
export const hardwareFields = {
  bios: ['vendor', 'version'],
  system: ['manufacturer', 'model', 'version', 'serial'],
  board: ['manufacturer', 'model', 'version', 'serial', 'assetTag'],
  chassis: ['assetTag'],
  /** `speedMax` is in GHz. */
  processor: ['brand', 'speedMax'],
  os: ['distro', 'release'],
} as const;

type Parts = typeof hardwareFields;

/** What firmware and tools say of the machine, as text, just as they say it: fillers and inventions are among it. Empty where nothing is said. */
export type HardwareFacts = {
  readonly [P in keyof Parts]: { readonly [F in Parts[P][number]]: string };
};

/** Picks what is known out of what a program told, part by part; anything else counts as not said. */
export function hardwareFacts(told: ReadonlyMap<string, unknown>): HardwareFacts {
  const part = (name: string, fields: readonly string[]): [string, Record<string, string>] => {
    const value = told.get(name);
    const given = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
    const texts = fields.map((field): [string, string] => {
      const text = Object.hasOwn(given, field) ? given[field] : undefined;
      return [field, typeof text === 'string' || typeof text === 'number' ? String(text) : ''];
    });
    return [name, Object.fromEntries(texts)];
  };
  const parts = Object.entries(hardwareFields).map(([name, fields]) => part(name, fields));
  return Object.fromEntries(parts) as HardwareFacts;
}
