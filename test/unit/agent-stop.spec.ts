import assert from 'node:assert/strict';
import { startAgent } from '../../src/agent.ts';
import { ApiClient } from '../lib/api-client.ts';
import { vmRecord } from '../lib/records.ts';
import { settings, startSimulatedAgent } from '../lib/simulated-agent.ts';

describe('an agent that stops', () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): unknown => unhandled.push(reason);
  before(() => process.on('unhandledRejection', note));
  after(() => process.off('unhandledRejection', note));

  it('makes durable what runs in the background, and nobody hears an error of it', async () => {
    const { simulation, host, agent, client, finish } = await startSimulatedAgent('stop');
    const api = await client();
    host.disk.faults.stuck = true;
    await finish(api.call('Async.VM.create', vmRecord('begun')));
    const stopping = agent.stop();
    await simulation.run(1000);
    host.disk.faults.stuck = false;
    await finish(stopping);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(unhandled, []);

    host.restart();
    await finish(startAgent(host.world, settings, '1.0'));
    const again = await finish(new ApiClient(host.world.http, { socketPath: settings.socketPath }).login());
    assert.equal((await finish(again.call<string[]>('VM.get_by_name_label', 'begun'))).length, 1);
  });
});
