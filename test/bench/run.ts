/** Runs the benchmarks and prints one table of figures with their targets. Arguments choose among them by name. */
import { cpus, release, totalmem } from 'node:os';
import Table from 'cli-table3';
import type { BenchRow } from './row.ts';

const benches: Readonly<Record<string, () => Promise<readonly BenchRow[]>>> = {
  'small-read': async () => (await import('./small-read.ts')).benchSmallRead(),
  'service-start': async () => (await import('./service.ts')).benchServiceStart(),
  'service-idle': async () => (await import('./service.ts')).benchServiceIdle(),
  'cli-start': async () => (await import('./cli-start.ts')).benchCliStart(),
  encode: async () => (await import('./encode.ts')).benchEncode(),
  'change-to-event': async () => (await import('./change-to-event.ts')).benchChangeToEvent(),
  'stack-change': async () => (await import('./stack-change.ts')).benchStackChange(),
  inventory: async () => (await import('./inventory.ts')).benchInventory(),
  'database-commits': async () => (await import('./database.ts')).durableCommits(),
  'database-stalls': async () => (await import('./database.ts')).loopStalls(),
  'database-opening': async () => (await import('./database.ts')).opening(),
  'stack-call': async () => (await import('./stack.ts')).benchStackCall(),
  'stack-liveset': async () => (await import('./stack.ts')).benchStackLiveset(),
  'stack-watch': async () => (await import('./stack.ts')).benchStackWatch(),
};

function format({ value, unit }: BenchRow): string {
  const digits = value >= 1000 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${unit}`;
}

const wanted = process.argv.slice(2);
const rows: BenchRow[] = [];
for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stderr.write(`${name} …\n`);
  rows.push(...(await bench()));
}
const table = new Table({ head: ['figure', 'measured', 'target', ''], style: { head: [], border: [] } });
for (const row of rows) {
  table.push([row.name, format(row), row.target, row.ok === undefined ? '' : row.ok ? 'ok' : 'missed']);
}
const [cpu] = cpus();
process.stdout.write(`${table.toString()}\n`);
process.stdout.write(
  `${cpus().length} x ${cpu?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.version}\n`,
);
process.exitCode = rows.some((row) => row.ok === false) ? 1 : 0;
