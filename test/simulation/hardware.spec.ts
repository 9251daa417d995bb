/** What firmware and tools say of the machine, some time after the start, in virtual time. */
import assert from 'node:assert/strict';
import { limits } from '../../src/lib/limits.ts';
import { hardwareFacts } from '../../src/world/machine-facts.ts';
import { FileError } from '../../src/world/world.ts';
import type { ApiClient } from '../lib/api-client.ts';
import { type SimulatedAgent, startSimulatedAgent } from '../lib/simulated-agent.ts';

const told = hardwareFacts(
  new Map<string, unknown>([
    ['bios', { vendor: 'U-Boot', version: '2024.01' }],
    ['system', { manufacturer: 'Maker', model: 'Docker Container', serial: '-' }],
    ['processor', { brand: 'Cortex-A72', speedMax: 1.5 }],
    ['os', { distro: 'Alpine', release: '3.20' }],
  ]),
);

describe('the hardware of a running agent', () => {
  let world: SimulatedAgent;
  let api: ApiClient;
  let host = '';

  async function begin(seed: string, hardware: SimulatedAgent['host']['hardware']): Promise<void> {
    const prepare = (machine: SimulatedAgent['host']): void => {
      machine.hardware = hardware;
      machine.disk.put('/proc/cpuinfo', 'processor\t: 0\nCPU implementer\t: 0x41\n');
      machine.disk.put('/sys/class/dmi/id/sys_vendor', 'Kernel says\n');
    };
    world = await startSimulatedAgent(seed, {}, { settings: { 'host-scan-interval': '10' }, prepare });
    api = await world.client();
    [host = ''] = await world.finish(api.call<readonly string[]>('host.get_all'));
  }
  afterEach(() => world.finish(world.agent.stop()));

  const field = <T>(name: string): Promise<T> => world.finish(api.call<T>(`host.get_${name}`, host));
  const strings = (): Promise<Record<string, string>> => field('bios_strings');
  const logged = (event: string): number =>
    world.simulation.trace.lines.filter((line) => line.includes(event) && line.includes('systeminformation')).length;

  it('is filled in where the kernel says nothing, after the start', async () => {
    await begin('hardware', told);
    await world.simulation.run(100);
    assert.deepEqual(await strings(), { 'system-manufacturer': 'Kernel says' });
    await world.simulation.run(limits.hardwareDelayMs + 1_000);
    const all = { 'system-manufacturer': 'Kernel says', 'bios-vendor': 'U-Boot', 'bios-version': '2024.01' };
    assert.deepEqual(await strings(), all);
    assert.equal((await field<Record<string, string>>('cpu_info'))['modelname'], 'Cortex-A72');
    assert.equal((await field<Record<string, string>>('software_version'))['distribution'], 'Alpine 3.20');
    const [cpu = ''] = await field<readonly string[]>('host_CPUs');
    assert.deepEqual(
      [
        await world.finish(api.call('host_cpu.get_modelname', cpu)),
        Number(await world.finish(api.call('host_cpu.get_speed', cpu))),
      ],
      ['Cortex-A72', 1500],
    );
    // A start in which it is not told takes nothing away.
    world.host.hardware = 'hangs';
    world = await world.restart();
    api = await world.client();
    await world.simulation.run(100_000);
    assert.deepEqual(await strings(), all);
  });

  const faults: readonly (readonly [string, SimulatedAgent['host']['hardware']])[] = [
    ['hangs', 'hangs'],
    ['prints garbage', new FileError('io', 'systeminformation', 'its output is not understood')],
  ];
  for (const [what, fault] of faults) {
    it(`is missing while what asks for it ${what}, which is said once, and comes when it answers`, async () => {
      await begin(`hardware ${what}`, fault);
      await world.simulation.run(200_000);
      assert.deepEqual(await strings(), { 'system-manufacturer': 'Kernel says' });
      assert.deepEqual([logged('inventory-source-lost'), logged('inventory-source-back')], [1, 0]);
      world.host.hardware = told;
      await world.simulation.run(2 * limits.hardwareLongestRetryMs);
      assert.equal((await strings())['bios-vendor'], 'U-Boot');
      assert.deepEqual([logged('inventory-source-lost'), logged('inventory-source-back')], [1, 1]);
    });
  }

  it('is given up when the agent stops', async () => {
    await begin('hardware stops', 'hangs');
    await world.simulation.run(limits.hardwareDelayMs + 100);
    const before = world.simulation.nowMs;
    await world.finish(world.agent.stop());
    assert.ok(world.simulation.nowMs - before < limits.hardwareMs / 2);
    world = await world.restart();
  });
});
