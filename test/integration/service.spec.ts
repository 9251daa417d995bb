import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLinuxWorld, type LinuxWorld } from '../../src/world/linux/world.ts';
import { ApiClient } from '../lib/api-client.ts';
import { skip } from '../lib/skip.ts';
import { nodeInside, repository, repositoryInside, until, VirtualHost, whyNoVirtualHost } from '../lib/virtual-host.ts';

const unit = readFileSync(join(repository, 'systemd/quorated.service'), 'utf8').replace(
  /^ExecStart=.*$/m,
  `ExecStart=${nodeInside} ${repositoryInside}/src/bin/quorated.ts`,
);
// Long enough for a machine that is busy with other tests, short enough to wait for.
const watchdog = '[Service]\nWatchdogSec=8\n';

describe('quorated under systemd', function () {
  this.timeout(60_000);
  let host: VirtualHost;
  let world: LinuxWorld;
  const socketPath = (): string => `${host.root}/var/lib/xcp/xapi`;

  before(async function () {
    const reason = whyNoVirtualHost();
    if (reason !== undefined) skip(this, reason);
    world = createLinuxWorld({ log: { level: 'error' } });
    host = await VirtualHost.start({
      files: {
        '/etc/systemd/system/quorated.service': unit,
        '/etc/systemd/system/quorated.socket': readFileSync(join(repository, 'systemd/quorated.socket'), 'utf8'),
        '/etc/systemd/system/quorated.service.d/watchdog.conf': watchdog,
        '/etc/quorate/xapi.conf': 'log-level = info\n',
      },
    });
    await host.get('systemctl', 'start', 'quorated.service');
  });
  after(async () => {
    await host?.remove();
    await world?.close();
  });

  const show = async (property: string): Promise<string> =>
    host.get('systemctl', 'show', 'quorated.service', `--property=${property}`, '--value');
  const mainPid = async (): Promise<number> => Number(await show('MainPID'));
  const journal = async (): Promise<readonly Record<string, string>[]> =>
    (await host.get('journalctl', '--unit=quorated.service', '--output=json', '--no-pager'))
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>);

  /** One client: connects, logs in, asks, and logs out again. */
  const ask = async (): Promise<number> => {
    const client = await new ApiClient(world.http, { socketPath: socketPath() }).login();
    const hosts = await client.call('host.get_all');
    return Array.isArray(hosts) ? hosts.length : 0;
  };

  it('is up when systemctl start returns, and says on what it serves', async () => {
    assert.equal(await show('ActiveState'), 'active');
    assert.equal(await ask(), 1);
    assert.match(await show('StatusText'), /^Serving \d sessions? on \/var\/lib\/xcp\/xapi\.$/);
    assert.match((await host.run('systemctl', 'status', 'quorated')).stdout, /Status: "Serving \d session/);
    assert.equal(await host.get('stat', '-c', '%a', '/var/lib/xcp/xapi'), '600');
  });

  /** One connection attempt: true when it was answered. What was logged in before a restart is not afterwards. */
  const attempt = async (): Promise<boolean> => {
    await new ApiClient(world.http, { socketPath: socketPath() }).login();
    return true;
  };

  it('loses no connection attempt while it is restarted', async () => {
    const restarting = new AbortController();
    const before = await mainPid();
    const restart = host.get('systemctl', 'restart', 'quorated.service').finally(() => restarting.abort());
    const answers: boolean[] = [];
    let asked = 0;
    const client = async (): Promise<void> => {
      do {
        asked += 1;
        answers.push(await attempt());
      } while (!restarting.signal.aborted);
    };
    await Promise.all([restart, ...Array.from({ length: 8 }, client)]);
    assert.notEqual(await mainPid(), before);
    assert.ok(asked >= 8);
    assert.deepEqual(
      answers,
      Array.from({ length: asked }, () => true),
    );
  });

  it('loses no connection attempt after kill -9', async () => {
    const before = await mainPid();
    await host.get('kill', '-KILL', String(before));
    const answers = await Promise.all(Array.from({ length: 40 }, attempt));
    assert.deepEqual(
      answers,
      Array.from({ length: 40 }, () => true),
    );
    assert.notEqual(await mainPid(), before);
  });

  it('is started anew by the watchdog when it stalls, and who came meanwhile is answered', async () => {
    const before = await mainPid();
    const restarts = Number(await show('NRestarts'));
    await host.get('kill', '-STOP', String(before));
    assert.equal(await ask(), 1);
    assert.notEqual(await mainPid(), before);
    assert.equal(Number(await show('NRestarts')), restarts + 1);
    const messages = await host.get('journalctl', '--unit=quorated.service', '--no-pager', '--output=cat');
    assert.match(messages, /Watchdog timeout/);
  });

  it('feeds the watchdog as long as it is in order', async () => {
    const fed = await show('WatchdogTimestampMonotonic');
    await until('the watchdog is fed', async () => (await show('WatchdogTimestampMonotonic')) !== fed);
  });

  it('takes up the level of the log at a reload, without a restart', async () => {
    const before = await mainPid();
    await writeFile(`${host.root}/etc/quorate/xapi.conf`, 'log-level = debug\n');
    await host.get('systemctl', 'reload', 'quorated.service');
    await until('the settings are read again', async () =>
      (await journal()).some((line) => line['MESSAGE']?.startsWith('settings-reloaded: ')),
    );
    await until('it serves again', async () => (await show('StatusText')).startsWith('Serving '));
    await writeFile(`${host.root}/etc/quorate/xapi.conf`, 'log-level = loud\n');
    await host.get('systemctl', 'reload', 'quorated.service');
    await until('the settings are refused', async () =>
      (await journal()).some((line) => line['MESSAGE']?.startsWith('settings-refused: ') && line['PRIORITY'] === '4'),
    );
    await writeFile(`${host.root}/etc/quorate/xapi.conf`, 'log-level = info\n');
    assert.equal(await mainPid(), before);
    assert.equal(await ask(), 1);
  });

  it('writes to the journal with priorities', async () => {
    const started = (await journal()).find((line) => line['MESSAGE']?.startsWith('agent-started: '));
    assert.equal(started?.['PRIORITY'], '6');
    assert.equal(started?.['SYSLOG_IDENTIFIER'], 'quorated');
  });

  it('stops cleanly and takes its socket with it', async () => {
    await host.get('systemctl', 'stop', 'quorated.socket', 'quorated.service');
    assert.equal(await show('Result'), 'success');
    assert.equal(await show('ExecMainStatus'), '0');
    assert.equal((await host.run('test', '-e', '/var/lib/xcp/xapi')).exitCode, 1);
    assert.ok((await journal()).some((line) => line['MESSAGE']?.startsWith('agent-stopping: ')));
  });
});
