import assert from 'node:assert/strict';
import { ApiError } from '../../src/datamodel/index.ts';
import { HostFigures } from '../../src/host/metrics/host-figures.ts';
import { updatesSince } from '../../src/host/metrics/updates-page.ts';
import { limits } from '../../src/lib/limits.ts';
import type { SimulatedHost } from '../../src/world/simulated/host.ts';
import { createSimulation, type Simulation } from '../../src/world/simulated/simulation.ts';

const path = '/state/figures';

function unknown(name: string): (thrown: unknown) => boolean {
  return (thrown) => {
    assert.ok(thrown instanceof ApiError);
    assert.deepEqual(thrown.description, ['INVALID_VALUE', 'data_source', name]);
    return true;
  };
}

describe('figures of a host over time', () => {
  let simulation: Simulation;
  let host: SimulatedHost;

  beforeEach(async () => {
    simulation = createSimulation(1);
    host = simulation.host('a');
    await simulation.finish(host.world.files.makeDirectory('/state', 0o700));
    await write('/proc/meminfo', 'MemTotal: 1000 kB\nMemAvailable: 500 kB\nSwapFree: 0 kB\n');
    await write('/proc/loadavg', '1.50 1 1 1/1 1\n');
    await write('/proc/stat', 'cpu0 0 0 0 0\n');
    await write('/proc/net/dev', '');
    await write('/proc/diskstats', '');
  });

  async function write(file: string, text: string): Promise<void> {
    await simulation.finish(host.world.files.makeDirectory(file.slice(0, file.lastIndexOf('/')), 0o755));
    await simulation.finish(host.world.files.writeAtomic(file, text, 0o644));
  }

  async function start(): Promise<HostFigures> {
    const figures = new HostFigures({ world: host.world, path });
    await simulation.finish(figures.start());
    return figures;
  }

  /** What the finest archive holds of a figure, oldest first, unknown times left out. */
  function known(figures: HostFigures, name: string): number[] {
    const query = { start: -595, interval: 0, consolidation: 'AVERAGE' } as const;
    const updates = updatesSince(figures.state(), query, 'host:u');
    const column = updates.legend.indexOf(`AVERAGE:host:u:${name}`);
    const values = [...updates.rows()].map((row) => row.values[column] ?? Number.NaN);
    return values.filter((value) => !Number.isNaN(value)).toReversed();
  }

  const logged = (event: string): number => simulation.trace.lines.filter((line) => line.includes(event)).length;

  it('have a row for every five seconds', async () => {
    const figures = await start();
    await simulation.run(61_000);
    assert.deepEqual(
      known(figures, 'memory_free_kib'),
      Array.from({ length: 12 }, () => 500),
    );
    assert.deepEqual(
      known(figures, 'cpu0'),
      Array.from({ length: 12 }, () => 0),
    );
    assert.equal(figures.query('loadavg'), 1.5);
    await write('/proc/meminfo', 'MemTotal: 1000 kB\nMemAvailable: 400 kB\nSwapFree: 0 kB\n');
    await simulation.run(5000);
    assert.equal(figures.query('memory_free_kib'), 400);
    assert.equal(known(figures, 'memory_free_kib').at(-1), 400);
  });

  it('are there again after a restart, with a gap between', async () => {
    const first = await start();
    await simulation.run(31_000);
    await simulation.finish(first.stop());
    const before = known(first, 'loadavg');
    assert.equal(before.length, 6);
    await simulation.run(60_000);
    host.restart();
    const second = await start();
    assert.deepEqual(known(second, 'loadavg'), before);
    await simulation.run(31_000);
    assert.equal(known(second, 'loadavg').length, 12);
  });

  it('lose only some minutes when the power fails', async () => {
    await start();
    await simulation.run(limits.figuresSaveMs + 60_000);
    host.crash();
    host.restart();
    const again = await start();
    assert.ok(known(again, 'loadavg').length >= limits.figuresSaveMs / 5000 - 15);
  });

  it('begin anew when their file is damaged, and say so', async () => {
    await write(path, 'quorate archives 1 0000\nnonsense');
    const figures = await start();
    assert.equal(logged('archives-lost'), 1);
    await simulation.run(11_000);
    assert.equal(known(figures, 'loadavg').length, 2);
    await simulation.finish(figures.stop());
    host.restart();
    assert.equal(known(await start(), 'loadavg').length, 2);
  });

  it('are unknown while their file cannot be read, which is said once', async () => {
    const figures = await start();
    await simulation.run(11_000);
    await simulation.finish(host.world.files.remove('/proc/loadavg'));
    await simulation.run(20_000);
    assert.equal(logged('figures-missing'), 1);
    assert.throws(() => figures.query('loadavg'), unknown('loadavg'));
    assert.equal(figures.query('memory_free_kib'), 500);
    await write('/proc/loadavg', '2.00 1 1 1/1 1\n');
    await simulation.run(10_000);
    assert.equal(logged('figures-back'), 1);
    assert.deepEqual(new Set(known(figures, 'loadavg')), new Set([1.5, 2]));
  });

  it('can be turned off one by one, and on again, also over a restart', async () => {
    const figures = await start();
    await simulation.run(11_000);
    await simulation.finish(figures.forget('loadavg'));
    await simulation.run(11_000);
    assert.deepEqual(known(figures, 'loadavg'), []);
    assert.ok(known(figures, 'cpu_avg').length >= 4);
    host.crash();
    host.restart();
    const again = await start();
    await simulation.run(11_000);
    const source = again.dataSources().find(({ name_label }) => name_label === 'loadavg');
    assert.deepEqual([source?.enabled, source?.value], [false, 1.5]);
    assert.equal(again.query('loadavg'), 1.5);
    assert.deepEqual(known(again, 'loadavg'), []);
    await simulation.finish(again.record('loadavg'));
    await simulation.run(11_000);
    assert.ok(known(again, 'loadavg').length >= 2);
    await assert.rejects(again.record('none'), unknown('none'));
    await assert.rejects(again.forget('none'), unknown('none'));
  });

  it('go on when the clock is set, back and forth', async () => {
    const figures = await start();
    await simulation.run(61_000);
    host.clockFaults.wallOffsetMs += 3_600_000;
    await simulation.run(31_000);
    assert.equal(known(figures, 'loadavg').length, 6);
    host.clockFaults.wallOffsetMs -= 7_200_000;
    await simulation.run(31_000);
    // One sample finds out that the clock was set back; what seems to lie ahead is gone.
    assert.ok(known(figures, 'loadavg').length >= 5);
    await simulation.finish(figures.stop());
    host.clockFaults.wallOffsetMs -= 86_400_000;
    host.restart();
    const again = await start();
    await simulation.run(31_000);
    assert.ok(known(again, 'loadavg').length >= 5);
  });

  it('are not more than there is room for', async () => {
    const lines = Array.from({ length: limits.dataSources + 20 }, (_, cpu) => `cpu${cpu} 0 0 0 0`);
    await write('/proc/stat', lines.join('\n'));
    const figures = await start();
    assert.equal(figures.state().tracks.length, limits.dataSources);
    assert.equal(logged('figures-too-many'), 1);
    // Processors that have gone make room.
    await write('/proc/stat', 'cpu0 0 0 0 0\ncpu9999 0 0 0 0\n');
    await simulation.run(6000);
    assert.ok(figures.state().tracks.some(({ name }) => name === 'cpu9999'));
    assert.equal(figures.state().tracks.length, limits.dataSources);
  });

  it('are one copy for all who ask at once, which stays as it is', async () => {
    const figures = await start();
    await simulation.run(11_000);
    const before = figures.state();
    assert.equal(figures.state(), before);
    const rows = [...(before.tracks[0]?.rings[0]?.average ?? [])];
    await simulation.run(5_000);
    assert.notEqual(figures.state(), before);
    assert.deepEqual([...(before.tracks[0]?.rings[0]?.average ?? [])], rows);
  });

  it('say once that they cannot be kept, and go on', async () => {
    host.disk.faults.capacityBytes = 1000;
    const figures = await start();
    await simulation.run(3 * limits.figuresSaveMs);
    assert.equal(logged('archives-unsaved'), 1);
    assert.equal(known(figures, 'loadavg').length, 120);
    await simulation.finish(figures.stop());
  });
});
