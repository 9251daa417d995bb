import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Management } from '../../src/network/management.ts';
import { startTestAgent, type TestAgent } from '../lib/agent.ts';

const configured = [
  { host: '0.0.0.0', port: 443 },
  { host: '::', port: 443 },
];

describe('where the agent is reached', () => {
  let agent: TestAgent;
  let directory: string;
  let served: number;
  let refuses: boolean;
  let row: string;

  before(async () => {
    agent = await startTestAgent();
    directory = await mkdtemp(join(tmpdir(), 'quorate-management-'));
  });
  after(async () => {
    await agent.remove();
    await rm(directory, { recursive: true });
  });
  beforeEach(() => {
    served = 0;
    refuses = false;
    const { database } = agent.agent;
    const [host = ''] = database.refs('host');
    const fields = { device: 'made0', device_name: 'made0', IP: '10.5.0.1', currently_attached: true };
    row = database.transaction((tx) => {
      const metrics = tx.create('PIF_metrics', {});
      const network = tx.create('network', { bridge: `made${tx.count('network')}` });
      return tx.create('PIF', { ...fields, host, network, metrics });
    }).value;
  });
  afterEach(() => void agent.agent.database.transaction((tx) => tx.destroy('PIF', row)));

  const made = async (): Promise<Management> => {
    const { database } = agent.agent;
    const [hostRef = ''] = database.refs('host');
    const serve = (): Promise<void> => {
      served += 1;
      return refuses ? Promise.reject(new Error('taken')) : Promise.resolve();
    };
    const management = new Management({ world: agent.world, directory, database, hostRef, serve });
    await management.load();
    return management;
  };

  it('is where the settings say, until a device is chosen; then at its address, on the same ports', async () => {
    const management = await made();
    assert.deepEqual(management.listen(configured), configured);
    await management.choose({ device: 'made0', off: false });
    assert.deepEqual(management.listen(configured), [{ host: '10.5.0.1', port: 443 }]);
    assert.deepEqual((await made()).listen(configured), [{ host: '10.5.0.1', port: 443 }]);
    await management.choose({ device: '', off: true });
    assert.deepEqual((await made()).listen(configured), []);
    await management.choose({ device: '', off: false });
  });

  it('goes with the address, and is as the settings say while there is none', async () => {
    const management = await made();
    await management.choose({ device: 'made0', off: false });
    management.listen(configured);
    served = 0;
    management.follow();
    assert.equal(served, 0);
    const { database } = agent.agent;
    database.transaction((tx) => tx.update('PIF', row, { IP: '' }));
    management.follow();
    assert.equal(served, 1);
    assert.deepEqual(management.listen(configured), configured);
    await management.choose({ device: '', off: false });
  });

  it('stays where it was when the agent cannot listen there', async () => {
    const management = await made();
    refuses = true;
    await assert.rejects(management.choose({ device: 'made0', off: false }), /taken/);
    assert.deepEqual(management.listen(configured), configured);
    assert.deepEqual((await made()).listen(configured), configured);
  });
});
