/** What firmware and tools say of the machine beside the kernel, without what they only make up. */
import type { HardwareFacts } from '../../world/machine-facts.ts';
import { biosString } from './firmware.ts';
import type { Processors, SystemFacts } from './machine.ts';

/** Words by which systeminformation says that it knows nothing, or which kind of container it takes the machine for. */
const inventions: ReadonlySet<string> = new Set(['-', 'Computer', 'Docker Container', 'Virtual machine', 'unknown']);

function told(text: string): string {
  const plain = biosString(text);
  return inventions.has(plain) ? '' : plain;
}

/** The strings of the firmware under the names that clients read. */
export function firmwareStrings({ bios, system, board, chassis }: HardwareFacts): Readonly<Record<string, string>> {
  const all = {
    'bios-vendor': bios.vendor,
    'bios-version': bios.version,
    'system-manufacturer': system.manufacturer,
    'system-product-name': system.model,
    'system-version': system.version,
    'system-serial-number': system.serial,
    'baseboard-manufacturer': board.manufacturer,
    'baseboard-product-name': board.model,
    'baseboard-version': board.version,
    'baseboard-serial-number': board.serial,
    'baseboard-asset-tag': board.assetTag,
    'enclosure-asset-tag': chassis.assetTag,
  };
  const entries = Object.entries(all).map(([key, text]) => [key, told(text)] as const);
  return Object.fromEntries(entries.filter(([, text]) => text !== ''));
}

/** True when the kernel names no processor or no clock rate, as on Arm. */
export function lacksNames({ list }: Processors): boolean {
  return list.some(({ modelname, speed }) => modelname === '' || speed === 0);
}

/** The processors with what the kernel does not say of them. */
export function withHardware(processors: Processors, { processor }: HardwareFacts): Processors {
  const megahertz = Math.round(Number(processor.speedMax) * 1000);
  const speed = megahertz > 0 && megahertz < 1e6 ? megahertz : 0;
  const brand = told(processor.brand);
  const list = processors.list.map((one) => ({
    ...one,
    modelname: one.modelname || brand,
    speed: one.speed || speed,
  }));
  return { ...processors, list };
}

/** The distribution where the usual file does not name it. */
export function distributionOf(system: Pick<SystemFacts, 'osName' | 'osVersion'>, { os }: HardwareFacts): string {
  const own = `${system.osName} ${system.osVersion}`.trim();
  return own === '' ? `${told(os.distro)} ${told(os.release)}`.trim() : own;
}
