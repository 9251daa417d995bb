/** A simulated run in which much goes wrong, for comparing it with itself. */
import { journalOptions } from '../../src/database/format.ts';
import { createSimulation } from '../../src/world/simulated/simulation.ts';
import type { World } from '../../src/world/world.ts';

/** A little agent: serves a counter, keeps it in a journal, asks the others for theirs. */
async function agent(world: World, name: string, others: readonly string[]): Promise<void> {
  let counter = 0;
  const journal = await world.journals.open('/journal', journalOptions({ create: true }));
  for await (const [stored] of journal.load()) {
    if (stored !== undefined) counter = (JSON.parse(stored.fields) as { counter: number }).counter;
  }
  world.log.write('info', 'agent-started', 'The agent started', { counter });
  const pair = await world.certificates.selfSigned([name], 1);
  await world.files.writeAtomic('/certificate', pair.certificate, 0o644);
  await world.files.writeAtomic('/key-file', pair.key, 0o600);
  const address = {
    kind: 'tls',
    host: '::',
    port: 443,
    certificatePath: '/certificate',
    keyPath: '/key-file',
  } as const;
  await world.http.listen(address, () => ({ status: 200, headers: {}, body: String(counter) }));
  for (;;) {
    await world.clock.sleep(100 + world.random.integer(200));
    counter++;
    const fields = JSON.stringify({ counter });
    try {
      await journal.append({ generation: counter, changes: [{ class: 'VM', ref: 'counter', fields }] });
    } catch (error) {
      world.log.write('warn', 'write-failed', String(error));
    }
    const other = others[world.random.integer(others.length)] ?? '';
    const call = { method: 'GET', path: '/', headers: {}, body: '', timeoutMs: 300, maxReplyBytes: 100 };
    try {
      const reply = await world.http.call({ url: `https://${other}/` }, call);
      world.log.write('info', 'heard', `Heard ${Buffer.from(reply.body).toString()} from ${other}`);
    } catch (error) {
      world.log.write('warn', 'not-heard', String(error));
    }
  }
}

export async function story(seed: string): Promise<{ readonly lines: readonly string[]; readonly digest: string }> {
  const simulation = createSimulation(seed);
  const names = ['a', 'b', 'c'];
  const { chance, network } = simulation;
  network.usual.loss = 0.05;
  const start = (name: string): void => {
    const { world } = simulation.host(name);
    agent(
      world,
      name,
      names.filter((each) => each !== name),
    ).catch((error: unknown) => world.log.write('error', 'agent-failed', String(error)));
  };
  for (const name of names) {
    const host = simulation.host(name);
    host.disk.faults.syncErrors = 0.02;
    start(name);
  }
  for (let fault = 0; fault < 12; fault++) {
    await simulation.run(chance.between(100, 2000));
    const name = names[chance.integer(3)] ?? '';
    const other = names[chance.integer(3)] ?? '';
    const host = simulation.host(name);
    const kind = chance.integer(4);
    if (kind === 0) host.crash();
    else if (kind === 1) host.kill();
    else if (kind === 2) network.cut(name, other);
    else host.clockFaults.wallOffsetMs += chance.between(-5000, 5000);
    await simulation.run(chance.between(100, 2000));
    network.heal();
    if (!host.alive) {
      host.restart();
      start(name);
    }
  }
  return { lines: simulation.trace.lines, digest: simulation.trace.digest };
}
