import assert from 'node:assert/strict';
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { Built } from '../lib/built.ts';
import { skip } from '../lib/skip.ts';
import { nodeInside, repository, VirtualHost, whyNoVirtualHost } from '../lib/virtual-host.ts';

describe('quorate install on a machine with systemd', function () {
  this.timeout(60_000);
  let host: VirtualHost;
  let built: Built;
  before(async function () {
    const reason = whyNoVirtualHost();
    if (reason !== undefined) skip(this, reason);
    const node = join('node_modules', `node-linux-${process.arch}`);
    if (!existsSync(join(repository, node))) skip(this, `npm brought no Node.js for ${process.arch}`);
    built = await Built.make();
    host = await VirtualHost.start();
    // A checkout of its own inside, with only what is needed to install from it.
    const checkout = `${host.root}/srv/checkout`;
    for (const name of ['etc', 'systemd', 'docs', 'cluster-stack', 'package.json']) {
      cpSync(join(repository, name), join(checkout, name), { recursive: true });
    }
    cpSync(join(built.directory, 'dist'), join(checkout, 'dist'), { recursive: true });
    cpSync(join(repository, node, 'bin'), join(checkout, node, 'bin'), { recursive: true, dereference: true });
  });
  after(async () => {
    await host?.remove();
    await built?.remove();
  });

  const quorate = (...args: readonly string[]): Promise<string> =>
    host.get(nodeInside, '/srv/checkout/dist/quorate.js', ...args);

  it('leads to an agent that serves', async () => {
    assert.match(await quorate('install'), /^installed {2}\/etc\/quorate\/xapi\.conf$/m);
    await host.get('systemctl', 'enable', '--now', 'quorated');
    assert.equal(await host.get('systemctl', 'is-active', 'quorated.socket', 'quorated.service'), 'active\nactive');
    assert.match(await host.get('/usr/local/bin/quorate', 'status'), /answers on \/var\/lib\/xcp\/xapi/);
    assert.equal(await quorate('install'), '');
  });

  it('needs nothing of what it was installed from', async () => {
    await host.get('rm', '-r', '/srv/checkout');
    await host.get('systemctl', 'restart', 'quorated');
    assert.match(await host.get('/usr/local/bin/quorate', 'host-list'), /uuid/);
    assert.match((await host.run('/usr/local/bin/quorate', 'install')).stderr, /this program is installed already/);
  });

  it('finds a cluster stack that is put in place, from within its sandbox', async () => {
    const stacks = '/usr/libexec/xapi/cluster-stack';
    assert.match(
      await host.get('/usr/local/bin/quorate', 'stack', 'list'),
      /^There is no cluster stack in \/usr\/libexec/,
    );
    const template = '/usr/local/share/doc/quorate/examples/cluster-stack/template';
    await host.get('cp', '-r', template, `${stacks}/.mine`);
    await host.get('mv', `${stacks}/.mine`, `${stacks}/mine`);
    const list = [
      '/usr/local/bin/quorate',
      'cluster-stack-list',
      'name-label=mine',
      'params=usable',
      '--minimal',
    ] as const;
    const becomes = (value: string): Promise<string> =>
      host.get('/usr/local/bin/quorate', 'event-wait', 'class=cluster-stack', 'name-label=mine', `usable=${value}`);
    await becomes('true');
    assert.equal((await host.get(...list)).trim(), 'true');
    await host.get('chmod', 'o+w', `${stacks}/mine/common.sh`);
    await becomes('false');
    assert.match(
      await host.get('/usr/local/bin/quorate', 'stack', 'show', 'mine'),
      /common\.sh can be changed by everybody/,
    );
    await host.get('rm', '-r', `${stacks}/mine`);
  });

  it('is undone by what it installed', async () => {
    await host.get('/usr/local/bin/quorate', 'uninstall', '--purge');
    const state = await host.run('systemctl', 'is-active', 'quorated.socket', 'quorated.service');
    assert.equal(state.stdout, 'inactive\ninactive\n');
    for (const path of ['/var/lib/quorate', '/etc/quorate', '/usr/local/lib/quorate', '/usr/local/bin/quorate']) {
      assert.equal((await host.run('test', '-e', path)).exitCode, 1, path);
    }
  });
});
