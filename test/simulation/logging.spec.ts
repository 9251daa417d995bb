/** Where the logs of the host go, as it is found and as it changes, in virtual time. */
import assert from 'node:assert/strict';
import type { ApiClient } from '../lib/api-client.ts';
import { type SimulatedAgent, startSimulatedAgent } from '../lib/simulated-agent.ts';

const own = '/etc/rsyslog.d/70-quorate-forward.conf';

describe('where the logs of a host go', () => {
  let world: SimulatedAgent;
  let api: ApiClient;
  let host = '';

  async function begin(seed: string, files: Readonly<Record<string, string>>): Promise<void> {
    const prepare = (machine: SimulatedAgent['host']): void => {
      for (const [path, text] of Object.entries(files)) machine.disk.put(path, text);
      machine.programs.set('systemctl', () => ({}));
    };
    world = await startSimulatedAgent(seed, {}, { settings: { 'host-scan-interval': '10' }, prepare });
    api = await world.client();
    [host = ''] = await world.finish(api.call<readonly string[]>('host.get_all'));
    await world.simulation.run(2_000);
  }
  afterEach(() => world.finish(world.agent.stop()));

  const logging = (): Promise<Record<string, string>> => world.finish(api.call('host.get_logging', host));

  it('is read from what the agent wrote earlier and from what others wrote, and followed', async () => {
    await begin('found', {
      '/etc/rsyslog.conf': '*.* @@first.example:6514\n',
      [own]: 'action(type="omfwd" target="mine.example" port="1514" protocol="udp")\n',
    });
    assert.deepEqual(await logging(), {
      syslog_destination: 'mine.example:1514',
      forwarded_to: '@@first.example:6514',
    });
    world.host.disk.put('/etc/rsyslog.d/20-x.conf', '*.* @second.example\n');
    await world.simulation.run(1_000);
    assert.equal((await logging())['forwarded_to'], '@@first.example:6514, @second.example:514');
    world.host.disk.put('/etc/rsyslog.d/20-x.conf', '');
    world.host.disk.put('/etc/rsyslog.conf', '');
    await world.simulation.run(1_000);
    assert.deepEqual(await logging(), { syslog_destination: 'mine.example:1514' });
  });

  it('is what the administrator chose, whatever is found', async () => {
    await begin('chosen', { [own]: 'action(type="omfwd" target="old.example" port="514" protocol="udp")\n' });
    await world.finish(api.call('host.set_logging', host, { syslog_destination: 'new.example', mine: '1' }));
    world.host.disk.put('/etc/rsyslog.conf', '*.* @other.example\n');
    await world.simulation.run(1_000);
    assert.deepEqual(await logging(), {
      syslog_destination: 'new.example',
      mine: '1',
      forwarded_to: '@other.example:514',
    });
  });

  it('is empty where nothing goes anywhere', async () => {
    await begin('nothing', { '/etc/rsyslog.conf': '*.* /var/log/syslog\n' });
    assert.deepEqual(await logging(), {});
  });
});
