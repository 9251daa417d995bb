/**
 * An agent that changes its own objects at a steady rate and writes into each the instant of its commit, so that whoever hears of it
 * can tell how long that took. Arguments: folder, objects, commits a second. Prints a line when it listens; begins when it is told
 * `go SECONDS` on standard input, and ends when that is closed.
 */
import { createInterface } from 'node:readline';
import { startAgent } from '../../src/agent.ts';
import type { Database } from '../../src/database/types.ts';
import { makeSettings } from '../../src/settings.ts';
import { createLinuxWorld } from '../../src/world/linux/world.ts';

const [directory = '', objects = '', rate = ''] = process.argv.slice(2);
const world = createLinuxWorld({ log: { level: 'error' } });
const agent = await startAgent(world, makeSettings(new Map(), directory), 'bench');
const { database } = agent;
const refs = database.transaction((tx) =>
  Array.from({ length: Number(objects) }, (_, index) => tx.create('network', { bridge: `bench${index}` })),
).value;
process.stdout.write('listening\n');

/** Commits as many as are due, each on its own, and looks again a moment later. */
function commitFor(seconds: number, base: Database): Promise<number> {
  const startedMs = performance.now();
  let made = 0;
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const elapsedMs = Math.min(performance.now() - startedMs, seconds * 1000);
      const due = Math.floor((elapsedMs / 1000) * Number(rate));
      while (made < due) {
        const name_label = `${made}@${process.hrtime.bigint()}`;
        base.transaction((tx) => tx.update('network', refs[made % refs.length] ?? '', { name_label }));
        made += 1;
      }
      if (elapsedMs < seconds * 1000) return;
      clearInterval(timer);
      resolve(made);
    }, 1);
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const before = process.memoryUsage().rss;
  const made = await commitFor(Number(line.split(' ')[1]), database);
  process.stdout.write(`made ${made} ${process.memoryUsage().rss - before}\n`);
}
await agent.stop();
await world.close();
