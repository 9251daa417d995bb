import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckedFinding } from '../../src/doctor/check.ts';
import { skip } from '../lib/skip.ts';
import { nodeInside, repository, repositoryInside, until, VirtualHost, whyNoVirtualHost } from '../lib/virtual-host.ts';

const unit = readFileSync(join(repository, 'systemd/quorated.service'), 'utf8').replace(
  /^ExecStart=.*$/m,
  `ExecStart=${nodeInside} ${repositoryInside}/src/bin/quorated.ts`,
);

describe('looking at an agent that is a service', function () {
  this.timeout(60_000);
  let host: VirtualHost;

  before(async function () {
    const reason = whyNoVirtualHost();
    if (reason !== undefined) skip(this, reason);
    host = await VirtualHost.start({
      files: {
        '/etc/systemd/system/quorated.service': unit,
        '/etc/systemd/system/quorated.socket': readFileSync(join(repository, 'systemd/quorated.socket'), 'utf8'),
        '/etc/quorate/xapi.conf': readFileSync(join(repository, 'etc/xapi.conf'), 'utf8'),
      },
    });
    await host.get('systemctl', 'start', 'quorated.service');
  });
  after(() => host?.remove());

  const quorate = (...words: readonly string[]) =>
    host.run(nodeInside, `${repositoryInside}/src/bin/quorate.ts`, '--socket', '/var/lib/xcp/xapi', ...words);
  const doctor = async (...names: readonly string[]): Promise<readonly CheckedFinding[]> =>
    (JSON.parse((await quorate('doctor', '--json', ...names)).stdout) as { findings: readonly CheckedFinding[] })
      .findings;
  const states = (findings: readonly CheckedFinding[]): readonly string[] =>
    findings.map(({ check, state }) => `${check} ${state}`);

  it('finds the service, its files and D-Bus in order', async () => {
    const names = ['node', 'agent', 'settings', 'systemd', 'permissions', 'certificate', 'disk-space', 'dbus'];
    const findings = await doctor(...names);
    const wrong = findings.filter(({ check, state }) => state !== 'ok' && check !== 'agent');
    // Nobody enabled the service in this host.
    assert.deepEqual(
      wrong.map(({ sentence }) => sentence),
      ['quorated.service does not start with the machine.'],
    );
    assert.match(
      (await quorate('config', 'show', 'listen')).stdout,
      /the settings file is \/etc\/quorate\/xapi\.conf\./,
    );
  });

  it('shows a setting of a file that is put beside the usual one', async () => {
    const folder = `${host.root}/etc/quorate/xapi.conf.d`;
    await mkdir(folder, { recursive: true });
    await writeFile(`${folder}/50-own.conf`, 'sessions-per-user = 7\n');
    await until('the agent takes it up', async () => {
      const { stdout } = await quorate('config', 'show', 'sessions-per-user');
      return stdout.includes('from /etc/quorate/xapi.conf.d/50-own.conf, line 1;');
    });
    await writeFile(`${folder}/60-wrong.conf`, 'log-level = loud\n');
    await until('the agent refuses it', async () => states(await doctor('agent')).includes('agent problem'));
    await rm(`${folder}/60-wrong.conf`);
    await until('the agent is content', async () => !states(await doctor('agent')).includes('agent problem'));
  });

  it('says that the service is not there, and how to start it', async () => {
    await host.get('systemctl', 'stop', 'quorated.service', 'quorated.socket');
    const findings = await doctor('agent', 'systemd', 'settings');
    assert.deepEqual(states(findings), ['agent problem', 'settings ok', 'systemd problem']);
    assert.match(findings.at(-1)?.wayOut ?? '', /systemctl start quorated/);
    const { stdout } = await quorate('config', 'show', 'sessions-per-user');
    assert.match(stdout, /^No agent answers; .*\n\nsessions-per-user = 7$/m);
  });
});
