import { hostname, networkInterfaces } from 'node:os';
import type { MachineFacts } from '../machine-facts.ts';

export function createMachine(): () => Promise<MachineFacts> {
  return () => Promise.resolve({ hostname: hostname(), addresses: addresses() });
}

function addresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  const outside = all.filter((entry) => !entry.internal && !entry.address.startsWith('fe80:'));
  const ofFamily = (family: string): string[] =>
    outside.filter((entry) => entry.family === family).map((entry) => entry.address);
  return [...ofFamily('IPv4'), ...ofFamily('IPv6')];
}
