/**
 * A program of its own: asks systeminformation, and prints what each part says as a line of JSON as soon as it is known.
 * The library waits for shells without letting anything else run, some of which look up names over the network; here that
 * holds up nobody, and whoever started this ends it with everything that it started.
 */
import { baseboard, bios, chassis, cpu, osInfo, system } from 'systeminformation';

async function tell(part: string, asked: Promise<unknown>): Promise<void> {
  const facts = await asked.catch(() => undefined);
  if (facts !== undefined) process.stdout.write(`${JSON.stringify([part, facts])}\n`);
}

await Promise.all([
  tell('bios', bios()),
  tell('system', system()),
  tell('board', baseboard()),
  tell('chassis', chassis()),
]);
await tell('processor', cpu());
await tell('os', osInfo());
